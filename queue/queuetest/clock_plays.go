package queuetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/plugboard/plugboard/queue"
)

const (
	clockWait   = time.Minute // of a retry
	clockRetain = 3 * time.Minute
	clockSlack  = 2 * time.Second
)

// unknowable says whether the engine cannot tell the clock's step from time that has passed: set forwards while it was
// closed. What waited is then due, and what was kept may go.
func (p *clockPlay) unknowable() bool { return p.when == whileClosed && p.step > 0 }

func (p *clockPlay) put(id, key string, window time.Duration) queue.Receipt {
	p.Helper()
	e := event(id, key, "a")
	e.Event.Received, e.Event.Window = p.clock.Now(), window
	return p.harness.put(e)[0]
}

func (p *clockPlay) attempt(result string) queue.Attempt {
	a := attempt(result)
	a.Started = p.clock.Now()
	return a
}

// fail has the next n deliveries fail, each to come again after a time of its own.
func (p *clockPlay) fail(n int, wait func(i int) time.Duration) {
	p.Helper()
	for i := range n {
		l := p.take("a", 1)[0]
		p.must(l.Retry(p.ctx, p.clock.Now().Add(wait(i)), nil, p.attempt("retry")))
	}
}

// arrival is a delivery that was handed out, and how long that took.
type arrival struct {
	*queue.Delivery
	after time.Duration
}

// drain delivers all that comes within a time.
func (p *clockPlay) drain(within time.Duration) (came []arrival) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	for began := time.Now(); ; {
		leases, err := p.q.Receive(ctx, "a", 10)
		if err != nil {
			return came
		}
		for _, l := range leases {
			came = append(came, arrival{l.Delivery(), time.Since(began)})
			p.must(l.Done(p.ctx, queue.Delivered, p.attempt("delivered")))
		}
	}
}

// check compares an arrival with the time that was asked for, from when the clock was set.
func (p *clockPlay) check(a arrival, wait time.Duration) {
	if early := wait - a.after; early > clockSlack && !p.unknowable() {
		p.say("%s came %v too early", a.ID, early)
	}
	if late := a.after - wait; late > clockSlack {
		p.say("%s came %v too late", a.ID, late)
	}
	if a.Attempts == 1 && !p.unknowable() && (a.Tried <= 0 || a.Tried > wait+clockSlack) {
		p.say("%s: first attempt %v ago, it was %v", a.ID, a.Tried, a.after)
	}
	if p.when == whileRunning && (a.Age < a.after-clockSlack || a.Age > a.after+wait+clockSlack) {
		p.say("%s is %v old, and came after %v", a.ID, a.Age, a.after)
	}
}

// clockRetries has the heads of five keys wait for a retry, each with a follower behind it.
func clockRetries(p *clockPlay) {
	const keys = 5
	for i := range 2 * keys {
		p.put(fmt.Sprint(i), fmt.Sprint("k", i%keys), 0)
	}
	p.fail(keys, func(int) time.Duration { return clockWait })
	p.set()
	if left := p.state("0/a", queue.Pending).Due.Sub(p.clock.Now()); left > clockWait+clockSlack || left < 0 && !p.unknowable() {
		p.say("0/a is shown to wait for %v", left)
	}
	came := p.drain(clockWait + 10*clockSlack)
	if len(came) != 2*keys {
		p.say("%d of %d came within %v: the line is stuck", len(came), 2*keys, clockWait+10*clockSlack)
	}
	for i, a := range came {
		p.check(a, clockWait)
		if slices.ContainsFunc(came[:i], func(b arrival) bool { return b.ID == a.ID }) {
			p.say("%s came again", a.ID)
		}
	}
}

// clockManyRetries has more waiting than fit in memory, from before and after the clock was set.
func clockManyRetries(p *clockPlay) {
	n := p.opt.Window * 4
	put := func(prefix string, wait time.Duration) {
		for i := range n {
			p.put(fmt.Sprint(prefix, i), "", 0)
		}
		p.fail(n, func(i int) time.Duration { return wait + time.Duration(i*37%n)*time.Millisecond })
	}
	put("before", clockWait)
	p.set()
	if p.unknowable() {
		p.drain(clockSlack)
	}
	put("after", clockWait/2)
	waits := map[bool]time.Duration{true: clockWait, false: clockWait / 2}
	came := p.drain(clockWait + 10*clockSlack)
	for _, a := range came {
		p.check(a, waits[a.ID[0] == 'b'])
	}
	if want := 2 * n; len(came) != want && !p.unknowable() {
		p.say("%d of %d came within %v: the line is stuck", len(came), want, clockWait+10*clockSlack)
	}
}

// clockWindow has events repeated within their window and after it.
func clockWindow(p *clockPlay) {
	const window = 2 * time.Minute
	p.put("1", "", window)
	p.set()
	p.idleFor(window * 3 / 4)
	if !p.put("1", "", window).Repeat && !p.unknowable() {
		p.say("a repeat within its window was not seen")
	}
	p.idleFor(window / 2)
	if !p.unknowable() && p.put("1", "", window).Repeat {
		p.say("an event was taken for a repeat after the window")
	}
	p.drain(time.Second)
}

// clockRetention has events that ended before and after the clock was set.
func clockRetention(p *clockPlay) {
	p.put("before", "", 0)
	p.drain(time.Second)
	p.set()
	p.put("after", "", 0)
	p.drain(time.Second)
	p.idleFor(clockRetain * 3 / 4)
	got, want := p.listed(), []string{"after", "before"}
	if p.lenient = p.step > 0 && p.when != whileRunning; p.lenient {
		got = slices.DeleteFunc(got, func(id string) bool { return id == "before" })
		want = want[:1] // what stands in records is older by the step, for all that an opening can tell
	}
	if !slices.Equal(got, want) {
		p.say("before their time is over %v are kept, want %v", got, want)
	}
	p.idleFor(clockRetain)
	if got := p.listed(); len(got) > 0 {
		p.say("kept beyond their time: %v", got)
	}
}
