package queuetest

import (
	"strings"
	"time"

	"github.com/plugboard/plugboard/queue"
)

func testDeadLetters(h *harness) {
	h.put(event("1", "k", "a"), event("2", "k", "a"), event("3", "j", "a"))
	h.must(h.one("a", "1").Done(h.ctx, queue.Dead, attempt("dead")))
	h.done(h.take("a", 2)...)
	page, err := h.q.Deliveries(h.ctx, queue.Filter{Destination: "a", State: queue.Dead})
	h.must(err)
	if len(page.Items) != 1 || page.Items[0].ID != "1/a" || page.Items[0].Reason != "503 from the receiver" {
		h.Errorf("dead letters %+v", page.Items)
	}
}

func testReplay(h *harness) {
	h.put(event("1", "k", "a", "b"))
	h.must(h.one("a", "1").Done(h.ctx, queue.Dead, attempt("dead")))
	h.done(h.one("b", "1"))
	id, err := h.q.Replay(h.ctx, "1/a")
	h.must(err)
	if !strings.HasPrefix(id, "1/a#") {
		h.Errorf("replay is called %s", id)
	}
	h.idle("b")
	l := h.one("a", "1")
	d := l.Delivery()
	if d.ID != id || d.Attempts != 0 || d.Route != "route to a" || d.Key != "k" || string(d.Event.Body) != `{"id":"1"}` {
		h.Errorf("replayed %+v", d)
	}
	h.done(l)
	h.state("1/a", queue.Dead)
	h.state(id, queue.Delivered)
	again, err := h.q.Replay(h.ctx, id) // a replay can be replayed
	h.must(err)
	h.done(h.one("a", "1"))
	h.state(again, queue.Delivered)
	page, err := h.q.Deliveries(h.ctx, queue.Filter{EventID: "1"})
	h.must(err)
	if len(page.Items) != 4 {
		h.Errorf("%d deliveries of the event, want 4", len(page.Items))
	}
}

func testCancelPending(h *harness) {
	h.putN(3, "", "k")
	h.must(h.q.Cancel(h.ctx, "0/a", "operator"))
	if d := h.state("0/a", queue.Cancelled); d.Reason != "operator" || d.Ended.IsZero() {
		h.Errorf("cancelled %+v", d)
	}
	h.is(h.q.Cancel(h.ctx, "0/a", "again"), queue.ErrEnded)
	h.retry(h.one("a", "1"), time.Hour)
	h.must(h.q.Cancel(h.ctx, "1/a", "operator")) // frees its key
	h.done(h.one("a", "2"))
	h.idle("a")
	h.is(h.q.Cancel(h.ctx, "2/a", ""), queue.ErrEnded)
}

// testCancelLeased checks that a running attempt decides: delivered stays delivered, all else is cancelled.
func testCancelLeased(h *harness) {
	for _, id := range []string{"1", "2", "3", "4"} {
		h.put(event(id, "", "a"))
	}
	leases := h.take("a", 4)
	for _, l := range leases {
		h.must(h.q.Cancel(h.ctx, l.Delivery().ID, "operator"))
	}
	h.done(leases[0])
	h.retry(leases[1], 0)
	h.must(leases[2].Done(h.ctx, queue.Dead, attempt("dead")))
	leases[3].Release(time.Time{})
	h.idle("a")
	h.state("1/a", queue.Delivered)
	h.state("2/a", queue.Cancelled)
	h.state("3/a", queue.Cancelled)
	h.state("4/a", queue.Cancelled)
}

// testCancelFollower cancels deliveries at every place where one can wait behind a blocked key.
func testCancelFollower(h *harness) {
	n := h.opt.Window * 3
	h.put(event("first", "k", "a"))
	h.retry(h.one("a", "first"), h.pause())
	h.putN(n, "", "k")
	h.put(event("other", "j", "a"))
	h.done(h.one("a", "other"))
	gone := map[string]bool{"0": true, "1": true, "40": true, "63": true, "64": true, "100": true, "150": true}
	for id := range gone {
		h.must(h.q.Cancel(h.ctx, id+"/a", ""))
	}
	h.done(h.one("a", "first"))
	for i := range n - len(gone) {
		l := h.take("a", 1)[0]
		if gone[l.Delivery().Event.ID] {
			h.Fatalf("received %s, which is cancelled", l.Delivery().ID)
		}
		if i == 10 {
			h.must(h.q.Cancel(h.ctx, "180/a", ""))
			gone["180"] = true
		}
		h.done(l)
		if i == n-len(gone)-1 {
			break
		}
	}
	h.idle("a")
	if d, err := h.q.Depth(h.ctx); err != nil || d["a"].Pending != 0 {
		h.Errorf("depth %+v, %v", d, err)
	}
}

func testRetryNow(h *harness) {
	n := h.opt.Window * 3
	h.putN(n, "", "")
	for i, l := range h.take("a", n) {
		h.retry(l, time.Minute+time.Duration(i)*time.Millisecond)
	}
	h.idle("a")
	for _, id := range []string{"0", "100", "150"} { // in memory and far beyond
		h.must(h.q.RetryNow(h.ctx, id+"/a"))
		h.done(h.one("a", id))
		h.is(h.q.RetryNow(h.ctx, id+"/a"), queue.ErrEnded)
	}
	h.idle("a")
	h.must(h.q.Cancel(h.ctx, "120/a", ""))
	for range n - 4 {
		h.done(h.take("a", 1)...)
	}
	h.idle("a")
}
