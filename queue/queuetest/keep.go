package queuetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Retention is tested in a bubble alone: it is a matter of minutes at least.
func (h *harness) needClock() {
	if !h.f.FakeClock {
		h.Skip("this engine does not run on a clock that tests can move")
	}
}

func (h *harness) listed() (out []string) {
	h.Helper()
	page, err := h.q.Events(h.ctx, queue.Filter{})
	h.must(err)
	for _, e := range page.Items {
		out = append(out, e.Event.ID)
	}
	return out
}

func testRetention(h *harness) {
	h.needClock()
	h.putN(3, "", "k")
	h.put(event("unrouted", ""))
	_, err := h.q.SetAside(h.ctx, queue.Rejected{Source: "s", Received: time.Now()})
	h.must(err)
	h.done(h.one("a", "0"))
	h.retry(h.one("a", "1"), time.Second)
	h.must(h.one("a", "1").Done(h.ctx, queue.Dead, attempt("dead")))
	h.idleFor(h.opt.Retain / 2)
	if got := h.listed(); len(got) != 4 {
		h.Errorf("after half the time: %v", got)
	}
	h.done(h.one("a", "2"))
	h.idleFor(h.opt.Retain * 3 / 4)
	if got := h.listed(); !slices.Equal(got, []string{"2"}) {
		h.Errorf("after the time of the others: %v, want only what ended late", got)
	}
	_, err = h.q.Event(h.ctx, "1")
	h.is(err, queue.ErrNotFound)
	if page, err := h.q.Rejected(h.ctx, queue.Filter{}); err != nil || len(page.Items) != 0 {
		h.Errorf("%d requests set aside, %v", len(page.Items), err)
	}
	h.idleFor(h.opt.Retain)
	if r := h.audit(); !h.f.NoAudit && (r.Events != 0 || len(r.States) != 0) {
		h.Errorf("left over: %+v", r)
	}
	h.putN(1, "new", "k") // numbers go on where they were
	h.done(h.one("a", "new0"))
}

// testRetentionKeepsPending checks that what waits is never too old, and is still found by its ID.
func testRetentionKeepsPending(h *harness) {
	h.needClock()
	h.putN(2, "", "k")
	h.retry(h.one("a", "0"), 5*h.opt.Retain)
	h.idleFor(3 * h.opt.Retain)
	h.state("0/a", queue.Pending)
	h.state("1/a", queue.Pending)
	h.done(h.one("a", "0"))
	h.done(h.one("a", "1"))
	id, err := h.q.Replay(h.ctx, "0/a")
	h.must(err)
	h.idleFor(h.opt.Retain * 2)
	h.state(id, queue.Pending) // keeps its event
	h.done(h.one("a", "0"))
	if got := h.listed(); !slices.Equal(got, []string{"0"}) {
		h.Errorf("kept %v", got)
	}
}

func testReopenPending(h *harness) {
	n := h.opt.Window*3 + 5
	h.putN(n, "", "")
	h.done(h.one("a", "0"), h.one("a", "1"), h.one("a", "2"))
	open := h.take("a", 2)
	h.reopen()
	h.is(open[0].Done(h.ctx, queue.Delivered, attempt("delivered")), queue.ErrClosed)
	d, err := h.q.Depth(h.ctx)
	h.must(err)
	if d["a"].Pending != n-3 {
		h.Errorf("%d pending, want %d", d["a"].Pending, n-3)
	}
	for i := 3; i < n; i++ {
		h.done(h.one("a", fmt.Sprint(i)))
	}
	h.idle("a")
}

func testReopenRetries(h *harness) {
	n := h.opt.Window * 3
	h.putN(n, "", "")
	h.putN(2, "keyed", "k")
	at := time.Now().Add(10 * h.pause())
	for i, l := range h.take("a", n+1) {
		h.must(l.Retry(h.ctx, at.Add(time.Duration(i)*time.Millisecond), []byte("memo"), attempt("retry")))
	}
	h.reopen()
	h.put(event("keyed2", "k", "a"))
	h.idle("a")
	for range n + 1 {
		l := h.take("a", 1)[0]
		if d := l.Delivery(); d.Attempts != 1 || string(d.Memo) != "memo" || time.Now().Before(d.Due) {
			h.Fatalf("after reopening: %+v", d)
		}
		h.done(l)
	}
	h.done(h.one("a", "keyed1"))
	h.done(h.one("a", "keyed2"))
}

// testReopenFollowers reopens with followers in memory and parked, before and after their head has ended.
func testReopenFollowers(h *harness) {
	n := h.opt.Window * 4
	h.put(event("first", "bad", "a"))
	h.retry(h.one("a", "first"), 10*h.pause())
	h.putN(n, "bad", "bad")
	h.putN(2, "good", "good")
	h.done(h.one("a", "good0"))
	h.reopen()
	h.done(h.one("a", "good1"))
	h.idle("a")
	h.done(h.one("a", "first"))
	for i := range n {
		if i%50 == 20 {
			l := h.one("a", fmt.Sprint("bad", i)) // in flight when it closes
			h.reopen()
			_ = l
		}
		h.done(h.one("a", fmt.Sprint("bad", i)))
	}
	h.idle("a")
}

func testReopenRepeat(h *harness) {
	h.put(windowed("1", time.Hour, "a"))
	h.reopen()
	if r := h.put(windowed("1", time.Hour, "a"))[0]; !r.Repeat || r.Deliveries != 1 {
		h.Errorf("receipt %+v, want a repeat", r)
	}
	h.done(h.one("a", "1"))
}

// testReopenEmptied reopens after everything has been retired: what comes then must not be taken for old.
func testReopenEmptied(h *harness) {
	h.needClock()
	h.putN(100, "", "")
	h.done(h.take("a", 100)...)
	h.idleFor(3 * h.opt.Retain)
	if got := h.listed(); len(got) != 0 {
		h.Fatalf("still there: %d", len(got))
	}
	h.reopen()
	h.putN(1, "new", "")
	h.done(h.one("a", "new0"))
}
