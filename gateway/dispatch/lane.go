package dispatch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/queue"
)

// settling is how many ended attempts of a lane may be waiting for the commit of their outcome.
const settling = 256

// workerIdle is how long a goroutine that makes attempts waits for the next one.
const workerIdle = time.Second

// receivePause is the time between two tries when the queue does not give anything out because of an error.
const receivePause = time.Second

// lane carries the deliveries of one destination.
type lane struct {
	Lane
	d       *Dispatcher
	counts  counters
	gate    *gate
	receive context.Context // ended by stop
	stop    context.CancelFunc
	slots   chan struct{} // one token for each attempt that may start
	settles chan struct{} // holds one for each outcome that is being stored
	work    chan leased   // to a worker that has nothing to do
	flight  sync.WaitGroup
	done    chan struct{} // closed when the lane has ended
}

func newLane(d *Dispatcher, l Lane) *lane {
	l.Concurrency = max(l.Concurrency, 1)
	out := &lane{Lane: l, d: d, counts: newCounters(d.opts.Metrics, l.Destination), slots: make(chan struct{}, l.Concurrency),
		settles: make(chan struct{}, settling), work: make(chan leased), done: make(chan struct{})}
	out.gate = newGate(out.counts.breaker, &l)
	out.receive, out.stop = context.WithCancel(d.attempt)
	for range l.Concurrency {
		out.slots <- struct{}{}
	}
	return out
}

// run receives until the lane is stopped, then waits for what is in flight.
func (l *lane) run() {
	defer close(l.done)
	defer l.close()
	defer l.leave()
	defer l.flight.Wait()
	defer l.stop()
	for {
		most, err := l.gate.wait(l.receive)
		if err != nil {
			return
		}
		n := l.take(most)
		if n == 0 {
			return
		}
		leases, err := l.d.opts.Queue.Receive(l.receive, l.Destination, n)
		l.give(n - len(leases))
		l.start(leases)
		if err != nil && !l.again(err) {
			return
		}
	}
}

// leave ends what stood open when the lane ends: the one after it begins with a closed breaker.
func (l *lane) leave() {
	l.counts.breaker.Set(0)
	if l.gate.breaks() && !l.d.ending() {
		l.happens(BreakerClosed, "the destination was configured anew", nil, queue.Attempt{})
	}
}

// take waits for a slot and takes what is free besides, up to most. 0 when the lane is stopped.
func (l *lane) take(most int) int {
	select {
	case <-l.slots:
	case <-l.receive.Done():
		return 0
	}
	for n := 1; ; n++ {
		if n == most {
			return n
		}
		select {
		case <-l.slots:
		default:
			return n
		}
	}
}

func (l *lane) give(n int) {
	for range n {
		l.slots <- struct{}{}
	}
}

// start begins an attempt for each lease, unless the lane was stopped or its gate closed while they were awaited.
func (l *lane) start(leases []queue.Lease) {
	for _, lease := range leases {
		probe, again, ok := l.gate.enter()
		if l.receive.Err() != nil || !ok {
			lease.Release(l.later(again))
			l.give(1)
			continue
		}
		next := leased{lease, probe}
		select {
		case l.work <- next:
		default:
			l.flight.Go(func() { l.worker(next) })
		}
	}
}

// leased is a delivery to be attempted.
type leased struct {
	queue.Lease
	probe bool
}

// worker makes attempts, one after the other, until there has been none for a while: a goroutine of its own for each would
// have its stack grown anew each time.
func (l *lane) worker(next leased) {
	idle := time.NewTimer(workerIdle)
	defer idle.Stop()
	for {
		l.attempt(next.Lease, next.probe)
		idle.Reset(workerIdle)
		select {
		case next = <-l.work:
		case <-idle.C:
			return
		case <-l.receive.Done():
			return
		}
	}
}

// later gives the time after a wait as the queue wants it; zero for none.
func (l *lane) later(wait time.Duration) time.Time {
	if wait <= 0 {
		return time.Time{}
	}
	return l.d.opts.Now().Add(wait)
}

// again says whether it makes sense to go on after an error of the queue, and waits before.
func (l *lane) again(err error) bool {
	if l.receive.Err() != nil || errors.Is(err, queue.ErrClosed) {
		return false
	}
	l.d.opts.Log.Error("queue gives nothing out", "destination", l.Destination, "err", err)
	select {
	case <-time.After(receivePause):
		return true
	case <-l.receive.Done():
		return false
	}
}

// attempt makes one attempt and settles its lease. The next attempt need not wait until the outcome is on disk: the slot
// is free before. An attempt that Close interrupts counts as not made.
func (l *lane) attempt(lease queue.Lease, probe bool) {
	q := lease.Delivery()
	r := l.try(q)
	if r.Class == deliver.Retry && l.d.attempt.Err() != nil {
		lease.Release(time.Time{})
		l.give(1)
		return
	}
	switch l.gate.report(r, probe) {
	case opened:
		l.happens(BreakerOpened, r.Reason, q, r.Attempt)
	case closed:
		l.happens(BreakerClosed, "it answered", q, r.Attempt)
	}
	l.settles <- struct{}{}
	l.give(1)
	defer func() { <-l.settles }()
	s := l.decide(q, r)
	if err := s.settle(l.d.settle, lease); err != nil {
		l.d.opts.Log.Error("outcome of an attempt not stored; it will be delivered again", "event_id", q.Event.ID,
			"destination", l.Destination, "result", r.Attempt.Result, "err", err)
		return
	}
	l.tell(q, s)
	if s.state == queue.Dead {
		l.happens(Dead, s.Reason, q, s.Attempt)
	}
	if r.Class == deliver.Disable {
		l.happens(Disabled, r.Reason, q, s.Attempt)
	}
}

// try keeps a fault in an attempt from ending the process: it costs that attempt.
func (l *lane) try(q *queue.Delivery) (r deliver.Result) {
	started := time.Now()
	defer func() {
		if p := recover(); p != nil {
			l.d.opts.Log.Error("fault in an attempt", "event_id", q.Event.ID, "destination", l.Destination, "stack", string(debug.Stack()))
			why := fmt.Sprintf("internal fault (%T); see the log", p) // the value itself might hold a secret
			r = deliver.Result{Class: deliver.Retry, Reason: why, Attempt: queue.Attempt{Number: q.Attempts + 1,
				Started: started, Duration: time.Since(started), Result: deliver.Retry.String(), Error: why}}
		}
	}()
	return l.Attempter.Attempt(l.d.attempt, q)
}
