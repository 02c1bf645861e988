package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
	"github.com/plugboard/plugboard/queue/queuetest"
)

const (
	year  = 365 * 24 * time.Hour
	every = 30 * time.Second // between attempts
	upTo  = 4 * every        // from the first attempt to the last
)

// moody is an Attempter that turns each delivery away at its first attempt and then takes it, but for those of the source
// "never", which it never takes.
type moody struct {
	clock *queuetest.WallClock

	mu       sync.Mutex
	attempts map[string][]time.Time // by delivery, on a clock that nobody sets
}

func (m *moody) Attempt(_ context.Context, q *queue.Delivery) deliver.Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.attempts[q.ID] = append(m.attempts[q.ID], time.Now())
	r := deliver.Result{Class: deliver.Retry, Reason: "not now", Attempt: queue.Attempt{Status: 429}}
	if len(m.attempts[q.ID]) > 1 && q.Event.Source != "never" {
		r = status(200)
	}
	r = result(r, q, time.Now())
	r.Attempt.Started = m.clock.Now()
	return r
}

// wall is a site whose clock is set.
type wall struct {
	*testing.T
	dir    string
	clock  queuetest.WallClock
	moody  moody
	plant  func(queue.Queue) queue.Queue
	queue  *badgerqueue.Queue
	lanes  *dispatch.Dispatcher
	behind time.Duration // how far the queue's wall clock is behind that of the lanes
}

func (w *wall) open() {
	w.Helper()
	var err error
	w.queue, err = badgerqueue.Open(w.Context(), badgerqueue.Options{Dir: w.dir, MinFree: -1, MemTable: 4 << 20, Cache: 4 << 20,
		Now: func() time.Time { return w.clock.Now().Add(-w.behind) }})
	if err != nil {
		w.Fatal(err)
	}
	var q queue.Queue = w.queue
	if w.plant != nil {
		q = w.plant(q)
	}
	w.lanes = dispatch.New(dispatch.Options{Queue: q, Retry: exact, Now: w.clock.Now})
	l := lane(w, "crm", &w.moody)
	l.Policy = policy(w, config.Retry{Every: every, For: upTo})
	if err := w.lanes.Swap(l); err != nil {
		w.Fatal(err)
	}
}

func (w *wall) close() {
	w.Helper()
	if err := w.lanes.Close(w.Context()); err != nil {
		w.Error(err)
	}
	if err := w.queue.Close(context.WithoutCancel(w.Context())); err != nil {
		w.Error(err)
	}
}

// play has deliveries wait for their retry, sets the clock, and names what is stuck, came too often or too early, or was
// given up too soon or too late.
func (w *wall) play(step time.Duration, restart bool) (wrong []string) {
	w.Helper()
	w.moody = moody{clock: &w.clock, attempts: map[string][]time.Time{}}
	w.open()
	list := entries(10, "crm") // five keys: two in turn
	list[4].Event.Source, list[4].Owed[0].Key = "never", "its own"
	if _, err := w.queue.Enqueue(w.Context(), list...); err != nil {
		w.Fatal(err)
	}
	pass(time.Second)
	if restart {
		w.close()
	}
	w.clock.Set(step)
	if restart {
		w.open()
	}
	pass(2 * upTo)
	w.close()
	w.moody.mu.Lock()
	defer w.moody.mu.Unlock()
	for _, e := range list {
		id := e.Event.ID + "/crm"
		want := 2
		if e.Event.Source == "never" {
			want = 1 + int(upTo/every)
		}
		wrong = append(wrong, compare(id, w.moody.attempts[id], want, restart && step > 0)...)
	}
	return wrong
}

// compare says what is wrong with a delivery's attempts. passed says that time may seem to have passed between the first
// and the second: then the second comes early, and there may be fewer.
func compare(id string, attempts []time.Time, want int, passed bool) (wrong []string) {
	least := want
	if passed {
		least = 2
	}
	if n := len(attempts); n > want || n < least {
		wrong = append(wrong, fmt.Sprintf("%s: %d attempts, want %d", id, n, want))
	}
	for i := 1; i < len(attempts); i++ {
		wait := attempts[i].Sub(attempts[i-1])
		early := wait < every-time.Second && (i > 1 || !passed)
		if early || wait > every+time.Second {
			wrong = append(wrong, fmt.Sprintf("%s: attempt %d came after %v, want %v", id, i+1, wait, every))
		}
	}
	return wrong
}

// eachStep runs a function for each way to set a clock.
func eachStep(t *testing.T, run func(w *wall, step time.Duration, restart bool)) {
	for _, step := range []time.Duration{time.Hour, -time.Hour, year, -year} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v restart=%v", step, restart), func(t *testing.T) {
				dir := t.TempDir()
				bubble(t, func(t *testing.T) { run(&wall{T: t, dir: dir}, step, restart) })
			})
		}
	}
}

// TestClockIsSet sets the clock of queue and lanes while deliveries wait for their retry, while the gateway runs and
// while it is down. However far it goes, each is attempted exactly as often as its policy says, and at its time.
func TestClockIsSet(t *testing.T) {
	eachStep(t, func(w *wall, step time.Duration, restart bool) {
		for _, wrong := range w.play(step, restart) {
			w.Error(wrong)
		}
	})
}

// TestClockIsSetControl plants policies that go by the wall clock: they give up too soon or too late.
func TestClockIsSetControl(t *testing.T) {
	eachStep(t, func(w *wall, step time.Duration, restart bool) {
		w.plant = func(q queue.Queue) queue.Queue { return wallQueue{q, &w.clock} }
		wrong := strings.Join(w.play(step, restart), "; ")
		mayHavePassed := restart && step > 0
		if !strings.Contains(wrong, "attempts, want") && !mayHavePassed {
			w.Errorf("a policy that goes by the wall clock was not found: %s", wrong)
		}
	})
}

// wallQueue tells lanes how long attempts have been made by the wall clock.
type wallQueue struct {
	queue.Queue
	clock *queuetest.WallClock
}

func (q wallQueue) Receive(ctx context.Context, destination string, most int) ([]queue.Lease, error) {
	leases, err := q.Queue.Receive(ctx, destination, most)
	for _, l := range leases {
		if d := l.Delivery(); !d.First.IsZero() {
			d.Tried = q.clock.Now().Sub(d.First)
		}
	}
	return leases, err
}

// TestAStuckLaneIsFound is the control for lanes that are stuck: a queue that takes their retries for an hour away.
func TestAStuckLaneIsFound(t *testing.T) {
	dir := t.TempDir()
	bubble(t, func(t *testing.T) {
		w := &wall{T: t, dir: dir, behind: time.Hour}
		if wrong := w.play(0, false); len(wrong) == 0 {
			t.Error("a lane that is stuck for an hour was not found")
		}
	})
}
