package dispatch_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/queue"
)

func TestSwap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newMemoryQueue()
		var closed atomic.Int32
		make := func(name, version string, r *receiver) dispatch.Lane {
			l := lane(t, name, r)
			l.Version, l.Concurrency, l.Close = version, 1, func() { closed.Add(1) }
			return l
		}
		kept, gone, before, after := &receiver{takes: time.Second}, &receiver{takes: time.Second}, &receiver{takes: 10 * time.Second}, &receiver{takes: time.Second}
		d := start(t, dispatch.Options{Queue: q}, make("kept", "1", kept), make("gone", "1", gone), make("changed", "1", before))
		q.add("kept", 100)
		q.add("gone", 100)
		q.add("changed", 100)
		pass(5500 * time.Millisecond)

		unused := &receiver{}
		if err := d.Swap(make("kept", "1", unused), make("changed", "2", after)); err != nil {
			t.Fatal(err)
		}
		if closed.Load() != 1 { // the one that was not needed
			t.Errorf("%d lanes closed, want 1", closed.Load())
		}
		pass(4 * time.Second)
		if states, _ := q.counts("gone"); states[queue.Delivered] != 6 || states[queue.Pending] != 94 {
			t.Errorf("gone: %v, want what was in flight delivered and the rest pending", states)
		}
		if before.attempts() != 1 || after.attempts() != 0 {
			t.Errorf("changed: %d attempts before, %d after while one was in flight", before.attempts(), after.attempts())
		}
		pass(10 * time.Second)
		if before.attempts() != 1 || after.attempts() == 0 || before.running != 0 {
			t.Errorf("changed: %d attempts before, %d after", before.attempts(), after.attempts())
		}
		if kept.attempts() != 20 || unused.attempts() != 0 {
			t.Errorf("kept: %d and %d attempts after 19.5 s", kept.attempts(), unused.attempts())
		}
		if err := d.Swap(); err != nil { // and everything can go
			t.Fatal(err)
		}
		pass(2 * time.Second)
		if closed.Load() != 5 {
			t.Errorf("%d lanes closed, want 5", closed.Load())
		}
	})
}

// A lane that comes back before its first one has ended does not run beside it.
func TestSwapBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, first, second := newMemoryQueue(), &receiver{takes: 10 * time.Second}, &receiver{takes: time.Second}
		d := start(t, dispatch.Options{Queue: q}, lane(t, "crm", first))
		q.add("crm", 20)
		pass(time.Second)
		for _, lanes := range [][]dispatch.Lane{{}, {lane(t, "crm", second)}} {
			if err := d.Swap(lanes...); err != nil {
				t.Fatal(err)
			}
		}
		pass(time.Second)
		if second.attempts() != 0 {
			t.Errorf("%d attempts beside the first lane's", second.attempts())
		}
		pass(time.Minute)
		if states, _ := q.counts("crm"); states[queue.Delivered] != 20 {
			t.Errorf("%v", states)
		}
	})
}

func TestCloseDrains(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{takes: 5 * time.Second}
		d := start(t, dispatch.Options{Queue: q}, lane(t, "crm", r))
		q.add("crm", 25)
		pass(time.Second)
		if err := d.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		states, leased := q.counts("crm")
		if states[queue.Delivered] != 10 || states[queue.Pending] != 15 || leased != 0 {
			t.Errorf("%v, %d leased; want the ten in flight delivered", states, leased)
		}
		if err := d.Swap(lane(t, "crm", r)); !errors.Is(err, dispatch.ErrClosed) {
			t.Errorf("swap after close: %v", err)
		}
	})
}

// When patience is over, attempts are interrupted and do not count.
func TestCloseInterrupts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{takes: time.Hour}
		d := start(t, dispatch.Options{Queue: q}, lane(t, "crm", r))
		q.add("crm", 25)
		pass(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		_ = d.Close(ctx)
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("took %v, want 3 s", took)
		}
		states, leased := q.counts("crm")
		if states[queue.Pending] != 25 || leased != 0 {
			t.Errorf("%v, %d leased", states, leased)
		}
		for _, it := range q.items {
			if it.Attempts != 0 {
				t.Errorf("%s: %d attempts, want none spent", it.ID, it.Attempts)
			}
		}
		synctest.Wait()
	})
}

// lateQueue gives leases out in the moment in which the lane is stopped.
type lateQueue struct{ *memoryQueue }

func (q lateQueue) Receive(ctx context.Context, destination string, most int) ([]queue.Lease, error) {
	<-ctx.Done()
	return q.memoryQueue.Receive(context.WithoutCancel(ctx), destination, most)
}

func TestLeasesThatComeTooLateGoBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := lateQueue{newMemoryQueue()}, &receiver{}
		d := start(t, dispatch.Options{Queue: q}, lane(t, "crm", r))
		q.add("crm", 3)
		pass(time.Second)
		_ = d.Close(t.Context())
		states, leased := q.counts("crm")
		if r.attempts() != 0 || leased != 0 || states[queue.Pending] != 3 {
			t.Errorf("%d attempts, %d leased, %v", r.attempts(), leased, states)
		}
	})
}
