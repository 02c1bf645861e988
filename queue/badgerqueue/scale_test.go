package badgerqueue

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// BenchmarkWaiting measures what a backlog costs: b.N deliveries wait, with 1 KiB and one of 1,000 keys each, while
// further ones are enqueued and the oldest delivered.
//
//	go test ./queue/badgerqueue -run '^$' -bench Waiting -benchtime 1000000x -timeout 1h
//
// fill/s: enqueued. cycle/s: enqueued and delivered with the backlog waiting. open-ms: after closing in order. rss-MB: resident memory at the end, with the tables that Badger maps, which the kernel
// can take back; anon-MB: without them.
func BenchmarkWaiting(b *testing.B) {
	opt := Options{Dir: b.TempDir(), MinFree: -1, Logger: slog.New(slog.DiscardHandler)}
	ctx := context.Background()
	q, err := Open(ctx, opt)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	b.ReportMetric(float64(b.N)/fill(b, q, 0, b.N).Seconds(), "fill/s")
	const cycles = 20000
	start := time.Now()
	var wg sync.WaitGroup
	wg.Go(func() { drain(b, q, cycles) })
	fill(b, q, b.N, cycles)
	wg.Wait()
	b.ReportMetric(cycles/time.Since(start).Seconds(), "cycle/s")
	if err := q.Close(ctx); err != nil {
		b.Fatal(err)
	}
	start = time.Now()
	if q, err = Open(ctx, opt); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Since(start).Microseconds())/1e3, "open-ms")
	drain(b, q, min(b.N, cycles))
	b.ReportMetric(residentMB(b, "VmRSS:"), "rss-MB")
	b.ReportMetric(residentMB(b, "RssAnon:"), "anon-MB")
	if err := q.Close(ctx); err != nil {
		b.Fatal(err)
	}
}

func fill(b *testing.B, q *Queue, from, n int) time.Duration {
	start := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 256 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				key := fmt.Sprint(i % 1000)
				e := queue.Entry{
					Event: queue.Event{ID: fmt.Sprint(from + int(i)), Source: "s", Received: time.Now(), Body: waitingBody, Window: time.Hour},
					Owed:  []queue.Owed{{Destination: "a", Key: key}},
				}
				if _, err := q.Enqueue(context.Background(), e); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

func drain(b *testing.B, q *Queue, n int) {
	leases := make(chan queue.Lease, 64)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for l := range leases {
				if err := l.Done(context.Background(), queue.Delivered, queue.Attempt{}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for got := 0; got < n; {
		ls, err := q.Receive(context.Background(), "a", min(64, n-got))
		if err != nil {
			b.Error(err)
			break
		}
		for _, l := range ls {
			leases <- l
		}
		got += len(ls)
	}
	close(leases)
	wg.Wait()
}

func residentMB(b *testing.B, which string) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), which)
	var kb float64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		b.Log(err)
	}
	return kb / 1024
}
