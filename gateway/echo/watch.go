package echo

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Watch tells which events of one source are echoes. It is safe for concurrent use.
type Watch struct {
	window time.Duration
	of     *group
	count  *atomic.Int64
}

// Taken is an effect that an event answers for. Exactly one of Stored and Return follows.
type Taken struct {
	*Expected
	w *Watch
	l *expectations
}

// Active says whether there is any destination that the source reports from. On nil it is false.
func (w *Watch) Active() bool { return w != nil && len(w.of.all()) > 0 }

// Take says whether what an event reports is what a delivery was about to cause, and takes the oldest such one. The write
// belongs into the commit of the event.
func (w *Watch) Take(e Effect) (*Taken, queue.StateWrite, bool) {
	lines := w.of.all()
	if len(lines) == 0 {
		return nil, queue.StateWrite{}, false
	}
	h := hashOf(e)
	for _, l := range lines {
		if x := l.take(h, w.window); x != nil {
			return &Taken{x, w, l}, l.forget(x), true
		}
	}
	return nil, queue.StateWrite{}, false
}

func (l *expectations) take(h hash, window time.Duration) *Expected {
	now := l.g.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire(now)
	l.recall(h, window)
	for _, x := range l.waiting[h] {
		if now.Sub(x.At) < window {
			l.remove(x)
			return x
		}
	}
	return nil
}

// Stored says that the event is stored.
func (t *Taken) Stored() { t.w.count.Add(1) }

// Return gives the effect back: the event was a repeat, or could not be stored, and will come again.
func (t *Taken) Return() {
	t.l.mu.Lock()
	defer t.l.mu.Unlock()
	t.l.put(t.Expected)
}

// Reason is why the event's deliveries are dropped.
func (t *Taken) Reason(now time.Time) string {
	return fmt.Sprintf("echo of delivery %s, made %v before", t.Delivery, max(now.Sub(t.At), 0).Round(10*time.Millisecond))
}
