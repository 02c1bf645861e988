package bench

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// fakeQueue is a queue in memory whose commits take a millisecond, and which can be told to lose or to fail.
type fakeQueue struct {
	queue.Queue
	waiting  chan queue.Lease
	entered  atomic.Int64
	ended    atomic.Int64
	loses    int64 // the number of the entry that it forgets
	enqueues error
	receives error
	dones    error
	closed   atomic.Bool
}

func (q *fakeQueue) Enqueue(context.Context, ...queue.Entry) ([]queue.Receipt, error) {
	time.Sleep(time.Millisecond)
	if n := q.entered.Add(1); n != q.loses {
		q.waiting <- fakeLease{q: q}
	}
	return nil, q.enqueues
}

func (q *fakeQueue) Receive(ctx context.Context, _ string, _ int) ([]queue.Lease, error) {
	select {
	case l := <-q.waiting:
		return []queue.Lease{l}, q.receives
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (q *fakeQueue) Close(context.Context) error { q.closed.Store(true); return nil }

type fakeLease struct {
	queue.Lease
	q *fakeQueue
}

func (l fakeLease) Done(context.Context, queue.State, queue.Attempt) error {
	time.Sleep(time.Millisecond)
	l.q.ended.Add(1)
	return l.q.dones
}

// TestCycleCountsWhatEnded: the measurement lasts until the last delivery has ended; one that is lost, or any failure,
// is an error and not a figure, and the queue is closed in any case.
func TestCycleCountsWhatEnded(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		q    *fakeQueue
		want error
	}{
		{"whole", &fakeQueue{}, nil},
		{"loses one", &fakeQueue{loses: 7}, context.DeadlineExceeded},
		{"cannot enqueue", &fakeQueue{enqueues: broken}, broken},
		{"cannot receive", &fakeQueue{receives: broken}, broken},
		{"cannot end", &fakeQueue{dones: broken}, broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.q.waiting = make(chan queue.Lease, 10_000)
				open := func(context.Context, string) (queue.Queue, error) { return c.q, nil }
				r := &run{dir: t.TempDir(), Options: Options{Seconds: 1, Open: open}}
				row, err := r.cycle(t.Context(), 4)
				if !errors.Is(err, c.want) || !c.q.closed.Load() {
					t.Errorf("%v, closed: %v; want %v", err, c.q.closed.Load(), c.want)
				}
				// Four writers at a millisecond each make 4,000 in their second; the last ends a millisecond later.
				if c.want == nil && (row.Count != 4000 || row.Count != c.q.ended.Load() || row.PerSecond < 3990 || row.PerSecond >= 4000) {
					t.Errorf("%+v; %d have ended", row, c.q.ended.Load())
				}
			})
		})
	}
}

func TestAQueueThatDoesNotOpen(t *testing.T) {
	r := &run{Options: Options{Seconds: 1, Open: func(context.Context, string) (queue.Queue, error) { return nil, errors.New("no such disk") }}}
	if _, err := r.cycle(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "no such disk") {
		t.Error(err)
	}
}
