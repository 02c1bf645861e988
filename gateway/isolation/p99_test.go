package isolation_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	pace    = 20 * time.Millisecond // between two events, each for all destinations: some 5,000 deliveries a second
	paced   = 100                   // events of a round
	pairs   = 7                     // of rounds, with the bad one and without
	mostP99 = 1.2                   // of the p99 without the bad one
)

// BenchmarkOneBad measures what 99 destinations notice of a hundredth that answers 500 or hangs: the time from posting an
// event to its arrival, at a fixed rate, with the bad one and without. Rounds of both kinds take turns, each on a gateway
// of its own; the median of the ratios of neighbours' p99 counts. It fails above 1.2. It is a measurement and no part of a
// normal run: on a machine that does nothing else,
//
//	go test ./gateway/isolation -run '^$' -bench OneBad -benchtime 1x
func BenchmarkOneBad(b *testing.B) {
	for _, kind := range []string{"500", "hanging"} {
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				var without, with, ratios []float64
				for i := range pairs {
					kinds := []string{"", kind}
					first := p99(b, kinds[i%2])
					second := p99(b, kinds[1-i%2])
					if i%2 != 0 {
						first, second = second, first
					}
					without, with, ratios = append(without, first), append(with, second), append(ratios, second/first)
				}
				ratio := median(ratios)
				b.ReportMetric(median(without), "without-p99-ms")
				b.ReportMetric(median(with), "with-p99-ms")
				b.ReportMetric(ratio, "ratio")
				if ratio > mostP99 {
					b.Errorf("the others' p99 is %.2f of what it is without the bad one, want at most %.1f", ratio, mostP99)
				}
			}
		})
	}
}

// p99 is the time that 99 of 100 deliveries to the others stay below, from posting to arrival, in milliseconds.
func p99(b *testing.B, kind string) float64 {
	var t transit
	o := startOneBad(b, kind, `retry = { backoff = "100ms", factor = 1, attempts = 3 }`+"\ntimeout = \"500ms\"\n", t.arrived, nil)
	o.paced(b, paced/4) // connections are open
	t.await(b, paced/4*others)
	t.took = t.took[:0]
	o.paced(b, paced)
	t.await(b, paced*others)
	slices.Sort(t.took)
	o.bad.release()
	o.stop()
	return float64(t.took[len(t.took)*99/100]) / float64(time.Millisecond)
}

// paced posts events at the pace, whose IDs tell when they were posted.
func (r *rig) paced(b *testing.B, events int) {
	b.Helper()
	beat := time.NewTicker(pace)
	defer beat.Stop()
	for range events {
		<-beat.C
		body := fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"/test","type":"test.happened","data":{"note":"%s"}}`, time.Now().UnixNano(), padding)
		resp, err := http.Post("http://"+r.Listen()+"/hooks/in", "application/cloudevents+json", bytes.NewReader([]byte(body)))
		if err != nil {
			b.Fatal(err)
		}
		_ = resp.Body.Close()
	}
}

// transit is how long each delivery was on its way.
type transit struct {
	mu   sync.Mutex
	took []time.Duration
	want int
	all  chan struct{} // closed when as many as wanted are there
}

func (t *transit) arrived(req *http.Request) {
	now := time.Now()
	id, _, _ := strings.Cut(req.Header.Get("webhook-id"), "/")
	posted, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return // await will miss it
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.took = append(t.took, now.Sub(time.Unix(0, posted)))
	if t.all != nil && len(t.took) == t.want {
		close(t.all)
		t.all = nil
	}
}

// await waits for so many arrivals since took was emptied.
func (t *transit) await(b *testing.B, n int) {
	b.Helper()
	t.mu.Lock()
	all := make(chan struct{})
	t.want, t.all = n, all
	if len(t.took) >= n {
		close(all)
		t.all = nil
	}
	t.mu.Unlock()
	select {
	case <-all:
	case <-time.After(patience):
		t.mu.Lock()
		defer t.mu.Unlock()
		b.Fatalf("%d of %d deliveries arrived", len(t.took), n)
	}
}
