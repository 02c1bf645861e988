package dispatch

import (
	"log/slog"
	"sync"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Kind is what happened.
type Kind string

// The kinds. BreakerOpened means that a destination which keeps failing is left alone but for probes; every one is followed
// by a BreakerClosed, unless the process ends first.
const (
	Dead          Kind = "dead"           // a delivery ended as a dead letter
	BreakerOpened Kind = "breaker opened" // the destination is failing
	BreakerClosed Kind = "breaker closed" // it answers again, or was configured anew
	Disabled      Kind = "disabled"       // it said that nothing more should be sent to it
)

// Happening is something about a destination that others may want to act on. It holds no secret.
type Happening struct {
	Kind        Kind
	Time        time.Time
	Destination string
	Reason      string
	// Delivery is the one it happened with, as it was leased, without the event's Body and Raw; nil for BreakerClosed when
	// no attempt closed it.
	Delivery *queue.Delivery
	Attempt  queue.Attempt // the one it happened with, without Writes
}

// untold is how many dead letters may be waiting to be told of. What happens to a destination is always told: it happens
// seldom.
const untold = 1024

// teller tells of what happened, one after the other, from a goroutine of its own: who listens may take as long as a commit
// takes, and no lane waits for it.
type teller struct {
	tell func(Happening) // nil: nobody listens
	log  *slog.Logger

	mu      sync.Mutex
	waiting []Happening
	running bool // the goroutine is there
	missed  int  // dead letters not told of since the last one that was
	work    sync.WaitGroup
}

// happened hands in what is to be told. It does not wait.
func (t *teller) happened(h Happening) {
	if t.tell == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if h.Kind == Dead && len(t.waiting) >= untold {
		t.missed++
		return
	}
	t.waiting = append(t.waiting, h)
	if !t.running {
		t.running = true
		t.work.Go(t.run)
	}
}

func (t *teller) run() {
	for {
		h, missed, ok := t.next()
		if missed > 0 {
			t.log.Warn("dead letters come faster than they can be told of; they are in the queue all the same", "missed", missed)
		}
		if !ok {
			return
		}
		t.tell(h)
	}
}

func (t *teller) next() (h Happening, missed int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if missed, t.missed = t.missed, 0; len(t.waiting) == 0 {
		t.running, t.waiting = false, nil
		return h, missed, false
	}
	h = t.waiting[0]
	t.waiting = t.waiting[1:]
	return h, missed, true
}

// happens tells of something about this lane's destination. q may be nil.
func (l *lane) happens(kind Kind, reason string, q *queue.Delivery, a queue.Attempt) {
	if l.d.teller.tell == nil {
		return
	}
	h := Happening{Kind: kind, Time: l.d.opts.Now(), Destination: l.Destination, Reason: reason, Attempt: a}
	h.Attempt.Writes = nil
	if q != nil { // the bodies of a thousand of them are not to be held
		d := *q
		d.Event.Body, d.Event.Raw, d.Memo = nil, nil, nil
		h.Delivery = &d
	}
	l.d.teller.happened(h)
}
