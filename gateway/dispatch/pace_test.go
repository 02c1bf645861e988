package dispatch_test

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/queue"
)

// clocked is a receiver that keeps when it was asked, and answers as it is told.
type clocked struct {
	mu     sync.Mutex
	times  []time.Time
	answer func(n int) deliver.Result // of the n-th attempt, from 1; nil: 200
	steps  int                        // requests of each attempt; 0: one
}

func (c *clocked) lane(t testing.TB, rate config.Rate) dispatch.Lane {
	l := lane(t, "crm", &receiver{outcome: func(*queue.Delivery) deliver.Result {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.times = append(c.times, time.Now())
		r := status(200)
		if c.answer != nil {
			r = c.answer(len(c.times))
		}
		for range c.steps {
			r.Requests = append(r.Requests, "GET https://host/")
		}
		return r
	}})
	l.Rate, l.SlowDown, l.Policy = rate, true, policy(t, config.Retry{Every: 24 * time.Hour, For: 1000 * time.Hour})
	return l
}

func (c *clocked) most(span time.Duration) (n int) {
	for i := range c.times {
		j := i
		for j < len(c.times) && c.times[j].Sub(c.times[i]) < span {
			j++
		}
		n = max(n, j-i)
	}
	return n
}

// However a receiver lays its window, no more than the rate comes in it, after a quiet time too, and nearly that when there
// is enough.
func TestRateIsNeverExceeded(t *testing.T) {
	tests := []config.Rate{{Count: 300, Per: time.Minute}, {Count: 50, Per: time.Second}, {Count: 1000, Per: time.Hour}, {Count: 1, Per: time.Second},
		{Count: 19, Per: time.Minute}, {Count: 20, Per: time.Minute}, {Count: 0.5, Per: time.Second}, {Count: 7.5, Per: time.Minute}}
	for _, rate := range tests {
		t.Run(rate.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				q, c := newMemoryQueue(), &clocked{}
				start(t, dispatch.Options{Queue: q}, c.lane(t, rate))
				n := int(3*rate.Count) + 3
				q.add("crm", n)
				pass(5*rate.Per + 10*time.Second)
				q.add("crm", n)
				pass(time.Duration(float64(n+3)/rate.Count*1.1*float64(rate.Per)) + time.Second)
				limit := int(math.Ceil(rate.Count))
				if got := c.most(rate.Per); got > limit || got < limit*19/20 {
					t.Errorf("%d within %v, want nearly %d", got, rate.Per, limit)
				}
				if len(c.times) != 2*n {
					t.Errorf("%d of %d attempted", len(c.times), 2*n)
				}
				for _, it := range q.items {
					if it.State != queue.Delivered || len(it.tries) != 1 {
						t.Fatalf("%s is %s after %d attempts", it.ID, it.State, len(it.tries))
					}
				}
			})
		})
	}
}

// The requests of an attempt count, not the attempts: three steps are three, and an attempt without any is none.
func TestRateCountsRequests(t *testing.T) {
	for _, steps := range []int{1, 3} {
		bubble(t, func(t *testing.T) {
			q, c := newMemoryQueue(), &clocked{steps: steps}
			l := c.lane(t, config.Rate{Count: 60, Per: time.Minute})
			l.Concurrency = 1
			start(t, dispatch.Options{Queue: q}, l)
			q.add("crm", 200)
			pass(time.Minute)
			if got := len(c.times) * steps; got < 54 || got > 63 { // the last attempt may make three at once
				t.Errorf("%d requests in a minute of attempts with %d each, want 57 to 60", got, steps)
			}
		})
	}
	bubble(t, func(t *testing.T) {
		q, c := newMemoryQueue(), &clocked{answer: func(int) deliver.Result { return deliver.Result{Class: deliver.Dropped, Reason: "echo"} }}
		start(t, dispatch.Options{Queue: q}, c.lane(t, config.Rate{Count: 60, Per: time.Hour}))
		q.add("crm", 500)
		pass(time.Minute)
		if len(c.times) != 500 {
			t.Errorf("%d of 500 that ask nothing were attempted", len(c.times))
		}
	})
}

