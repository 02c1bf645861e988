// Package notice makes events of what happens to the gateway itself, so that people can have it sent to them by the routes
// and plugins that they have: a dead letter to the chat, a failing destination to whoever is on call.
//
//	dispatch: dead letter, breaker ─┐
//	                                ├─► Tell, Disabled ─► folded, once a second ─► routes ─► queue: one commit
//	endpoints: disabled ────────────┘
//
// They are CloudEvents of the source "plugboard" and go the way of all others: stored, routed, delivered, retried, replayed.
//
//	plugboard.delivery.dead           data: destination, route, reason, status, attempts, event, delivery; count, deliveries, since
//	plugboard.destination.failing     data: destination, reason; its breaker has opened
//	plugboard.destination.recovered   data: destination; it answers again
//	plugboard.endpoint.disabled       data: endpoint, destination, reason
//
// They must not become a flood or a loop. What happens again within a second (to the same destination, with the same route,
// type and source) is folded into one event, whose data.count says how often and whose data.deliveries names the first
// twenty; so a destination that kills 100,000 deliveries makes one event a second. What becomes of a delivery of such an
// event is never told, and an event about a destination is not sent to that destination. A dead letter for which no route
// asks leaves no event: it is in the list of dead letters anyhow. The other three are seldom, and always stored.
//
// What was told less than a second before the process is killed may be missing; what it was about is in the queue.
package notice

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/route"
	"github.com/plugboard/plugboard/queue"
)

const (
	pause = time.Second // between two commits of own events
	keys  = 256         // different things waiting to be told; more of them are told less exactly
	named = 20          // deliveries that an event names
)

// Store is the part of a queue.Queue that is used.
type Store interface {
	Enqueue(ctx context.Context, entries ...queue.Entry) ([]queue.Receipt, error)
}

// Options make a Notifier. Store and Routes are needed.
type Options struct {
	Store   Store
	Routes  func() *route.Table // those in force
	Metrics *metrics.Set        // nil: nothing is counted
	Feed    *feed.Hub           // nil: nobody watches
	Log     *slog.Logger        // nil: nowhere
	Now     func() time.Time    // nil: time.Now
}

// Notifier turns happenings into events. It is safe for concurrent use, and nobody who tells it something waits.
type Notifier struct {
	opts Options

	mu      sync.Mutex
	waiting map[key]*happening
	running bool // the goroutine that tells is there
	closing chan struct{}
	closed  bool
	work    sync.WaitGroup
}

// key says which happenings are folded into one event.
type key struct{ kind, about, route, eventType, source string }

// happening is what one event will tell.
type happening struct {
	key
	reason      string // the last one
	first, last time.Time
	count       int
	delivery    *queue.Delivery // the first one
	attempt     queue.Attempt   // of it
	deliveries  []string
	destination string
}

// New makes a Notifier.
func New(o Options) *Notifier {
	if o.Feed == nil {
		o.Feed = &feed.Hub{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Metrics == nil {
		o.Metrics = metrics.New(nil)
	}
	return &Notifier{opts: o, waiting: map[key]*happening{}, closing: make(chan struct{})}
}

// Tell takes what dispatch tells. What does not become an event of its own is passed over: that a destination wants nothing
// more is told when an endpoint is disabled for it (Disabled).
func (n *Notifier) Tell(h dispatch.Happening) {
	own := h.Delivery != nil && h.Delivery.Event.Source == event.Own
	switch h.Kind {
	case dispatch.Dead:
		if own || h.Delivery == nil {
			return
		}
		e := &h.Delivery.Event
		n.happened(&happening{key: key{event.DeliveryDead, h.Destination, h.Delivery.Route, e.Type, e.Source}, reason: h.Reason,
			first: h.Time, delivery: h.Delivery, attempt: h.Attempt, destination: h.Destination})
	case dispatch.BreakerOpened:
		n.happened(&happening{key: key{kind: event.DestinationFailing, about: h.Destination}, reason: h.Reason, first: h.Time, destination: h.Destination})
	case dispatch.BreakerClosed:
		n.happened(&happening{key: key{kind: event.DestinationRecovered, about: h.Destination}, reason: h.Reason, first: h.Time, destination: h.Destination})
	case dispatch.Disabled:
	}
}

// Disabled tells that an endpoint was disabled, and why. Call it once for each time that happens, when it is stored.
func (n *Notifier) Disabled(endpoint, why string) {
	n.happened(&happening{key: key{kind: event.EndpointDisabled, about: endpoint}, reason: why, first: n.opts.Now(), destination: endpoint})
}

// happened folds a happening into what waits to be told.
func (n *Notifier) happened(h *happening) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	if n.waiting[h.key] == nil && len(n.waiting) >= keys {
		h.key = key{kind: h.kind, about: h.about}
	}
	was := n.waiting[h.key]
	if was == nil {
		was = h
		n.waiting[h.key] = h
	}
	was.count++
	was.last, was.reason = h.first, h.reason
	if h.delivery != nil && len(was.deliveries) < named {
		was.deliveries = append(was.deliveries, h.delivery.ID)
	}
	if !n.running {
		n.running = true
		n.work.Go(n.run)
	}
}

// run tells what waits, and again a second later what came meanwhile, until nothing does.
func (n *Notifier) run() {
	for {
		n.mu.Lock()
		told := n.waiting
		n.waiting = map[key]*happening{}
		if len(told) == 0 {
			n.running = false
			n.mu.Unlock()
			return
		}
		n.mu.Unlock()
		n.tell(told)
		select {
		case <-time.After(pause):
		case <-n.closing:
		}
	}
}

// Close tells what waits still, and takes nothing more.
func (n *Notifier) Close(ctx context.Context) error {
	n.mu.Lock()
	if !n.closed {
		n.closed = true
		close(n.closing)
	}
	n.mu.Unlock()
	done := make(chan struct{})
	go func() {
		n.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
