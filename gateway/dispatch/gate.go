package dispatch

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/deliver"
)

const (
	breakAfter   = 10 // failures in a row
	firstPause   = 5 * time.Second
	longestPause = 5 * time.Minute
)

// gate decides when a lane may start attempts: not while an operator holds the destination, at its pace (pace.go), and by
// its breaker. That closes after breakAfter failures in a row, for longer each time, and
// then lets one attempt at a time through, as a probe, until one gets an answer. A destination that has just come back is
// not met with everything that waits: it gets two attempts at a time, and one more for each answer, which doubles them
// with each round, until the lane's concurrency is reached. A failure on the way halves them.
//
//	        breakAfter failures             pause over
//	open ─────────────────────► closed ────────────────► probing
//	 ▲  │                         ▲                       │   │
//	 │  └── breakAfter failures ──┴──── probe failed ─────┘   │
//	 │      (also while opening)                              │
//	 └──── concurrency reached ───── opening ◄─── answered ───┘
type gate struct {
	gauge prometheus.Gauge // 1 while closed or probing
	wake  chan struct{}    // something changed that wait may be waiting for
	full  int              // the lane's concurrency

	mu       sync.Mutex
	flying   int           // attempts in flight
	limit    int           // of flying while opening; 0: none
	failures int           // in a row
	pause    time.Duration // the last one; 0 while open
	until    time.Time     // closed until then
	probing  bool          // a probe is in flight
	held     bool          // by an operator
	pace     pace
}

func newGate(gauge prometheus.Gauge, l *Lane) *gate {
	gauge.Set(0)
	return &gate{gauge: gauge, full: l.Concurrency, pace: pace{heeds: l.SlowDown, bucket: newBucket(l.Rate)}, wake: make(chan struct{}, 1)}
}

// wait blocks until attempts may be started, and says how many.
func (g *gate) wait(ctx context.Context) (n int, err error) {
	for {
		n, d := g.free()
		if n > 0 {
			return n, ctx.Err()
		}
		var timer <-chan time.Time
		if d > 0 {
			timer = time.After(d)
		}
		select {
		case <-timer:
		case <-g.wake:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// free gives how many attempts may be started; when none, how long at least that lasts, 0 until something happens.
func (g *gate) free() (int, time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.freeNow(time.Now())
}

// freeNow is called with g.mu held.
func (g *gate) freeNow(now time.Time) (int, time.Duration) {
	if g.held || g.pause > 0 && g.probing {
		return 0, 0
	}
	n, d := g.pace.free(now)
	if g.pause > 0 {
		n, d = min(n, 1), max(d, g.until.Sub(now))
	}
	if d > 0 {
		return 0, d
	}
	n = min(n, g.full)
	if g.pause == 0 && g.limit > 0 {
		n = min(n, max(g.limit-g.flying, 0))
	}
	return n, 0
}

// enter is asked before an attempt starts: the gate may have closed since wait. When it has, again is how long it stays so,
// zero until the next wait is over; else probe says that the attempt is one, which report must be told.
func (g *gate) enter() (probe bool, again time.Duration, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	n, d := g.freeNow(now)
	if n == 0 {
		return false, d, false
	}
	g.pace.start(now)
	g.flying++
	g.probing = g.pause > 0
	return g.probing, 0, true
}

// hold closes the gate for an operator, or opens it again.
func (g *gate) hold(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = on
	g.poke()
}

// poke has wait look again.
func (g *gate) poke() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// inherit goes on at the pace of the lane before.
func (g *gate) inherit(before *gate) {
	before.mu.Lock()
	was := before.pace
	before.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pace.inherit(was)
}

// look tells how the destination does.
func (g *gate) look() (s Standing) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	s.Failing = g.pause > 0
	quiet := g.pace.quiet
	if s.Failing {
		quiet = later(quiet, g.until)
	}
	if g.pace.left <= 0 {
		quiet = later(quiet, g.pace.reset)
	}
	if _, wait := g.pace.bucket.free(now); wait >= time.Second { // less is nothing that anybody can see
		quiet = later(quiet, now.Add(wait))
	}
	if quiet.After(now) {
		s.QuietUntil = quiet
	}
	return s
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// turn is what an outcome did to the breaker.
type turn uint8

const (
	none turn = iota
	opened
	closed
)

// breaks says whether the breaker is open.
func (g *gate) breaks() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pause > 0
}

// report takes the outcome of an attempt into account. One that reached nobody and did not fail on the way, because a
// plugin dropped the event, say, tells nothing about the destination.
func (g *gate) report(r deliver.Result, probe bool) (did turn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.flying--
	g.pace.report(now, &r, g.flying)
	switch {
	case r.Failing:
		g.failures++
		if g.limit > 0 {
			g.limit = max(g.limit/2, 1)
		}
		if g.pause == 0 && g.failures >= breakAfter || probe {
			if g.pause == 0 {
				did = opened
			}
			g.pause = min(max(2*g.pause, firstPause), longestPause)
			g.until = now.Add(g.pause)
			g.gauge.Set(1)
		}
	case r.Attempt.Status != 0:
		if g.pause > 0 {
			did = closed
		}
		g.answered(r.Pace.Throttled && g.pace.heeds)
	}
	if probe {
		g.probing = false
	}
	g.poke()
	return did
}

// answered opens the gate, or opens it further; an answer that it was too much halves what may be in flight.
func (g *gate) answered(throttled bool) {
	if g.pause > 0 {
		g.limit = 1
		g.gauge.Set(0)
	}
	g.failures, g.pause = 0, 0
	if throttled {
		if g.limit == 0 {
			g.limit = g.full
		}
		g.limit = max(g.limit/2, 1)
		return
	}
	if g.limit == 0 {
		return
	}
	if g.limit++; g.limit >= g.full {
		g.limit = 0
	}
}
