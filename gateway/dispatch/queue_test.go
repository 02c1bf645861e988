package dispatch_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// memoryQueue is a queue.Queue that keeps everything in memory and works in the time of a synctest bubble. Of the
// promises of package queue it keeps those that a lane leans on: order and one at a time within a key, due times.
type memoryQueue struct {
	mu    sync.Mutex
	items []*item
	wake  chan struct{} // closed and replaced at every change
	fail  error         // what the next Receive returns
}

type item struct {
	queue.Delivery
	leased bool
	tries  []queue.Attempt
	gaps   []time.Time // when each Retry was asked for
	backs  int         // Releases
}

func newMemoryQueue() *memoryQueue { return &memoryQueue{wake: make(chan struct{})} }

func (q *memoryQueue) change(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f()
	close(q.wake)
	q.wake = make(chan struct{})
}

// add queues n deliveries for a destination; keys are taken in turn.
func (q *memoryQueue) add(destination string, n int, keys ...string) {
	q.change(func() {
		for range n {
			id := fmt.Sprintf("ev-%d", len(q.items)+1)
			key := ""
			if len(keys) > 0 {
				key = keys[len(q.items)%len(keys)]
			}
			q.items = append(q.items, &item{Delivery: queue.Delivery{ID: id + "/" + destination, Destination: destination, Route: "r", Key: key,
				State: queue.Pending, Created: time.Now(), Event: queue.Event{ID: id, Source: "s", Type: "t", Received: time.Now(), Body: []byte("{}")}}})
		}
	})
}

func (q *memoryQueue) Receive(ctx context.Context, destination string, most int) ([]queue.Lease, error) {
	for {
		q.mu.Lock()
		if err := q.fail; err != nil {
			q.fail = nil
			q.mu.Unlock()
			return nil, err
		}
		leases, next := q.due(destination, most)
		wake := q.wake
		q.mu.Unlock()
		if len(leases) > 0 {
			return leases, nil
		}
		var timer <-chan time.Time
		if !next.IsZero() {
			timer = time.After(time.Until(next))
		}
		select {
		case <-wake:
		case <-timer:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (q *memoryQueue) due(destination string, most int) (leases []queue.Lease, next time.Time) {
	busy := map[string]bool{}
	for _, it := range q.items {
		if it.Destination != destination || it.State.Ended() || len(leases) == most {
			continue
		}
		free := it.Key == "" || !busy[it.Key]
		busy[it.Key] = true
		switch {
		case !free || it.leased:
		case it.Due.After(time.Now()):
			if next.IsZero() || it.Due.Before(next) {
				next = it.Due
			}
		default:
			it.leased = true
			if !it.First.IsZero() {
				it.Tried = time.Since(it.First)
			}
			leases = append(leases, &memoryLease{q, it, it.Delivery})
		}
	}
	return leases, next
}

func (q *memoryQueue) Enqueue(context.Context, ...queue.Entry) ([]queue.Receipt, error) {
	panic("unused")
}
func (q *memoryQueue) SetAside(context.Context, queue.Rejected) (string, error) { panic("unused") }
func (q *memoryQueue) Close(context.Context) error                              { return nil }

// counts says how many deliveries of a destination are in each state, and how many are leased.
func (q *memoryQueue) counts(destination string) (states map[queue.State]int, leased int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	states = map[queue.State]int{}
	for _, it := range q.items {
		if it.Destination == destination {
			states[it.State]++
			if it.leased {
				leased++
			}
		}
	}
	return states, leased
}

type memoryLease struct {
	q  *memoryQueue
	it *item
	d  queue.Delivery
}

func (l *memoryLease) Delivery() *queue.Delivery { return &l.d }

func (l *memoryLease) Done(_ context.Context, s queue.State, a queue.Attempt) error {
	return l.end(a, func() { l.it.State, l.it.Ended, l.it.Reason = s, time.Now(), a.Error })
}

func (l *memoryLease) Retry(_ context.Context, at time.Time, memo []byte, a queue.Attempt) error {
	return l.end(a, func() { l.it.Due, l.it.Memo, l.it.gaps = at, memo, append(l.it.gaps, time.Now()) })
}

func (l *memoryLease) end(a queue.Attempt, f func()) (err error) {
	l.q.change(func() {
		if !l.it.leased {
			err = queue.ErrEnded
			return
		}
		l.it.leased = false
		l.it.tries = append(l.it.tries, a)
		l.it.Attempts++
		if a.Spared {
			l.it.Spared++
		}
		if l.it.First.IsZero() {
			l.it.First = a.Started
		}
		f()
	})
	return err
}

func (l *memoryLease) Release(at time.Time) {
	l.q.change(func() { l.it.leased, l.it.Due, l.it.backs = false, at, l.it.backs+1 })
}
