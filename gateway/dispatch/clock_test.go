package dispatch_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

const year = 365 * 24 * time.Hour

// wall is a wall clock that can be set, as an operator or a time server sets one; between that it goes on.
type wall struct{ off atomic.Int64 }

func (w *wall) Now() time.Time       { return time.Now().Round(0).Add(time.Duration(w.off.Load())) }
func (w *wall) jump(d time.Duration) { w.off.Add(int64(d)) }

// once is an Attempter that is turned away at each delivery's first attempt and then takes it.
type once struct {
	clock  *wall
	failed chan struct{} // told of each first attempt
	ended  chan struct{} // told of each second one

	mu       sync.Mutex
	attempts map[string]int
}

func (o *once) Attempt(_ context.Context, q *queue.Delivery) deliver.Result {
	o.mu.Lock()
	o.attempts[q.ID]++
	n := o.attempts[q.ID]
	o.mu.Unlock()
	if n == 1 {
		defer func() { o.failed <- struct{}{} }()
		return result(deliver.Result{Class: deliver.Retry, Reason: "not now", Attempt: queue.Attempt{Status: 429}}, q, o.clock.Now())
	}
	defer func() { o.ended <- struct{}{} }()
	return result(status(200), q, o.clock.Now())
}

// setClock has deliveries wait for their retry, sets the clock, and names what is stuck after a time or came too often.
// behind is how far the queue's clock is behind that of the lanes.
func setClock(t *testing.T, jump, behind, limit time.Duration) (wrong []string) {
	t.Helper()
	const n = 10 // with five keys: two in turn
	clock := &wall{}
	q, err := badgerqueue.Open(t.Context(), badgerqueue.Options{Dir: t.TempDir(), MinFree: -1, MemTable: 4 << 20, Cache: 4 << 20,
		Now: func() time.Time { return clock.Now().Add(-behind) }})
	if err != nil {
		t.Fatal(err)
	}
	o := &once{clock: clock, failed: make(chan struct{}, n), ended: make(chan struct{}, 10*n), attempts: map[string]int{}}
	d := dispatch.New(dispatch.Options{Queue: q, Retry: exact, Now: clock.Now})
	l := lane(t, "crm", o)
	l.Policy = policy(t, config.Retry{Every: time.Second, For: 24 * time.Hour})
	if err := d.Swap(l); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Enqueue(t.Context(), entries(n, "crm")...); err != nil {
		t.Fatal(err)
	}
	await(o.failed, 5, patience) // the heads of the keys
	clock.jump(jump)
	if came := await(o.ended, n, limit); came < n {
		wrong = append(wrong, fmt.Sprintf("stuck: %d of %d were delivered", came, n))
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := q.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for id, got := range o.attempts {
		if got > 2 {
			wrong = append(wrong, fmt.Sprintf("%s: %d attempts, want 2", id, got))
		}
	}
	return wrong
}

// TestClockIsSetForward sets the clock of queue and lanes while deliveries wait for their retry. However far it goes,
// each is attempted exactly once more: none is stuck, none comes more often than planned, none is given up.
func TestClockIsSetForward(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, year} {
		t.Run(fmt.Sprint(jump), func(t *testing.T) {
			for _, w := range setClock(t, jump, 0, patience) {
				t.Error(w)
			}
		})
	}
}

// TestAStuckLaneIsFound is the control: a queue that takes the retries of its lanes for an hour away.
func TestAStuckLaneIsFound(t *testing.T) {
	if wrong := setClock(t, 0, time.Hour, 2*time.Second); len(wrong) == 0 {
		t.Error("a lane that is stuck for an hour was not found")
	}
}

// await counts what comes, up to n.
func await(c <-chan struct{}, n int, limit time.Duration) int {
	over := time.After(limit)
	for i := range n {
		select {
		case <-c:
		case <-over:
			return i
		}
	}
	return n
}
