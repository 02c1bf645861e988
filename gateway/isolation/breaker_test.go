package isolation_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/queue"
)

// failing is a gateway with one destination, whose receiver answers 500 until it is asked after a second of quiet: as
// only a probe asks.
func failing(t testing.TB, plant func(*dispatch.Lane)) (*rig, *receiver) {
	var last atomic.Int64
	var to *receiver
	to = receive(t, false, func() {
		now := time.Now().UnixNano()
		if before := last.Swap(now); before != 0 && now-before > int64(time.Second) {
			to.status.Store(http.StatusOK)
		}
	})
	to.status.Store(http.StatusInternalServerError)
	return start(t, plant, []string{"crm"}, destination("crm", to.URL, concurrency, `retry = { every = "1s", for = "24h" }`)), to
}

// spent sends deliveries and names what was attempted of them beyond the failures that open the breaker and what was in
// flight when it did. It returns with the first that was delivered, by the probe.
func (r *rig) spent(t testing.TB, events int) (wrong []string) {
	r.send(t, 0, events)
	failed, found := 0, false
	r.await(patience, func(n feed.Note) bool {
		switch {
		case n.Kind == feed.Attempt && n.Status >= 500:
			failed++
		case n.Kind == feed.Attempt:
			found = true
		}
		return found || failed == events
	})
	if most := breakAfter + concurrency - 1; failed > most {
		wrong = append(wrong, fmt.Sprintf("%d attempts failed, want at most %d", failed, most))
	}
	if !found {
		wrong = append(wrong, "no probe found out that the destination works")
	}
	return wrong
}

// TestBreakerSpendsNothing has a destination fail: once its breaker is open the deliveries behind it spend no attempts, a
// single probe finds out that the destination works again, and all is delivered.
func TestBreakerSpendsNothing(t *testing.T) {
	const events = 500
	r, to := failing(t, nil)
	for _, w := range r.spent(t, events) {
		t.Error(w)
	}
	delivered := 0
	if !r.await(patience, func(n feed.Note) bool {
		if n.Kind == feed.Ended && n.Result == queue.Delivered.String() {
			delivered++
		}
		return delivered == events
	}) {
		t.Errorf("%d of %d were delivered after the destination came back", delivered, events)
	}
	if n := to.hits.Load(); n > events+breakAfter+concurrency-1 {
		t.Errorf("the receiver got %d requests for %d deliveries", n, events)
	}
}

// TestNoBreakerIsFound is the control: failures that do not count towards the breaker spend everybody's attempts.
func TestNoBreakerIsFound(t *testing.T) {
	r, _ := failing(t, func(l *dispatch.Lane) { l.Attempter = uncounted{l.Attempter} })
	if wrong := r.spent(t, 500); len(wrong) == 0 {
		t.Error("a destination without a breaker was not found")
	}
}

// uncounted is the planted fault: the breaker does not learn of failures.
type uncounted struct{ dispatch.Attempter }

func (u uncounted) Attempt(ctx context.Context, q *queue.Delivery) deliver.Result {
	r := u.Attempter.Attempt(ctx, q)
	r.Failing = false
	return r
}
