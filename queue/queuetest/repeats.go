package queuetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plugboard/plugboard/queue"
)

func windowed(id string, window time.Duration, destinations ...string) queue.Entry {
	e := event(id, "", destinations...)
	e.Event.Window = window
	return e
}

func testRepeat(h *harness) {
	h.put(windowed("1", time.Hour, "a", "b"))
	r := h.put(windowed("1", time.Hour, "a", "b", "c"))[0]
	if !r.Repeat || r.Deliveries != 2 || r.ID != "1" {
		h.Errorf("receipt %+v, want a repeat of 2 deliveries", r)
	}
	other := windowed("1", time.Hour, "a")
	other.Event.Source = "another"
	if r := h.put(other)[0]; r.Repeat {
		h.Error("an event of another source is no repeat")
	}
	h.done(h.take("a", 2)...)
	h.idle("a")
	h.idle("c")
	if r := h.put(windowed("1", time.Hour, "a"))[0]; !r.Repeat {
		h.Error("forgotten once it was delivered")
	}
}

// testRepeatInOneCall has the same event twice in one Enqueue, beside one that is new and one that is old.
func testRepeatInOneCall(h *harness) {
	h.put(windowed("old", time.Hour, "a"))
	got := h.put(windowed("1", time.Hour, "a"), windowed("1", time.Hour, "a"), windowed("old", time.Hour, "a"), windowed("2", time.Hour, "a"))
	for i, want := range []bool{false, true, true, false} {
		if got[i].Repeat != want {
			h.Errorf("entry %d: %+v", i, got[i])
		}
	}
	h.done(h.one("a", "old"), h.one("a", "1"), h.one("a", "2"))
	h.idle("a")
}

func testRepeatConcurrent(h *harness) {
	var wg sync.WaitGroup
	var stored atomic.Int32
	for i := range 40 {
		wg.Go(func() {
			// In pairs and crosswise, so that two callers that wait for each other would hang.
			a, b := windowed(fmt.Sprint(i%4), time.Hour, "a"), windowed(fmt.Sprint((i+1)%4), time.Hour, "a")
			receipts, err := h.q.Enqueue(h.ctx, a, b)
			if err != nil {
				h.Error(err)
			}
			for _, r := range receipts {
				if !r.Repeat {
					stored.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := stored.Load(); n != 4 {
		h.Errorf("%d stored, want 4", n)
	}
	h.done(h.take("a", 4)...)
	h.idle("a")
}

func testRepeatAfterWindow(h *harness) {
	h.put(windowed("1", h.pause(), "a"))
	if r := h.put(windowed("1", h.pause(), "a"))[0]; !r.Repeat {
		h.Error("no repeat within the window")
	}
	h.idleFor(h.pause() + time.Millisecond)
	if r := h.put(windowed("1", h.pause(), "a"))[0]; r.Repeat {
		h.Error("a repeat after the window")
	}
	h.done(h.take("a", 2)...)
}

func testNoWindow(h *harness) {
	h.put(windowed("1", 0, "a"))
	if r := h.put(windowed("1", 0, "a"))[0]; r.Repeat {
		h.Error("a repeat without a window")
	}
	h.done(h.take("a", 2)...)
}