// A lane that is made anew asks no faster for it.
func TestRateOverReloads(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, c := newMemoryQueue(), &clocked{}
		rate := config.Rate{Count: 100, Per: time.Minute}
		d := start(t, dispatch.Options{Queue: q}, c.lane(t, rate))
		q.add("crm", 2000)
		for range 120 { // each with a version of its own
			pass(time.Second)
			if err := d.Swap(c.lane(t, rate)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if got := c.most(time.Minute); got > 100 || got < 90 {
			t.Errorf("%d within a minute of reloads, want nearly 100", got)
		}
	})
}

func throttled(wait time.Duration) deliver.Result {
	r := status(429)
	r.Class, r.Pace = deliver.Retry, retry.Pace{Throttled: true, Wait: wait}
	r.Attempt.Spared = true
	return r
}

// What an answer says of the receiver's limits holds back the whole destination.
func TestAnswersSlowDown(t *testing.T) {
	limits := func(left int, reset time.Duration) deliver.Result {
		r := status(200)
		r.Pace = retry.Pace{Left: left, Reset: reset}
		return r
	}
	failing := func(wait time.Duration) deliver.Result {
		r := status(503)
		r.Pace.Wait = wait
		return r
	}
	slow := status(200)
	slow.SlowDown = 40 * time.Second
	tests := []struct {
		name   string
		first  deliver.Result
		second time.Duration // after the first
		third  time.Duration
	}{
		{"429 with Retry-After", throttled(30 * time.Second), 30 * time.Second, 30 * time.Second},
		{"429 without", throttled(0), time.Second, time.Second},
		{"429 with a year", throttled(365 * 24 * time.Hour), time.Hour, time.Hour},
		{"503 with Retry-After", failing(20 * time.Second), 20 * time.Second, 20 * time.Second},
		{"503 without", failing(0), 0, 0},
		{"slow_down", slow, 40 * time.Second, 40 * time.Second},
		{"window used up", limits(0, 50*time.Second), 50 * time.Second, 50 * time.Second},
		{"one left", limits(1, 50*time.Second), 0, 50 * time.Second},
		{"many left", limits(1000, 50*time.Second), 0, 0},
		{"window of a year", limits(0, 365*24*time.Hour), time.Hour, time.Hour},
	}
	for _, heeds := range []bool{true, false} {
		for _, tt := range tests {
			if !heeds && tt.name != "slow_down" {
				tt.second, tt.third = 0, 0
			}
			bubble(t, func(t *testing.T) {
				q, c := newMemoryQueue(), &clocked{answer: func(n int) deliver.Result {
					if n == 1 {
						return tt.first
					}
					return status(200)
				}}
				l := c.lane(t, config.Rate{})
				l.Concurrency, l.SlowDown = 1, heeds
				start(t, dispatch.Options{Queue: q}, l)
				q.add("crm", 3)
				pass(2 * time.Hour)
				if len(c.times) != 3 {
					t.Fatalf("%s: %d attempts", tt.name, len(c.times))
				}
				if got := c.times[1].Sub(c.times[0]); got != tt.second {
					t.Errorf("%s, heeded %v: the second after %v, want %v", tt.name, heeds, got, tt.second)
				}
				if got := c.times[2].Sub(c.times[0]); got != tt.third {
					t.Errorf("%s, heeded %v: the third after %v, want %v", tt.name, heeds, got, tt.third)
				}
			})
		}
	}
}

// A receiver that goes on saying that it is too much is asked less and less, and never counts as failing.
func TestThrottledIsNotFailing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, h := newMemoryQueue(), &heard{}
		c := &clocked{answer: func(n int) deliver.Result { return throttled(0) }}
		d := start(t, dispatch.Options{Queue: q, Tell: h.tell}, c.lane(t, config.Rate{}))
		q.add("crm", 1000)
		pass(10*time.Minute + 500*time.Millisecond)
		h.check(t)
		if n := len(c.times); n < 15 || n > 40 { // 10 at first, fewer each time, after 1, 2, 4, … 60 s
			t.Errorf("asked %d times in ten minutes", n)
		}
		if s := d.Look("crm"); s.Failing || s.QuietUntil.IsZero() {
			t.Errorf("%+v, want left alone and not failing", s)
		}
		if last, before := c.times[len(c.times)-1], c.times[len(c.times)-2]; last.Sub(before) != time.Minute {
			t.Errorf("the last two are %v apart, want a minute", last.Sub(before))
		}
	})
}

