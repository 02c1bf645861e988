package queuetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// newer makes an event whose deliveries replace those that wait.
func newer(id, key string, destinations ...string) queue.Entry {
	e := event(id, key, destinations...)
	for i := range e.Owed {
		e.Owed[i].Replaces = true
	}
	return e
}

// superseded checks that a delivery ends as replaced by another, which may take an engine a moment.
func (h *harness) superseded(id, by string) {
	h.Helper()
	var d queue.Delivery
	for range 50 {
		var err error
		d, _, err = h.q.Delivery(h.ctx, id)
		h.must(err)
		if d.State == queue.Superseded {
			break
		}
		time.Sleep(h.pause() / 10)
	}
	if d.State != queue.Superseded || !strings.Contains(d.Reason, by) || d.Ended.IsZero() || !d.Due.IsZero() {
		h.Errorf("%s is %s (%q, due %v), want it replaced by %s", id, d.State, d.Reason, d.Due, by)
	}
}

func (h *harness) pending(destination string, want int) {
	h.Helper()
	depth, err := h.q.Depth(h.ctx)
	h.must(err)
	if got := depth[destination].Pending; got != want {
		h.Errorf("%d deliveries wait for %s, want %d", got, destination, want)
	}
}

func testReplace(h *harness) {
	h.put(event("plain", "k", "a")) // from before the setting was made
	h.put(newer("1", "k", "a", "b"), newer("2", "k", "a"), newer("other", "l", "a"), newer("unkeyed", "", "a"), newer("unkeyed2", "", "a"))
	h.put(newer("3", "k", "a"))
	h.superseded("1/a", "2/a")
	h.superseded("2/a", "3/a")
	for _, id := range []string{"3/a", "1/b", "other/a", "unkeyed/a", "unkeyed2/a"} {
		h.state(id, queue.Pending)
	}
	got := map[string]bool{}
	for range 4 {
		l := h.take("a", 1)[0]
		got[l.Delivery().Event.ID] = true
		h.done(l)
	}
	h.idle("a")
	if !got["3"] || !got["other"] || !got["unkeyed"] || !got["unkeyed2"] {
		h.Errorf("received %v", got)
	}
	h.superseded("plain/a", "3/a")
	h.pending("a", 0)
	h.pending("b", 1)
	h.put(event("4", "k", "a"), event("5", "k", "a")) // that replace nothing
	h.done(h.one("a", "4"))
	h.done(h.one("a", "5"))
	h.state("4/a", queue.Delivered)
}

// testReplaceNotInFlight: what is being attempted goes on. It is replaced when that comes to nothing.
func testReplaceNotInFlight(h *harness) {
	h.put(newer("1", "k", "a"))
	l := h.one("a", "1")
	h.put(newer("2", "k", "a"), newer("3", "k", "a"))
	h.superseded("2/a", "3/a")
	h.state("1/a", queue.Pending)
	h.done(l)
	h.state("1/a", queue.Delivered)
	l = h.one("a", "3")
	h.put(newer("4", "k", "a"))
	h.retry(l, time.Hour)
	h.superseded("3/a", "4/a")
	if d, attempts, err := h.q.Delivery(h.ctx, "3/a"); err != nil || d.Attempts != 1 || len(attempts) != 1 {
		h.Errorf("%d attempts, %d kept, %v", d.Attempts, len(attempts), err)
	}
	l = h.one("a", "4")
	h.put(newer("5", "k", "a"))
	l.Release(time.Time{})
	h.superseded("4/a", "5/a")
	l = h.one("a", "5")
	h.put(newer("6", "k", "a"))
	l.Release(time.Now().Add(time.Hour))
	h.superseded("5/a", "6/a")
	l = h.one("a", "6")
	h.put(newer("7", "k", "a"))
	h.must(h.q.Cancel(h.ctx, "6/a", "not wanted"))
	l.Release(time.Time{})
	h.done(h.one("a", "7"))
	if d := h.state("6/a", queue.Cancelled); d.Reason != "not wanted" {
		h.Errorf("reason %q", d.Reason)
	}
}

// testReplaceRetry: a newer one need not wait until the older one's retry is due, also when that is far away, on disk alone.
func testReplaceRetry(h *harness) {
	h.put(newer("1", "k", "a"))
	h.retry(h.one("a", "1"), time.Hour)
	h.put(newer("2", "k", "a"))
	l := h.one("a", "2")
	h.superseded("1/a", "2/a")
	h.retry(l, time.Hour)
	h.reopen()
	h.put(newer("3", "k", "a"))
	h.done(h.one("a", "3"))
	h.superseded("2/a", "3/a")

	n := 4 * h.opt.Window
	for i := range n {
		h.put(newer(fmt.Sprint("old", i), fmt.Sprint(i), "a"))
		h.retry(h.take("a", 1)[0], time.Hour+time.Duration(i)*time.Second)
	}
	for i := range n {
		h.put(newer(fmt.Sprint("new", i), fmt.Sprint(i), "a"))
	}
	for range n {
		l := h.take("a", 1)[0]
		if id := l.Delivery().Event.ID; !strings.HasPrefix(id, "new") {
			h.Fatalf("received %s", id)
		}
		h.done(l)
	}
	for i := range n {
		h.superseded(fmt.Sprint("old", i, "/a"), fmt.Sprint("new", i, "/a"))
	}
	h.pending("a", 0)
}

