package dispatch_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/queue"
)

func TestBreaker(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, reg := newMemoryQueue(), prometheus.NewRegistry()
		var broken atomic.Bool
		broken.Store(true)
		r := &receiver{takes: time.Millisecond, outcome: func(*queue.Delivery) deliver.Result {
			if broken.Load() {
				return status(503)
			}
			return status(200)
		}}
		l := lane(t, "crm", r)
		l.Concurrency = 1
		start(t, dispatch.Options{Queue: q, Metrics: metrics.New(reg)}, l)
		gauge := func() float64 { return value(t, reg, "plugboard_breaker_open", "") }
		q.add("crm", 200)
		pass(4 * time.Second)
		if r.attempts() != 10 || gauge() != 1 {
			t.Errorf("%d attempts, gauge %v; want the breaker after 10", r.attempts(), gauge())
		}
		pass(10 * time.Minute) // one probe each after 5, 10, 20, 40, 80, 160, 300 s
		if n := r.attempts(); n != 16 {
			t.Errorf("%d attempts, want 16", n)
		}
		for _, it := range q.items[20:] {
			if len(it.tries) > 0 {
				t.Errorf("%s spent %d attempts behind the breaker", it.ID, len(it.tries))
			}
		}
		broken.Store(false)
		pass(time.Hour) // those that failed three times come back after half of it
		if states, _ := q.counts("crm"); states[queue.Delivered] != 200 || gauge() != 0 {
			t.Errorf("%v, gauge %v; want all delivered", states, gauge())
		}
	})
}

// A destination that has come back gets a probe, then twice as many attempts with each round of answers; failures on the
// way halve them and do not close the gate.
func TestOpensByDegrees(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newMemoryQueue()
		code := 503
		r := &receiver{takes: time.Second, outcome: func(*queue.Delivery) deliver.Result { return status(code) }}
		l := lane(t, "crm", r)
		l.Concurrency = 16
		l.Policy = policy(t, config.Retry{Every: time.Hour})
		start(t, dispatch.Options{Queue: q}, l)
		q.add("crm", 10)
		pass(1500 * time.Millisecond) // the ten have failed at 1 s; a probe comes at 6 s
		q.add("crm", 500)
		code = 200
		pass(4 * time.Second)
		before := r.attempts()
		for second, want := range []int{1, 2, 4, 8, 16, 16} {
			pass(time.Second)
			if got := r.attempts() - before; got != want {
				t.Errorf("%d attempts in second %d after the pause, want %d", got, second+1, want)
			}
			before = r.attempts()
		}
	})
}

func TestOpensByDegreesAfterFailures(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newMemoryQueue()
		var answers int
		var mu sync.Mutex
		r := &receiver{takes: time.Second, outcome: func(*queue.Delivery) deliver.Result {
			mu.Lock()
			defer mu.Unlock()
			if answers++; answers <= 10 || answers > 13 && answers <= 17 { // the four of the third round
				return status(503)
			}
			return status(200)
		}}
		l := lane(t, "crm", r)
		l.Concurrency = 16
		l.Policy = policy(t, config.Retry{Every: time.Hour})
		start(t, dispatch.Options{Queue: q}, l)
		q.add("crm", 10)
		pass(1500 * time.Millisecond)
		q.add("crm", 500)
		pass(4 * time.Second)
		before := r.attempts()
		for second, want := range []int{1, 2, 4, 1, 2, 4, 8, 16} {
			pass(time.Second)
			if got := r.attempts() - before; got != want {
				t.Errorf("%d attempts in second %d after the pause, want %d", got, second+1, want)
			}
			before = r.attempts()
		}
	})
}

// Leases that were being awaited when the breaker opened are given back unspent.
func TestBreakerReleases(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{takes: time.Second, outcome: func(*queue.Delivery) deliver.Result { return status(503) }}
		l := lane(t, "crm", r)
		l.Concurrency = 20
		start(t, dispatch.Options{Queue: q}, l)
		q.add("crm", 10)
		pass(1500 * time.Millisecond) // the ten have failed; the lane waits in Receive with the slots it had
		q.add("crm", 5)
		pass(time.Second)
		if r.attempts() != 10 {
			t.Errorf("%d attempts, want 10", r.attempts())
		}
		for _, it := range q.items[10:] {
			if it.backs != 1 || it.Attempts != 0 {
				t.Errorf("%s: given back %d times, %d attempts", it.ID, it.backs, it.Attempts)
			}
		}
	})
}

// Leases that come after the pause, to a lane that was waiting for them since before, are not all probes.
func TestOneProbeAtATime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{takes: time.Second, outcome: func(*queue.Delivery) deliver.Result { return status(503) }}
		l := lane(t, "crm", r)
		l.Concurrency = 20
		l.Policy = policy(t, config.Retry{Every: time.Hour})
		start(t, dispatch.Options{Queue: q}, l)
		q.add("crm", 10)
		pass(10 * time.Second)
		r.most = 0
		q.add("crm", 5)
		pass(2 * time.Minute)
		if r.attempts() < 12 || r.most > 1 {
			t.Errorf("%d attempts, %d at a time; want single probes", r.attempts(), r.most)
		}
	})
}

// Only failures in a row count.
func TestFailuresBetweenAnswers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, n := newMemoryQueue(), 0
		r := &receiver{outcome: func(*queue.Delivery) deliver.Result {
			if n++; n%10 == 0 {
				return status(404)
			}
			return status(503)
		}}
		l := lane(t, "crm", r)
		l.Concurrency = 1
		start(t, dispatch.Options{Queue: q}, l)
		q.add("crm", 100)
		pass(time.Second)
		if r.attempts() != 100 {
			t.Errorf("%d attempts, want 100", r.attempts())
		}
	})
}

func TestOtherOutcomesKeepTheBreakerOpenedOrClosed(t *testing.T) {
	for name, tt := range map[string]struct {
		out  deliver.Result
		want int
	}{
		"refusals are answers":   {status(404), 30},
		"dropped says nothing":   {deliver.Result{Class: deliver.Dropped}, 30},
		"busy is no fault of it": {deliver.Result{Class: deliver.Retry, Attempt: queue.Attempt{Status: 429}}, 30},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				q, r := newMemoryQueue(), &receiver{outcome: func(*queue.Delivery) deliver.Result { return tt.out }}
				start(t, dispatch.Options{Queue: q}, lane(t, "crm", r))
				q.add("crm", 30)
				pass(time.Second)
				if r.attempts() != tt.want {
					t.Errorf("%d attempts, want %d", r.attempts(), tt.want)
				}
			})
		})
	}
}

func TestSlowDown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newMemoryQueue()
		r := &receiver{outcome: func(*queue.Delivery) deliver.Result {
			out := status(200)
			out.SlowDown = 30 * time.Second
			return out
		}}
		l := lane(t, "crm", r)
		l.Concurrency = 1
		start(t, dispatch.Options{Queue: q}, l)
		q.add("crm", 3)
		pass(time.Minute - time.Millisecond)
		if r.attempts() != 2 {
			t.Errorf("%d attempts within a minute, want 2", r.attempts())
		}
	})
}