// An attempt that the receiver had no time for does not count; that has an end when all waits of the policy are over.
func TestThrottledSpendsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, h := newMemoryQueue(), &heard{}
		c := &clocked{answer: func(n int) deliver.Result {
			if n%2 == 0 {
				return status(500)
			}
			return throttled(0)
		}}
		l := c.lane(t, config.Rate{})
		l.Policy = policy(t, config.Retry{Schedule: []time.Duration{10 * time.Second, time.Minute}})
		start(t, dispatch.Options{Queue: q, Tell: h.tell}, l)
		q.add("crm", 1)
		pass(time.Hour)
		if it := q.items[0]; it.State != queue.Dead || len(it.tries) != 6 {
			t.Errorf("%s after %d attempts, want dead after three that count and three that do not", it.State, len(it.tries))
		}
		c.answer = func(int) deliver.Result { return throttled(0) }
		q.add("crm", 1)
		pass(23 * time.Hour)
		if states, _ := q.counts("crm"); states[queue.Pending] != 1 {
			t.Errorf("%v after 23 h, want the second still tried", states)
		}
		pass(2 * time.Hour)
		if states, _ := q.counts("crm"); states[queue.Dead] != 2 {
			t.Errorf("%v after 25 h, want both dead", states)
		}
	})
}

// While a destination is held nothing is attempted and nothing spent, over a new lane too; what is in flight goes on.
func TestHold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, r := newMemoryQueue(), &receiver{takes: 10 * time.Second}
		l := lane(t, "crm", r)
		l.Concurrency = 2
		d := start(t, dispatch.Options{Queue: q}, l)
		pass(time.Second)
		q.add("crm", 2)
		pass(time.Second)
		d.Hold("crm", true)
		d.Hold("later", true)
		q.add("crm", 100)
		q.add("later", 3)
		pass(time.Hour)
		if states, leased := q.counts("crm"); states[queue.Delivered] != 2 || leased != 0 || r.attempts() != 2 {
			t.Errorf("%v, %d leased, %d attempts while held", states, leased, r.attempts())
		}
		if err := d.Swap(lane(t, "crm", r), lane(t, "later", &receiver{})); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		if states, _ := q.counts("later"); states[queue.Pending] != 3 || r.attempts() != 2 {
			t.Errorf("%v, %d attempts while held", states, r.attempts())
		}
		d.Hold("crm", false)
		d.Hold("later", false)
		pass(time.Hour)
		if states, _ := q.counts("crm"); states[queue.Delivered] != 102 {
			t.Errorf("%v after it was let go", states)
		}
		for _, it := range q.items {
			if len(it.tries) != 1 || it.State != queue.Delivered {
				t.Fatalf("%s is %s after %d attempts", it.ID, it.State, len(it.tries))
			}
		}
	})
}

// A destination whose rate is used up is seen to wait, and until when; one that has some of it left, or will within a second, is not.
func TestARateThatHoldsIsSeen(t *testing.T) {
	for _, c := range []struct {
		rate config.Rate
		want time.Duration
	}{{config.Rate{Count: 3, Per: time.Hour}, 20 * time.Minute}, {config.Rate{Count: 2, Per: time.Second}, 0}, {config.Rate{}, 0}} {
		bubble(t, func(t *testing.T) {
			q, r := newMemoryQueue(), &clocked{}
			d := start(t, dispatch.Options{Queue: q}, r.lane(t, c.rate))
			q.add("crm", 2)
			pass(time.Millisecond)
			var got time.Duration
			if until := d.Look("crm").QuietUntil; !until.IsZero() {
				got = time.Until(until).Round(time.Second)
			}
			if got != c.want {
				t.Errorf("%v: it waits for %v, want %v", c.rate, got, c.want)
			}
		})
	}
}