// testReplaceCancelled: when the newest is cancelled, nothing is left of the key but what was in flight.
func testReplaceCancelled(h *harness) {
	h.put(newer("1", "k", "a"))
	l := h.one("a", "1")
	h.put(newer("2", "k", "a"))
	h.must(h.q.Cancel(h.ctx, "2/a", ""))
	h.retry(l, 0)
	h.done(h.one("a", "1"))
	h.state("1/a", queue.Delivered)
	h.put(newer("3", "k", "a"))
	h.done(h.one("a", "3"))
	id, err := h.q.Replay(h.ctx, "1/a")
	h.must(err)
	h.put(newer("4", "k", "a"))
	h.done(h.one("a", "4"))
	h.superseded(id, "4/a")
	h.put(newer("5", "k", "a"))
	id, err = h.q.Replay(h.ctx, "1/a")
	h.must(err)
	h.done(h.one("a", "5"))
	h.done(h.one("a", "1")) // what is replayed by hand replaces nothing
	h.state(id, queue.Delivered)
}

// testReplaceBacklog: of a backlog many times the window, with the process begun anew in the middle, only the newest of each
// key is left, and what waits is as many as there are keys.
func testReplaceBacklog(h *harness) {
	const keys = 7
	n := 5 * h.opt.Window
	last := map[string]string{}
	for i := range n {
		key := fmt.Sprint("k", i%keys)
		last[key] = fmt.Sprint(i)
		h.put(newer(last[key], key, "a"))
		if i == n/2 || i == n-1 {
			h.reopen()
		}
	}
	time.Sleep(h.pause())
	h.pending("a", keys)
	for range keys {
		l := h.take("a", 1)[0]
		if d := l.Delivery(); d.Event.ID != last[d.Key] {
			h.Errorf("received %s of %s, want %s", d.Event.ID, d.Key, last[d.Key])
		}
		h.done(l)
	}
	h.idle("a")
	if r := h.audit(); !h.f.NoAudit && (r.States["superseded"] != n-keys || r.States["delivered"] != keys) {
		h.Errorf("%v, want %d superseded and %d delivered", r.States, n-keys, keys)
	}
}

// testReplaceHammer enqueues and consumes from all sides: a key's deliveries are leased in order, never one that is older
// than one that was leased, and the last of each is delivered.
func testReplaceHammer(h *harness) {
	const keys, each, writers = 5, 60, 4
	var mu sync.Mutex
	leased := map[string]int{}
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				for k := range keys {
					key := fmt.Sprint(w, "-", k)
					if _, err := h.q.Enqueue(h.ctx, newer(fmt.Sprint(key, ".", i), key, "a")); err != nil {
						h.Error(err)
					}
				}
			}
		})
	}
	consume := func(ctx context.Context) bool {
		leases, err := h.q.Receive(ctx, "a", 3)
		if err != nil {
			return false
		}
		for _, l := range leases {
			d := l.Delivery()
			var at int
			if _, err := fmt.Sscanf(strings.TrimPrefix(d.Event.ID, d.Key), ".%d", &at); err != nil {
				h.Error(err)
			}
			mu.Lock()
			if at < leased[d.Key] {
				h.Errorf("%s after %d", d.ID, leased[d.Key])
			}
			leased[d.Key] = at
			mu.Unlock()
			switch rand.IntN(4) { //nolint:gosec // any way will do
			case 0:
				err = l.Retry(h.ctx, time.Now().Add(time.Millisecond), nil, attempt("retry"))
			case 1:
				l.Release(time.Time{})
			default:
				err = l.Done(h.ctx, queue.Delivered, attempt("delivered"))
			}
			if err != nil {
				h.Error(err)
			}
		}
		return true
	}
	ctx, stop := context.WithCancel(h.ctx)
	var consumers sync.WaitGroup
	for range 3 {
		consumers.Go(func() {
			for consume(ctx) {
			}
		})
	}
	all.Wait()
	for {
		depth, err := h.q.Depth(h.ctx)
		h.must(err)
		if depth["a"].Pending == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	consumers.Wait()
	for w := range writers {
		for k := range keys {
			h.state(fmt.Sprintf("%d-%d.%d/a", w, k, each-1), queue.Delivered)
		}
	}
}
