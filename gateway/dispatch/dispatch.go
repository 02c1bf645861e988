// Package dispatch carries deliveries from the queue to their destinations. Each destination has a lane of its own: a
// goroutine that receives from its line in the queue, up to Concurrency attempts in flight, and a gate that closes when
// the destination keeps failing. Nothing is shared between lanes but the queue, so a destination that hangs or fails
// delays no other.
//
//	          ┌──────────────── gate (breaker, slow down) ◄────────────────┐
//	          ▼                                                            │ outcome
//	Queue.Receive ──► lease ──► Attempt ──► settle ──► Done or Retry ──────┘
//	                                          └─► one log line, counters, notes
//
// A delivery that waits, for its time or behind a closed gate, waits in the queue and costs nothing here.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/queue"
)

// Attempter makes one attempt; *deliver.Destination is one.
type Attempter interface {
	// Attempt always comes to a Result. When ctx ends it returns soon.
	Attempt(ctx context.Context, q *queue.Delivery) deliver.Result
}

// Lane is how deliveries to one destination are made.
type Lane struct {
	Destination string
	// Version names the configuration that the lane was built from. At a Swap a lane of the same version goes on as it
	// is; an empty version is never the same.
	Version     string
	Attempter   Attempter
	Policy      retry.Policy
	Concurrency int         // attempts in flight; at least 1
	Rate        config.Rate // requests; the zero Rate: no limit
	SlowDown    bool        // heeds what answers say of the receiver's limits
	Close       func()      // called once nothing uses Attempter any more; may be nil
}

// Options make a Dispatcher. Queue is needed, the rest may be left out.
type Options struct {
	Queue   queue.Queue
	Metrics *metrics.Set
	Feed    *feed.Hub
	Log     *slog.Logger
	Retry   retry.Options
	Now     func() time.Time // the wall clock, by which attempts are planned; nil: time.Now
	// Tell is told what happened, one after the other, from a goroutine of the Dispatcher: it may take its time, and no lane
	// waits for it. Close waits until it was told everything.
	Tell func(Happening)
}

// Dispatcher runs the lanes. It is safe for concurrent use.
type Dispatcher struct {
	opts    Options
	teller  teller
	attempt context.Context // of all attempts; ended by Close when its patience is over
	abort   context.CancelFunc
	settle  context.Context // of storing what became of them; ended a while after Close began
	unstore context.CancelFunc

	mu     sync.Mutex
	lanes  map[string]*lane // those that run
	last   map[string]*lane // the latest of each destination, stopped ones included
	held   map[string]bool  // by an operator
	all    sync.WaitGroup   // lanes that run, replaced ones included
	closed bool
}

// ErrClosed is returned by Swap after Close.
var ErrClosed = errors.New("dispatch: closed")

// New makes a Dispatcher without lanes.
func New(o Options) *Dispatcher {
	if o.Metrics == nil {
		o.Metrics = metrics.New(nil)
	}
	if o.Feed == nil {
		o.Feed = &feed.Hub{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Dispatcher{opts: o, lanes: make(map[string]*lane), last: make(map[string]*lane), held: map[string]bool{}}
	d.teller.tell, d.teller.log = o.Tell, o.Log
	d.attempt, d.abort = context.WithCancel(context.Background())
	d.settle, d.unstore = context.WithCancel(context.Background())
	return d
}

// Swap makes the given lanes the ones that run and returns at once. A lane that is no longer given ends, and its
// deliveries stay pending; one whose version changed ends what it has in flight before its successor starts. Of a lane
// whose version has not changed the running one is kept and the given one closed.
func (d *Dispatcher) Swap(lanes ...Lane) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	d.swap(make(map[string]*lane, len(lanes)), lanes)
	return nil
}

// Change is a Swap of some lanes alone: those that are given take the place of those of their destinations, those of the
// destinations that are gone end, and all others go on untouched.
func (d *Dispatcher) Change(given []Lane, gone ...string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	next := maps.Clone(d.lanes)
	for _, destination := range gone {
		delete(next, destination)
	}
	d.swap(next, given)
	return nil
}

// swap makes next, and what is given over it, the lanes that run.
func (d *Dispatcher) swap(next map[string]*lane, given []Lane) {
	for _, l := range given {
		old := d.lanes[l.Destination]
		if old != nil && l.Version != "" && old.Version == l.Version {
			next[l.Destination] = old
			l.close()
			continue
		}
		next[l.Destination] = newLane(d, l)
	}
	for name, old := range d.lanes {
		if next[name] != old {
			old.stop()
		}
	}
	for name, l := range next {
		if d.lanes[name] != l {
			d.start(l)
		}
	}
	d.lanes = next
}

// start runs a lane as soon as the one before it for the same destination has ended.
func (d *Dispatcher) start(l *lane) {
	before := d.last[l.Destination]
	d.last[l.Destination] = l
	l.gate.hold(d.held[l.Destination])
	d.all.Go(func() {
		if before != nil {
			<-before.done
			l.gate.inherit(before.gate)
		}
		l.run()
	})
}

// Close stops receiving and waits for the attempts in flight. When ctx ends first, they are interrupted and given back
// to the queue as if they had not been made.
func (d *Dispatcher) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	for _, l := range d.lanes {
		l.stop()
	}
	d.mu.Unlock()
	defer context.AfterFunc(ctx, d.abort)()
	defer time.AfterFunc(settleTimeout, d.unstore).Stop()
	d.all.Wait()
	d.abort()
	d.unstore()
	told := make(chan struct{})
	go func() { d.teller.work.Wait(); close(told) }()
	select {
	case <-told:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("dispatch: not all that happened was told: %w", ctx.Err())
	}
}

// Hold makes no further attempts at a destination until it is let go: its deliveries wait in the queue. What is in flight
// goes on. A destination that has no lane is held when it gets one.
func (d *Dispatcher) Hold(destination string, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held[destination] = on; !on {
		delete(d.held, destination)
	}
	if l := d.lanes[destination]; l != nil {
		l.gate.hold(on)
	}
}

// Destinations are those that have a lane, in no order.
func (d *Dispatcher) Destinations() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.lanes))
}

// Standing is how a destination does.
type Standing struct {
	Failing    bool      // its breaker is open: it gets one attempt at a time, as a probe
	QuietUntil time.Time // nothing is asked of it until then; zero: it is not left alone
}

// Look tells how a destination does; the zero Standing when it has no lane.
func (d *Dispatcher) Look(destination string) Standing {
	d.mu.Lock()
	l := d.lanes[destination]
	d.mu.Unlock()
	if l == nil {
		return Standing{}
	}
	return l.gate.look()
}

func (d *Dispatcher) ending() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

func (l Lane) close() {
	if l.Close != nil {
		l.Close()
	}
}
