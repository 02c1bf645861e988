package dispatch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

// patience bounds how long a test waits for something that comes within milliseconds.
const patience = 15 * time.Second

func openQueue(t testing.TB, dir string) *badgerqueue.Queue {
	t.Helper()
	q, err := badgerqueue.Open(context.Background(), badgerqueue.Options{Dir: dir, MinFree: -1, MemTable: 4 << 20, Cache: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// overNetwork makes a lane that delivers to a test server, without a plugin.
func overNetwork(t testing.TB, name, url string, c config.Retry) dispatch.Lane {
	t.Helper()
	conf := &config.Destination{Name: name, URL: secret.Text{Placeholder: url, Display: url}, Timeout: patience, Concurrency: 4,
		AllowPrivate: true, AllowHTTP: true, Vault: &secret.Vault{}}
	network, err := deliver.NewNetwork(conf, deliver.NetworkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := deliver.New(deliver.Options{Config: conf, Exchanger: network})
	if err != nil {
		t.Fatal(err)
	}
	p, err := retry.New(c, retry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return dispatch.Lane{Destination: name, Attempter: d, Policy: p, Concurrency: conf.Concurrency, Close: network.Close}
}

func entries(n int, destinations ...string) []queue.Entry {
	list := make([]queue.Entry, n)
	for i := range list {
		id := fmt.Sprintf("ev-%d", i)
		list[i].Event = queue.Event{ID: id, Source: "s", Type: "t", Subject: "agent/7", Received: time.Now(), Window: time.Hour,
			Body: fmt.Appendf(nil, `{"specversion":"1.0","id":%q,"source":"/s","type":"t"}`, id)}
		for _, d := range destinations {
			list[i].Owed = append(list[i].Owed, queue.Owed{Destination: d, Route: "r", Key: fmt.Sprint("agent/", i%5)})
		}
	}
	return list
}

// ended waits until n deliveries have ended.
func ended(t *testing.T, notes *feed.Listener, n int) map[string]int {
	t.Helper()
	counts := map[string]int{}
	limit := time.After(patience)
	for n > 0 {
		select {
		case note := <-notes.C:
			if note.Kind == feed.Ended {
				counts[note.Destination+" "+note.Result]++
				n--
			}
		case <-limit:
			t.Fatalf("%d deliveries have not ended; so far %v", n, counts)
		}
	}
	return counts
}

// The path on the real engine and over real HTTP: what one destination hangs on and another refuses reaches the third.
func TestPathIsolated(t *testing.T) {
	release := make(chan struct{})
	var hanging atomic.Int32
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		hanging.Add(1)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer hangs.Close()
	defer close(release)
	fails := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	defer fails.Close()
	var mu sync.Mutex
	got := map[string]int{}
	good := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got[r.Header.Get("Webhook-Id")+" "+string(body)]++
	}))
	defer good.Close()

	q := openQueue(t, t.TempDir())
	hub := &feed.Hub{}
	notes := hub.Listen(10_000)
	d := dispatch.New(dispatch.Options{Queue: q, Feed: hub})
	if err := d.Swap(overNetwork(t, "hangs", hangs.URL, config.Retry{}), overNetwork(t, "fails", fails.URL, config.Retry{}),
		overNetwork(t, "good", good.URL, config.Retry{})); err != nil {
		t.Fatal(err)
	}
	const n = 200
	list := entries(n, "hangs", "fails", "good")
	if _, err := q.Enqueue(t.Context(), list...); err != nil {
		t.Fatal(err)
	}
	if counts := ended(t, notes, n); counts["good delivered"] != n {
		t.Errorf("ended: %v", counts)
	}
	mu.Lock()
	for _, e := range list {
		if got[e.Event.ID+" "+string(e.Event.Body)] != 1 {
			t.Errorf("%s arrived %d times", e.Event.ID, got[e.Event.ID+" "+string(e.Event.Body)])
		}
	}
	mu.Unlock()
	if hanging.Load() > 4 {
		t.Errorf("%d requests hang, want at most the destination's 4", hanging.Load())
	}

	// Closing interrupts what hangs, and nothing of it is lost or counted as an attempt.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_ = d.Close(ctx)
	pending, err := q.Deliveries(t.Context(), queue.Filter{Destination: "hangs", State: queue.Pending, Limit: 1000})
	if err != nil || len(pending.Items) != n {
		t.Errorf("%d deliveries of the hanging destination are pending, want %d; %v", len(pending.Items), n, err)
	}
	for _, p := range pending.Items {
		if p.Attempts != 0 {
			t.Errorf("%s spent %d attempts", p.ID, p.Attempts)
		}
	}
	if err := q.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// A delivery fails, the gateway is restarted, the destination has recovered: the retry carries on where it stood.
func TestPathRetriesAcrossARestart(t *testing.T) {
	var requests atomic.Int32
	ids := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ids <- r.Header.Get("Webhook-Id")
		if requests.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	policy := config.Retry{Schedule: []time.Duration{10 * time.Millisecond, 300 * time.Millisecond}}
	for run := range 2 {
		q := openQueue(t, dir)
		hub := &feed.Hub{}
		notes := hub.Listen(100)
		if run == 0 {
			if _, err := q.Enqueue(t.Context(), entries(1, "crm")...); err != nil {
				t.Fatal(err)
			}
		}
		d := dispatch.New(dispatch.Options{Queue: q, Feed: hub})
		if err := d.Swap(overNetwork(t, "crm", server.URL, policy)); err != nil {
			t.Fatal(err)
		}
		if run == 0 {
			for range 2 {
				<-notes.C
			}
		} else {
			ended(t, notes, 1)
		}
		if err := d.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if run == 1 {
			got, attempts, err := q.Delivery(t.Context(), "ev-0/crm")
			if err != nil || got.State != queue.Delivered || len(attempts) != 3 || attempts[0].Status != 503 || attempts[2].Number != 3 {
				t.Errorf("%+v, attempts %+v, %v", got, attempts, err)
			}
		}
		if err := q.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if id := <-ids; id != "ev-0" {
			t.Errorf("webhook-id %q", id)
		}
	}
}

// BenchmarkPath is a delivery from the queue to a receiver over the loopback and back: enqueued in batches, received,
// attempted without a plugin, ended on disk.
func BenchmarkPath(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	q := openQueue(b, b.TempDir())
	defer func() { _ = q.Close(context.Background()) }()
	hub := &feed.Hub{}
	notes := hub.Listen(100_000)
	d := dispatch.New(dispatch.Options{Queue: q, Feed: hub})
	l := overNetwork(b, "crm", server.URL, config.Retry{})
	l.Concurrency = 10
	if err := d.Swap(l); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = d.Close(context.Background()) }()
	b.ReportAllocs()
	sent, open := 0, 0
	for b.Loop() {
		if open == 0 {
			batch := entries(256, "crm")
			for i := range batch {
				sent++
				batch[i].Event.ID = fmt.Sprint("ev-", sent)
				batch[i].Owed[0].Key = ""
			}
			if _, err := q.Enqueue(context.Background(), batch...); err != nil {
				b.Fatal(err)
			}
			open = len(batch)
		}
		for note := range notes.C {
			if note.Kind == feed.Ended {
				open--
				break
			}
		}
	}
}
