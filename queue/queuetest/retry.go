package queuetest

import (
	"fmt"
	"time"

	"github.com/plugboard/plugboard/queue"
)

func testRetryTime(h *harness) {
	h.put(event("1", "k", "a"))
	was := time.Now()
	h.retry(h.one("a", "1"), h.pause())
	d := h.state("1/a", queue.Pending)
	if d.Due.Before(was.Add(h.pause())) || d.Attempts != 1 || d.Reason == "" {
		h.Errorf("waiting delivery %+v", d)
	}
	h.idle("a")
	l := h.one("a", "1")
	if waited := time.Since(was); waited < h.pause() || h.f.FakeClock && waited > h.pause()+time.Second {
		h.Errorf("due after %v, want %v", waited, h.pause())
	}
	h.done(l)
}

func testRetryHoldsFollowers(h *harness) {
	h.putN(2, "", "k")
	h.retry(h.one("a", "0"), h.pause())
	h.idle("a")
	h.putN(1, "late", "k")
	h.idle("a")
	l := h.one("a", "0")
	h.idle("a")
	h.must(l.Done(h.ctx, queue.Dead, attempt("dead"))) // its end, good or bad, frees the key
	h.done(h.one("a", "1"))
	h.done(h.one("a", "late0"))
}

// testManyRetries has far more waiting for a retry than the engine holds in memory, due in another order than they came.
func testManyRetries(h *harness) {
	n := h.opt.Window * 5
	h.putN(n, "", "")
	base := time.Now().Add(h.pause())
	for i := range n {
		l := h.one("a", fmt.Sprint(i))
		h.must(l.Retry(h.ctx, base.Add(time.Duration(i*37%n)*time.Millisecond), nil, attempt("retry")))
	}
	h.idle("a")
	last := time.Time{}
	for range n {
		l := h.take("a", 1)[0]
		if now := time.Now(); now.Before(l.Delivery().Due) {
			h.Fatalf("%s came %v early", l.Delivery().ID, l.Delivery().Due.Sub(now))
		}
		if due := l.Delivery().Due; h.f.FakeClock && due.Before(last) {
			h.Fatalf("%s, due %v, came after one due %v", l.Delivery().ID, due, last)
		} else {
			last = due
		}
		h.done(l)
	}
	h.idle("a")
}

// testManyKeysRetried has far more keys whose head waits for a retry than fit in memory, each with a follower: no follower
// may come before its head.
func testManyKeysRetried(h *harness) {
	n := h.opt.Window * 5
	for i := range n {
		h.put(event(fmt.Sprint("head", i), fmt.Sprint("k", i), "a"))
	}
	for range n {
		h.retry(h.take("a", 1)[0], h.pause())
	}
	for i := range n {
		h.put(event(fmt.Sprint("follower", i), fmt.Sprint("k", i), "a"))
	}
	h.put(event("free", "free", "a"))
	h.done(h.one("a", "free"))
	h.idle("a")
	ended := map[string]bool{}
	for range 2 * n {
		l := h.take("a", 1)[0]
		key, head := l.Delivery().Key, l.Delivery().Attempts == 1
		if head == ended[key] {
			h.Fatalf("%s came out of order", l.Delivery().ID)
		}
		ended[key] = true
		h.done(l)
	}
	h.idle("a")
}

// testTurns checks that many retries do not starve what is fresh, nor the other way round.
func testTurns(h *harness) {
	h.putN(20, "old", "")
	for _, l := range h.take("a", 20) {
		h.retry(l, 0)
	}
	h.idleFor(time.Millisecond)
	h.putN(20, "new", "")
	fresh := 0
	for _, l := range h.take("a", 10) {
		if l.Delivery().Attempts == 0 {
			fresh++
		}
	}
	if fresh < 3 || fresh > 7 {
		h.Errorf("%d of the first 10 are fresh, want about half", fresh)
	}
}

// idleFor lets time pass, so that timers which are due have fired.
func (h *harness) idleFor(d time.Duration) {
	t := time.NewTimer(d)
	<-t.C
}

// testSpared: attempts that spend nothing are counted apart, and among all.
func testSpared(h *harness) {
	h.put(event("1", "k", "a"))
	for i, spared := range []bool{true, false, true} {
		l := h.one("a", "1")
		a := attempt("retry")
		a.Spared = spared
		h.must(l.Retry(h.ctx, time.Now(), nil, a))
		if i == 1 {
			h.reopen()
		}
	}
	l := h.one("a", "1")
	if d := l.Delivery(); d.Attempts != 3 || d.Spared != 2 {
		h.Errorf("%d attempts, %d of them spared; want 3 and 2", d.Attempts, d.Spared)
	}
	h.done(l)
	if d := h.state("1/a", queue.Delivered); d.Attempts != 4 || d.Spared != 2 {
		h.Errorf("%d attempts, %d of them spared; want 4 and 2", d.Attempts, d.Spared)
	}
}
