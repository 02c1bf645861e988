package dispatch_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
	"github.com/plugboard/plugboard/queue/queuetest"
)

// breakWhileSet opens the breaker, has leases given back until its pause is over, sets the clock meanwhile, lets the
// receiver recover, and counts what is delivered and attempted within a minute.
func breakWhileSet(t *testing.T, dir string, step time.Duration, plant func(queue.Queue) queue.Queue) (delivered, attempts int) {
	var clock queuetest.WallClock
	q, err := badgerqueue.Open(t.Context(), badgerqueue.Options{Dir: dir, MinFree: -1, MemTable: 4 << 20, Cache: 4 << 20, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	var broken atomic.Bool
	broken.Store(true)
	var good atomic.Int64
	r := &receiver{takes: 100 * time.Millisecond, outcome: func(*queue.Delivery) deliver.Result {
		if broken.Load() {
			return status(503)
		}
		good.Add(1)
		return status(200)
	}}
	l := lane(t, "crm", r)
	l.Concurrency = 20
	d := dispatch.New(dispatch.Options{Queue: plant(q), Retry: exact, Now: clock.Now})
	if err := d.Swap(l); err != nil {
		t.Fatal(err)
	}
	put := func(ids ...string) {
		for _, id := range ids {
			e := queue.Entry{Event: queue.Event{ID: id, Source: "s", Received: clock.Now()}, Owed: []queue.Owed{{Destination: "crm"}}}
			if _, err := q.Enqueue(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	put("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
	pass(time.Second) // all have failed; the lane waits for more with the slots it had
	put("a", "b", "c", "d", "e")
	pass(time.Second) // these were given back
	clock.Set(step)
	broken.Store(false)
	pass(time.Minute)
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := q.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	return int(good.Load()), r.attempts()
}

// TestClockIsSetBehindTheBreaker wants what the breaker gave back to come when its pause is over, whatever the clock says.
func TestClockIsSetBehindTheBreaker(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour, year, -year} {
		dir := t.TempDir()
		bubble(t, func(t *testing.T) {
			delivered, attempts := breakWhileSet(t, dir, step, func(q queue.Queue) queue.Queue { return q })
			if delivered != 15 || attempts != 25 {
				t.Errorf("clock set by %v: %d of 15 delivered in %d attempts, want 25", step, delivered, attempts)
			}
		})
	}
}

// TestClockIsSetBehindTheBreakerControl plants a queue that takes the times given back to for an hour away.
func TestClockIsSetBehindTheBreakerControl(t *testing.T) {
	dir := t.TempDir()
	bubble(t, func(t *testing.T) {
		plant := func(q queue.Queue) queue.Queue { return lateReleases{q} }
		if delivered, _ := breakWhileSet(t, dir, 0, plant); delivered == 15 {
			t.Error("deliveries that were given back for an hour were not missed")
		}
	})
}

type lateReleases struct{ queue.Queue }

func (q lateReleases) Receive(ctx context.Context, destination string, most int) ([]queue.Lease, error) {
	leases, err := q.Queue.Receive(ctx, destination, most)
	for i := range leases {
		leases[i] = lateRelease{leases[i]}
	}
	return leases, err
}

type lateRelease struct{ queue.Lease }

func (l lateRelease) Release(at time.Time) { l.Lease.Release(at.Add(time.Hour)) }
