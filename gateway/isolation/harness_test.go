// Package isolation_test shows, on a running gateway with its own store, its edge and real receivers on the loopback,
// that a destination which hangs or fails costs the others nothing, and that one which comes back is not flooded.
//
// Each check is a function that names what does not hold; a control plants the fault that the check is there for and
// wants it named. Nothing here passes or fails by the clock but BenchmarkIsolation, which runs by name.
package isolation_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

// patience bounds the wait for what comes within seconds.
const patience = 60 * time.Second

// breakAfter is the number of failures in a row at which a breaker opens, as config.toml has it.
const breakAfter = 10

// rig is a gateway in this process.
type rig struct {
	*gateway.Gateway
	notes *feed.Listener
	file  string // of its configuration
	stop  func() // ends the gateway; the test's end does so too
}

// destination is a table of the configuration.
func destination(name, url string, concurrency int, rest string) string {
	return fmt.Sprintf("[destinations.%s]\nurl = %q\nallow_http = true\nallow_private = true\nconcurrency = %d\n%s\n", name, url, concurrency, rest)
}

// start runs a gateway with the given destinations until the test ends; each event goes to all of them, in no order.
// plant, which may be nil, changes their lanes.
func start(t testing.TB, plant func(*dispatch.Lane), names []string, destinations ...string) *rig {
	t.Helper()
	file := gatewaytest.Write(t, fmt.Sprintf(`[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[queue]
dir = "data"
min_free = "1MiB"
[plugins]
dir = "."
[sources.in]
verify = { scheme = "none" }
[[routes]]
name = "all"
to = ["%s"]
%s`, strings.Join(names, `", "`), strings.Join(destinations, "")))
	hub := new(feed.Hub)
	g, err := gateway.New(t.Context(), gateway.Options{ConfigFile: file, Feed: hub, Lane: plant, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	r := &rig{Gateway: g, file: file, notes: hub.Listen(1 << 16), stop: sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the gateway stopped with: %v", err)
		}
	})}
	t.Cleanup(r.stop)
	return r
}

const batch = 100 // events in a request

// send posts n events, numbered from a number on, each with an ordering key of its own, and wants each request answered 202.
func (r *rig) send(t testing.TB, from, n int) {
	t.Helper()
	var body bytes.Buffer
	for end := from + n; from < end; {
		body.Reset()
		for i := range min(batch, end-from) {
			fmt.Fprintf(&body, `%c{"specversion":"1.0","id":"ev-%d","source":"/test","type":"test.happened","subject":"agent/%d","data":{"note":"%s"}}`,
				"[,"[min(i, 1)], from+i, from+i, padding)
		}
		body.WriteByte(']')
		resp, err := http.Post("http://"+r.Listen()+"/hooks/in", "application/cloudevents-batch+json", &body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			t.Fatalf("answered %s", resp.Status)
		}
		from += min(batch, end-from)
	}
}

var padding = strings.Repeat("x", 700)

// await reads notes until done says so, and gives false when nothing came of it.
func (r *rig) await(limit time.Duration, done func(feed.Note) bool) bool {
	timeout := time.After(limit)
	for {
		select {
		case n := <-r.notes.C:
			if done(n) {
				return true
			}
		case <-timeout:
			return false
		}
	}
}

// pending lists the deliveries of a destination that have not ended.
func (r *rig) pending(t testing.TB, name string) (list []queue.Delivery) {
	t.Helper()
	f := queue.Filter{Destination: name, State: queue.Pending, Limit: 1000}
	for {
		page, err := r.Store().Deliveries(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page.Items...)
		if f.Cursor = page.Next; f.Cursor == "" {
			return list
		}
	}
}

// config is what it runs with.
func (r *rig) config(t testing.TB) *config.Config {
	t.Helper()
	cfg, err := config.Load(r.file, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// receiver is a real HTTP server that answers with a status after it has served for a time, or not at all.
type receiver struct {
	*httptest.Server
	hits   atomic.Int64
	status atomic.Int64
	hang   chan struct{} // open: no answer until it is closed
	once   sync.Once
}

// release lets what hangs be answered.
func (r *receiver) release() { r.once.Do(func() { close(r.hang) }) }

// receive starts a receiver that answers 200, until it is told otherwise, for as long as the test runs.
func receive(t testing.TB, hangs bool, also func()) *receiver {
	if also == nil {
		return receiveEach(t, hangs, nil)
	}
	return receiveEach(t, hangs, func(*http.Request) { also() })
}

// receiveEach is receive for who wants to see each request as it comes.
func receiveEach(t testing.TB, hangs bool, also func(*http.Request)) *receiver {
	r := &receiver{hang: make(chan struct{})}
	r.status.Store(http.StatusOK)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.hits.Add(1)
		if also != nil {
			also(req)
		}
		select {
		case <-r.hang:
		case <-req.Context().Done():
		}
		w.WriteHeader(int(r.status.Load()))
	}))
	if !hangs {
		r.release()
	}
	t.Cleanup(func() {
		r.release()
		r.Close()
	})
	return r
}
