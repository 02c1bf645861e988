package dispatch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/queue"
)

// receiver is an Attempter: it takes a while and answers as it is told.
type receiver struct {
	takes   time.Duration
	outcome func(q *queue.Delivery) deliver.Result // nil: delivered

	mu      sync.Mutex
	order   []string
	running int
	most    int
}

func (r *receiver) Attempt(ctx context.Context, q *queue.Delivery) deliver.Result {
	started := time.Now()
	r.mu.Lock()
	r.order = append(r.order, q.Event.ID)
	r.running++
	r.most = max(r.most, r.running)
	r.mu.Unlock()
	defer func() { r.mu.Lock(); r.running--; r.mu.Unlock() }()
	select {
	case <-time.After(r.takes):
	case <-ctx.Done():
		return result(deliver.Result{Class: deliver.Retry, Reason: "interrupted", Failing: true}, q, started)
	}
	if r.outcome == nil {
		return result(status(200), q, started)
	}
	return result(r.outcome(q), q, started)
}

func (r *receiver) attempts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.order)
}

// status is the outcome that a status code has for a destination without a plugin.
func status(code int) deliver.Result {
	r := deliver.Result{Class: deliver.Delivered, Attempt: queue.Attempt{Status: code}}
	if code >= 400 {
		r.Class, r.Reason = deliver.Dead, fmt.Sprint("answered ", code)
	}
	if code >= 500 {
		r.Class, r.Failing = deliver.Retry, true
	}
	return r
}

func result(r deliver.Result, q *queue.Delivery, started time.Time) deliver.Result {
	r.Attempt.Number, r.Attempt.Started, r.Attempt.Duration = q.Attempts+1, started, time.Since(started)
	r.Attempt.Result, r.Attempt.Error = r.Class.String(), r.Reason
	return r
}

func policy(t testing.TB, c config.Retry) retry.Policy {
	t.Helper()
	p, err := retry.New(c, exact)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var exact = retry.Options{Rand: func() float64 { return 0 }}

func lane(t testing.TB, name string, a dispatch.Attempter) dispatch.Lane {
	return dispatch.Lane{Destination: name, Attempter: a, Policy: policy(t, config.Retry{}), Concurrency: 10}
}

// start runs a Dispatcher in the bubble and closes it at the end of the test.
func start(t *testing.T, o dispatch.Options, lanes ...dispatch.Lane) *dispatch.Dispatcher {
	t.Helper()
	o.Retry = exact
	d := dispatch.New(o)
	if err := d.Swap(lanes...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

// pass lets the bubble's time pass, and everything in it come to rest.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func bubble(t *testing.T, f func(t *testing.T)) { t.Helper(); synctest.Test(t, f) }

func TestDeliversInOrderWithinAKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{takes: time.Second}
		q.add("crm", 12, "a", "b", "c")
		start(t, dispatch.Options{Queue: q}, lane(t, "crm", r))
		pass(3500 * time.Millisecond)
		states, _ := q.counts("crm")
		if states[queue.Delivered] != 9 || r.most != 3 { // three keys side by side, a second each
			t.Errorf("after 3.5 s %v, at most %d at once", states, r.most)
		}
		last := map[int]int{}
		for i, id := range r.order {
			var n int
			_, _ = fmt.Sscanf(id, "ev-%d", &n)
			if n < last[n%3] {
				t.Errorf("%s came at place %d, after ev-%d of the same key", id, i, last[n%3])
			}
			last[n%3] = n
		}
	})
}

func TestConcurrencyIsKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{takes: time.Second}
		q.add("crm", 100)
		l := lane(t, "crm", r)
		l.Concurrency = 4
		start(t, dispatch.Options{Queue: q}, l)
		pass(25*time.Second + time.Millisecond)
		if states, _ := q.counts("crm"); states[queue.Delivered] != 100 || r.most != 4 {
			t.Errorf("%v, at most %d at once; want all in 25 s, 4 at once", states, r.most)
		}
	})
}

