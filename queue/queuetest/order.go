package queuetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/plugboard/plugboard/queue"
)

func testOrderWithinKey(h *harness) {
	h.putN(5, "", "k")
	for i := range 5 {
		l := h.one("a", fmt.Sprint(i))
		h.idle("a")
		h.done(l)
	}
}

func testKeysSideBySide(h *harness) {
	for i := range 6 {
		h.put(event(fmt.Sprint(i), fmt.Sprint("k", i%3), "a"))
	}
	first := h.take("a", 3)
	if got := ids(first); !slices.Equal(got, []string{"0", "1", "2"}) {
		h.Errorf("first %v", got)
	}
	h.idle("a")
	h.done(first[1])
	h.done(h.one("a", "4"))
	h.idle("a")
	h.done(first[0], first[2])
	if got := ids(h.take("a", 2)); !slices.Equal(got, []string{"3", "5"}) && !slices.Equal(got, []string{"5", "3"}) {
		h.Errorf("then %v", got)
	}
}

// testIsolation checks that what happens at one destination is nothing to another.
func testIsolation(h *harness) {
	for i := range 10 {
		h.put(event(fmt.Sprint(i), "k", "a", "b"))
	}
	h.retry(h.one("a", "0"), time.Hour) // a is blocked for an hour
	for i := range 10 {
		h.done(h.one("b", fmt.Sprint(i)))
	}
	h.idle("a")
}

func testOrderAfterRetry(h *harness) {
	h.putN(3, "", "k")
	h.put(event("other", "j", "a"))
	h.retry(h.one("a", "0"), h.pause())
	h.done(h.one("a", "other"))
	h.idle("a")
	for i := range 3 {
		h.done(h.one("a", fmt.Sprint(i)))
	}
}

func testOrderAfterRelease(h *harness) {
	h.putN(3, "", "k")
	h.put(event("other", "j", "a"))
	l := h.one("a", "0")
	l.Release(time.Time{})
	h.done(h.one("a", "0")) // before all others
	got := ids(h.take("a", 2))
	slices.Sort(got)
	if !slices.Equal(got, []string{"1", "other"}) {
		h.Errorf("then %v", got)
	}
}

// testBacklog has far more waiting than the engine holds in memory.
func testBacklog(h *harness) {
	n := h.opt.Window*5 + 3
	h.putN(n, "", "")
	for i := range n {
		h.done(h.one("a", fmt.Sprint(i)))
		if i == n/2 {
			h.putN(2, "late", "")
		}
	}
	h.done(h.one("a", "late0"), h.one("a", "late1"))
	h.idle("a")
}

// testBacklogBehindBlockedKey puts more followers of a failing key than fit in memory before the other keys: these must
// pass, and the followers come in order afterwards.
func testBacklogBehindBlockedKey(h *harness) {
	n := h.opt.Window * 4
	h.put(event("first", "bad", "a"))
	h.retry(h.one("a", "first"), h.pause())
	h.putN(n, "bad", "bad")
	h.putN(5, "good", "good")
	for i := range 5 {
		h.done(h.one("a", fmt.Sprint("good", i)))
	}
	h.idle("a")
	h.put(event("last", "bad", "a"))
	h.done(h.one("a", "first"))
	for i := range n {
		h.done(h.one("a", fmt.Sprint("bad", i)))
	}
	h.done(h.one("a", "last"))
	h.idle("a")
}

// testHotKey puts far more of a key that does not fail than fits in memory before another key, which must not wait for
// all of it.
func testHotKey(h *harness) {
	n := h.opt.Window * 8
	h.putN(n, "hot", "hot")
	h.putN(3, "cold", "cold")
	seen := map[string]int{}
	for i := range n + 3 {
		l := h.take("a", 1)[0]
		key := l.Delivery().Key
		if want := fmt.Sprint(key, seen[key]); l.Delivery().Event.ID != want {
			h.Fatalf("received %s, want %s", l.Delivery().Event.ID, want)
		}
		if key == "hot" {
			h.idleFor(time.Millisecond) // its attempt takes a while: another key is looked for meanwhile
		}
		if seen[key]++; i == n-1 && seen["cold"] < 3 {
			h.Errorf("a key waited for all %d of another", n)
		}
		h.done(l)
	}
	h.idle("a")
}

func testReleaseUntil(h *harness) {
	h.putN(2, "", "k")
	h.put(event("other", "j", "a"))
	was := time.Now()
	h.one("a", "0").Release(was.Add(h.pause()))
	h.done(h.one("a", "other"))
	h.idle("a")
	h.done(h.one("a", "0"))
	if waited := time.Since(was); waited < h.pause() {
		h.Errorf("due after %v, want %v", waited, h.pause())
	}
	if d := h.state("0/a", queue.Delivered); d.Attempts != 1 {
		h.Errorf("%d attempts: a release is none", d.Attempts)
	}
	h.done(h.one("a", "1"))
}
