package dispatch_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/queue"
)

func TestDeliversInOrderWithinAKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{takes: time.Second}
		q.add("crm", 12, "a", "b", "c")
		start(t, dispatch.Options{Queue: q}, lane(t, "crm", r))
		pass(3500 * time.Millisecond)
		states, _ := q.counts("crm")
		if states[queue.Delivered] != 9 || r.most != 3 { // three keys side by side, a second each
			t.Errorf("after 3.5 s %v, at most %d at once", states, r.most)
		}
		last := map[int]int{}
		for i, id := range r.order {
			var n int
			_, _ = fmt.Sscanf(id, "ev-%d", &n)
			if n < last[n%3] {
				t.Errorf("%s came at place %d, after ev-%d of the same key", id, i, last[n%3])
			}
			last[n%3] = n
		}
	})
}

func TestConcurrencyIsKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{takes: time.Second}
		q.add("crm", 100)
		l := lane(t, "crm", r)
		l.Concurrency = 4
		start(t, dispatch.Options{Queue: q}, l)
		pass(25*time.Second + time.Millisecond)
		if states, _ := q.counts("crm"); states[queue.Delivered] != 100 || r.most != 4 {
			t.Errorf("%v, at most %d at once; want all in 25 s, 4 at once", states, r.most)
		}
	})
}

// A destination that hangs and one that fails delay nobody else.
func TestIsolation(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newMemoryQueue()
		good := &receiver{takes: 10 * time.Millisecond}
		hangs := &receiver{takes: time.Hour}
		fails := &receiver{outcome: func(*queue.Delivery) deliver.Result { return status(500) }}
		start(t, dispatch.Options{Queue: q}, lane(t, "hangs", hangs), lane(t, "fails", fails), lane(t, "good", good))
		q.add("hangs", 1000)
		q.add("fails", 1000)
		q.add("good", 1000)
		pass(time.Second + time.Millisecond) // 1000 deliveries, ten at a time, 10 ms each
		if states, _ := q.counts("good"); states[queue.Delivered] != 1000 {
			t.Errorf("good: %v", states)
		}
		if hangs.attempts() != 10 {
			t.Errorf("hanging: %d attempts, want 10", hangs.attempts())
		}
	})
}

func TestQueueErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{}
		q.fail = errors.New("disk on fire")
		start(t, dispatch.Options{Queue: q}, lane(t, "crm", r))
		q.add("crm", 1)
		pass(2 * time.Second)
		if r.attempts() != 1 {
			t.Error("the lane did not go on after an error of the queue")
		}
		q.fail = queue.ErrClosed
		q.change(func() {})
		synctest.Wait() // the lane has ended; nothing spins
	})
}