func TestOutcomesEndLeases(t *testing.T) {
	tests := []struct {
		name  string
		out   deliver.Result
		state queue.State
		waits []time.Duration // before each further attempt
	}{
		{"delivered", status(200), queue.Delivered, nil},
		{"dropped", deliver.Result{Class: deliver.Dropped, Reason: "echo"}, queue.Dropped, nil},
		{"dead", status(404), queue.Dead, nil},
		{"disable", deliver.Result{Class: deliver.Disable, Reason: "archived"}, queue.Dead, nil},
		{"retry", deliver.Result{Class: deliver.Retry, Reason: "no"}, queue.Dead, []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				q, disabled := newMemoryQueue(), ""
				l := lane(t, "crm", &receiver{outcome: func(*queue.Delivery) deliver.Result { return tt.out }})
				l.Policy = policy(t, config.Retry{Schedule: []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute}})
				start(t, dispatch.Options{Queue: q, Disable: func(name, why string) { disabled = name + ": " + why }}, l)
				q.add("crm", 1)
				begin := time.Now()
				pass(2 * time.Hour)
				it := q.items[0]
				if it.State != tt.state || len(it.gaps) != len(tt.waits) || len(it.tries) != len(tt.waits)+1 {
					t.Fatalf("%v after %d attempts, %d waits", it.State, len(it.tries), len(it.gaps))
				}
				for i, w := range tt.waits {
					if got := it.tries[i+1].Started.Sub(begin); got != w {
						t.Errorf("attempt %d came after %v, want %v", i+2, got, w)
					}
					begin = it.tries[i+1].Started
				}
				if last := it.tries[len(it.tries)-1]; last.Result != tt.state.String() {
					t.Errorf("recorded as %q", last.Result)
				}
				if want := "crm: archived"; (disabled == want) != (tt.out.Class == deliver.Disable) {
					t.Errorf("disabled %q", disabled)
				}
			})
		})
	}
}

func TestReceiversWishes(t *testing.T) {
	tests := []struct {
		name string
		out  func(now time.Time) deliver.Result
		want time.Duration // the policy says 5 s
	}{
		{"later", func(now time.Time) deliver.Result { return deliver.Result{NotBefore: now.Add(20 * time.Second)} }, 20 * time.Second},
		{"earlier", func(now time.Time) deliver.Result { return deliver.Result{NotBefore: now.Add(3 * time.Second)} }, 5 * time.Second},
		{"the plugin's", func(now time.Time) deliver.Result { return deliver.Result{At: now.Add(2 * time.Second)} }, 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				q := newMemoryQueue()
				start(t, dispatch.Options{Queue: q}, lane(t, "crm", &receiver{outcome: func(d *queue.Delivery) deliver.Result {
					if d.Attempts > 0 {
						if string(d.Memo) != `{"a":1}` {
							t.Errorf("memo %q", d.Memo)
						}
						return status(200)
					}
					r := tt.out(time.Now())
					r.Class, r.Memo = deliver.Retry, []byte(`{"a":1}`)
					return r
				}}))
				q.add("crm", 1)
				begin := time.Now()
				pass(time.Hour)
				if got := q.items[0].Ended.Sub(begin); got != tt.want {
					t.Errorf("delivered after %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// A destination that hangs and one that fails delay nobody else.
func TestIsolation(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newMemoryQueue()
		good := &receiver{takes: 10 * time.Millisecond}
		hangs := &receiver{takes: time.Hour}
		fails := &receiver{outcome: func(*queue.Delivery) deliver.Result { return status(500) }}
		start(t, dispatch.Options{Queue: q}, lane(t, "hangs", hangs), lane(t, "fails", fails), lane(t, "good", good))
		q.add("hangs", 1000)
		q.add("fails", 1000)
		q.add("good", 1000)
		pass(time.Second + time.Millisecond) // 1000 deliveries, ten at a time, 10 ms each
		if states, _ := q.counts("good"); states[queue.Delivered] != 1000 {
			t.Errorf("good: %v", states)
		}
		if hangs.attempts() != 10 {
			t.Errorf("hanging: %d attempts, want 10", hangs.attempts())
		}
	})
}

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

func TestAFaultInAnAttemptCostsThatAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newMemoryQueue()
		start(t, dispatch.Options{Queue: q}, lane(t, "crm", &receiver{outcome: func(d *queue.Delivery) deliver.Result {
			if d.Attempts == 0 {
				panic("canary-secret")
			}
			return status(200)
		}}))
		q.add("crm", 1)
		pass(time.Minute)
		it := q.items[0]
		if it.State != queue.Delivered || len(it.tries) != 2 || !strings.Contains(it.tries[0].Error, "internal fault") || strings.Contains(it.tries[0].Error, "canary") {
			t.Errorf("%v %+v", it.State, it.tries)
		}
	})
}

func TestQueueErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{}
		q.fail = errors.New("disk on fire")
		start(t, dispatch.Options{Queue: q}, lane(t, "crm", r))
		q.add("crm", 1)
		pass(2 * time.Second)
		if r.attempts() != 1 {
			t.Error("the lane did not go on after an error of the queue")
		}
		q.fail = queue.ErrClosed
		q.change(func() {})
		synctest.Wait() // the lane has ended; nothing spins
	})
}

func TestWhatIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, hub, reg := newMemoryQueue(), &feed.Hub{}, prometheus.NewRegistry()
		listener := hub.Listen(10)
		defer listener.Close()
		var lines bytes.Buffer
		o := dispatch.Options{Queue: q, Feed: hub, Metrics: metrics.New(reg), Log: slog.New(slog.NewJSONHandler(&lines, nil))}
		start(t, o, lane(t, "crm", &receiver{takes: time.Second, outcome: func(d *queue.Delivery) deliver.Result {
			if d.Attempts == 0 {
				return status(503)
			}
			r := status(201)
			r.Requests = []string{"PUT https://host/path → 201"}
			return r
		}}))
		q.add("crm", 1)
		pass(time.Minute)

		var notes []string
		for range 3 {
			n := <-listener.C
			notes = append(notes, fmt.Sprintf("%s %s %d %s %d %v %v", n.Kind, n.Destination, n.Attempt, n.Result, n.Status, n.Requests, !n.NotBefore.IsZero()))
		}
		want := "attempt crm 1 retry 503 [] true, attempt crm 2 delivered 201 [PUT https://host/path → 201] false, ended crm 2 delivered 201 [] false"
		if got := strings.Join(notes, ", "); got != want {
			t.Errorf("notes %s\nwant %s", got, want)
		}
		for i, line := range strings.Split(strings.TrimSpace(lines.String()), "\n") {
			var got map[string]any
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatal(err)
			}
			if got["event_id"] != "ev-1" || got["route"] != "r" || got["destination"] != "crm" || got["attempt"] != float64(i+1) || got["duration"] != 1e9 {
				t.Errorf("log line %s", line)
			}
		}
		for result, want := range map[string]float64{"delivered": 1, "retry": 1, "dead": 0, "dropped": 0} {
			if got := value(t, reg, "plugboard_attempts_total", result); got != want {
				t.Errorf("%v attempts counted as %s, want %v", got, result, want)
			}
		}
		if got := value(t, reg, "plugboard_deliveries_total", "delivered"); got != 1 {
			t.Errorf("%v deliveries counted, want 1", got)
		}
	})
}

// value reads a counter or gauge; label is the value of its last label, "" for the first one there is.
func value(t *testing.T, reg *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if labels := m.GetLabel(); f.GetName() == name && (label == "" || labels[len(labels)-1].GetValue() == label) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("no metric %s with %q", name, label)
	return 0
}
