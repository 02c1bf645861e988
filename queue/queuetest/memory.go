package queuetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// memory is the engine's, of what plugins remember.
func (h *harness) memory() queue.Memory {
	h.Helper()
	if h.f.NoMemory {
		h.Skip("this engine remembers nothing for plugins")
	}
	m, ok := h.q.(queue.Memory)
	if !ok {
		h.Fatal("the engine is no queue.Memory")
	}
	return m
}

// recalls checks what an owner has; "" stands for nothing.
func (h *harness) recalls(owner, key, want string) {
	h.Helper()
	got, ok := h.memory().Recall(owner, key)
	if string(got) != want || ok != (want != "") {
		h.Errorf("%s recalls %s as %q, %v; want %q", owner, key, got, ok, want)
	}
}

func write(owner, key, value string) queue.StateWrite {
	w := queue.StateWrite{Owner: owner, Key: key}
	if value != "" {
		w.Value = []byte(value)
	}
	return w
}

func testRemember(h *harness) {
	m := h.memory()
	h.recalls("a", "k", "")
	h.must(m.Remember(h.ctx, write("a", "k", "1"), write("a", "k", "2"), write("b", "k", "3"), write("a", "k\x00l", "4"), write("a", "", "5")))
	h.must(m.Remember(h.ctx))
	for _, again := range []bool{false, true} {
		if again {
			h.reopen()
			m = h.memory()
		}
		h.recalls("a", "k", "2")
		h.recalls("b", "k", "3")
		h.recalls("a", "k\x00l", "4")
		h.recalls("a", "", "5")
		h.recalls("ab", "", "")
		h.recalls("c", "k", "")
	}
	h.must(m.Remember(h.ctx, write("a", "k", ""), write("a", "never", "")))
	h.recalls("a", "k", "")
	h.reopen()
	h.recalls("a", "k", "")
	h.recalls("b", "k", "3")
	if err := h.memory().Remember(h.ctx, write("", "k", "1")); err == nil {
		h.Error("somebody who is nobody remembers")
	}
}

// testRememberWithEntry: what is written with an event is there with it, and not with a repeat.
func testRememberWithEntry(h *harness) {
	e := event("one", "k", "d")
	e.Event.Window = time.Hour
	e.Writes = []queue.StateWrite{write("a", "k", "1")}
	h.put(e)
	h.recalls("a", "k", "1")
	e.Writes = []queue.StateWrite{write("a", "k", "2")}
	if r := h.put(e); !r[0].Repeat {
		h.Errorf("%+v", r)
	}
	h.recalls("a", "k", "1")
	fresh := event("two", "k")
	h.put(e, fresh)
	h.recalls("a", "k", "2")
	e.Writes = []queue.StateWrite{{Key: "k"}}
	if _, err := h.q.Enqueue(h.ctx, e); err == nil {
		h.Error("somebody who is nobody remembers")
	}
	h.reopen()
	h.recalls("a", "k", "2")
	h.done(h.one("d", "one"))
}

// testRememberWithAttempt: what is written with an attempt is there when its outcome is, and not when it was given back.
func testRememberWithAttempt(h *harness) {
	h.put(event("one", "k", "d"))
	l := h.one("d", "one")
	h.recalls("a", "k", "")
	a := attempt("retry")
	a.Writes = []queue.StateWrite{write("a", "k", "1")}
	h.must(l.Retry(h.ctx, time.Now(), nil, a))
	h.recalls("a", "k", "1")
	l = h.one("d", "one")
	l.Release(time.Time{})
	h.recalls("a", "k", "1")
	l = h.one("d", "one")
	a = attempt("delivered")
	a.Writes = []queue.StateWrite{write("a", "k", ""), write("a", "l", "2")}
	h.must(l.Done(h.ctx, queue.Delivered, a))
	h.is(l.Done(h.ctx, queue.Delivered, queue.Attempt{Writes: []queue.StateWrite{write("a", "l", "3")}}), queue.ErrEnded)
	h.recalls("a", "k", "")
	h.recalls("a", "l", "2")
	_, attempts, err := h.q.Delivery(h.ctx, "one/d")
	h.must(err)
	for _, a := range attempts {
		if a.Writes != nil {
			h.Errorf("the record of an attempt has %+v", a.Writes)
		}
	}
	h.reopen()
	h.recalls("a", "l", "2")
}

func testRememberForATime(h *harness) {
	w := write("a", "short", "1")
	w.TTL = h.pause()
	h.must(h.memory().Remember(h.ctx, w, write("a", "long", "1")))
	h.recalls("a", "short", "1")
	time.Sleep(h.pause())
	h.recalls("a", "short", "")
	h.recalls("a", "long", "1")
	if h.f.FakeClock {
		time.Sleep(2 * time.Minute) // so that what is over has been forgotten
	}
	h.must(h.memory().Remember(h.ctx, write("a", "short", "2")))
	h.reopen()
	h.recalls("a", "short", "2")
	w = write("a", "short", "3")
	w.TTL = h.pause()
	h.must(h.memory().Remember(h.ctx, w))
	time.Sleep(h.pause())
	h.reopen()
	h.recalls("a", "short", "")
}

// testRememberNoMoreThan: beyond its number of keys an owner loses what was written longest ago, and nobody else does.
func testRememberNoMoreThan(h *harness) {
	m := h.memory()
	h.must(m.Remember(h.ctx, write("b", "0", "x")))
	for i := range h.opt.Keys {
		h.must(m.Remember(h.ctx, write("a", fmt.Sprint(i), "x")))
	}
	h.must(m.Remember(h.ctx, write("a", "0", "y"))) // now 1 is the oldest
	h.reopen()
	m = h.memory()
	h.must(m.Remember(h.ctx, write("a", "new", "x")))
	for _, again := range []bool{false, true} {
		if again {
			h.reopen()
		}
		h.recalls("a", "1", "")
		h.recalls("a", "0", "y")
		h.recalls("a", "2", "x")
		h.recalls("a", "new", "x")
		h.recalls("b", "0", "x")
	}
}

// testRememberConcurrent writes and recalls from several sides: what a call wrote is there when it returns.
func testRememberConcurrent(h *harness) {
	m := h.memory()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			owner := fmt.Sprint("owner", n)
			for i := range 50 {
				value := fmt.Sprint(i)
				if i%2 == 0 {
					e := event(fmt.Sprint(n, "-", i), "k")
					e.Writes = []queue.StateWrite{write(owner, "k", value)}
					if _, err := h.q.Enqueue(h.ctx, e); err != nil {
						h.Error(err)
					}
				} else if err := m.Remember(h.ctx, write(owner, "k", value), write("shared", fmt.Sprint(n%4), value)); err != nil {
					h.Error(err)
				}
				if got, ok := m.Recall(owner, "k"); !ok || string(got) != value {
					h.Errorf("%s: %q, %v; want %s", owner, got, ok, value)
				}
			}
		})
	}
	all.Wait()
}
