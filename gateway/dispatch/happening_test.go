package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/queue"
)

// heard collects what is told.
type heard struct {
	mu   sync.Mutex
	said []string
}

func (h *heard) tell(e dispatch.Happening) {
	h.mu.Lock()
	defer h.mu.Unlock()
	with := "nothing"
	if e.Delivery != nil {
		with = e.Delivery.ID
	}
	h.said = append(h.said, fmt.Sprintf("%s of %s with %s: %s", e.Kind, e.Destination, with, e.Reason))
}

func (h *heard) check(t *testing.T, want ...string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if got := strings.Join(h.said, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("told\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// The breaker is told of once when it opens, however many probes fail, and once when it closes.
func TestTellsOfTheBreaker(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, h := newMemoryQueue(), &heard{}
		var code atomic.Int32
		code.Store(503)
		r := &receiver{takes: time.Millisecond, outcome: func(*queue.Delivery) deliver.Result {
			r := status(int(code.Load()))
			r.Reason = fmt.Sprint("answered ", code.Load())
			return r
		}}
		make := func(version string) dispatch.Lane {
			l := lane(t, "crm", r)
			l.Concurrency, l.Version, l.Policy = 1, version, policy(t, config.Retry{Every: 24 * time.Hour, For: 1000 * time.Hour})
			return l
		}
		d := start(t, dispatch.Options{Queue: q, Tell: h.tell}, make("1"))
		q.add("crm", 100)
		pass(time.Minute)
		h.check(t, "breaker opened of crm with ev-10/crm: answered 503")
		code.Store(200)
		pass(2 * time.Minute)
		opened := h.said[0]
		h.check(t, opened, "breaker closed of crm with ev-14/crm: it answered")

		code.Store(503)
		q.add("crm", 20)
		pass(time.Minute)
		if err := d.Swap(make("2")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		h.check(t, opened, h.said[1], "breaker opened of crm with ev-110/crm: answered 503", "breaker closed of crm with nothing: the destination was configured anew")
	})
}

// Who listens may take for ever: no lane waits, what is kept for it is bounded, and nothing but dead letters is left out.
func TestTellingHoldsUpNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, h, gate := newMemoryQueue(), &heard{}, make(chan struct{})
		l := lane(t, "crm", &receiver{takes: time.Millisecond, outcome: func(d *queue.Delivery) deliver.Result {
			if d.ID == "ev-3000/crm" {
				return deliver.Result{Class: deliver.Disable, Reason: "gone", Attempt: queue.Attempt{Status: 410}}
			}
			return status(404)
		}})
		d := start(t, dispatch.Options{Queue: q, Tell: func(e dispatch.Happening) {
			<-gate
			if e.Delivery.Event.Body != nil {
				t.Error("holds the event's body")
			}
			h.tell(e)
		}}, l)
		q.add("crm", 3000)
		pass(time.Minute)
		if states, _ := q.counts("crm"); states[queue.Dead] != 3000 {
			t.Fatalf("%v while nobody takes what is told, want all ended", states)
		}
		late, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := d.Close(late); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("closed with %v though not all was told", err)
		}
		close(gate)
		synctest.Wait()
		if n := len(h.said); n != 1+1024+1 || h.said[n-1] != "disabled of crm with ev-3000/crm: gone" {
			t.Errorf("%d told, the last one %q", n, h.said[n-1])
		}
	})
}
