package isolation_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/queue"
)

const (
	good        = 98 // destinations that work, beside one that hangs and one that fails
	concurrency = 4
)

// hundred is a gateway with 98 destinations that work and, unless they are left out, one that never answers and one that
// answers 500.
type hundred struct {
	*rig
	works, hangs, fails *receiver
}

func startHundred(t testing.TB, two bool, plant func(*dispatch.Lane)) *hundred {
	h := &hundred{works: receive(t, false, nil), hangs: receive(t, true, nil), fails: receive(t, false, nil)}
	h.fails.status.Store(http.StatusInternalServerError)
	never := `retry = { every = "1h" }` + "\ntimeout = \"10m\"\n"
	var names, tables []string
	if two { // first in the route, so that they are first in every commit
		names = append(names, "hangs", "fails")
		tables = append(tables, destination("hangs", h.hangs.URL, concurrency, never), destination("fails", h.fails.URL, concurrency, never))
	}
	for i := range good {
		name := fmt.Sprintf("good-%02d", i)
		names = append(names, name)
		tables = append(tables, destination(name, h.works.URL, concurrency, ""))
	}
	h.rig = start(t, plant, names, tables...)
	t.Cleanup(h.hangs.release) // before the gateway is stopped, which would wait for it
	return h
}

// check sends events and names what of the isolation does not hold. It goes by what was attempted and what ended, while
// the hanging destination hangs; limit only bounds the wait for what should come.
func (h *hundred) check(t testing.TB, events int, limit time.Duration) (wrong []string) {
	h.send(t, 0, events)
	delivered, others := 0, 0
	h.await(limit, func(n feed.Note) bool {
		if n.Kind == feed.Ended {
			if n.Result == queue.Delivered.String() {
				delivered++
			} else {
				others++
			}
		}
		return delivered == good*events
	})
	if delivered != good*events {
		wrong = append(wrong, fmt.Sprintf("%d of %d deliveries to the destinations that work have ended", delivered, good*events))
	}
	if others > 0 {
		wrong = append(wrong, fmt.Sprintf("%d deliveries ended, and not as delivered", others))
	}
	if n := h.hangs.hits.Load(); n == 0 || n > concurrency {
		wrong = append(wrong, fmt.Sprintf("%d requests hang, want some, at most the destination's own %d", n, concurrency))
	}
	for _, name := range []string{"hangs", "fails"} {
		if n := len(h.pending(t, name)); n != events {
			wrong = append(wrong, fmt.Sprintf("%s: %d deliveries are pending, want all %d", name, n, events))
		}
	}
	return wrong
}

// TestOthersDeliverWhileTwoDoNot has a hundred destinations of which one hangs and one fails: everything for the other
// 98 is delivered while those two still hang and fail, and nothing for those two is given up.
func TestOthersDeliverWhileTwoDoNot(t *testing.T) {
	h := startHundred(t, true, nil)
	for _, w := range h.check(t, 40, patience) {
		t.Error(w)
	}
}

// shared is the planted fault: all destinations draw on one pool of workers.
type shared struct {
	dispatch.Attempter
	pool chan struct{}
}

func (s shared) Attempt(ctx context.Context, q *queue.Delivery) deliver.Result {
	select {
	case s.pool <- struct{}{}:
		defer func() { <-s.pool }()
	case <-ctx.Done():
	}
	return s.Attempter.Attempt(ctx, q)
}

// TestASharedPoolIsFound is the control: with a pool for all that the hanging destination can fill, the same check must
// name deliveries that do not end.
func TestASharedPoolIsFound(t *testing.T) {
	pool := make(chan struct{}, concurrency)
	h := startHundred(t, true, func(l *dispatch.Lane) { l.Attempter = shared{l.Attempter, pool} })
	if wrong := h.check(t, 40, 2*time.Second); len(wrong) == 0 {
		t.Error("a pool of workers that all destinations share was not found")
	}
}
