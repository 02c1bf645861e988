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
	longestQuiet = time.Hour // that a plugin may ask for with slow_down
)

// gate decides when a lane may start attempts. It closes after breakAfter failures in a row, for longer each time, and
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
	quiet    time.Time     // the plugin asked to slow down until then
}

func newGate(gauge prometheus.Gauge, full int) *gate {
	gauge.Set(0)
	return &gate{gauge: gauge, full: full, wake: make(chan struct{}, 1)}
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

// free gives how many attempts may be started; when none, how long at least that lasts, 0 until an attempt ends.
func (g *gate) free() (int, time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := time.Until(g.quiet)
	if g.pause > 0 {
		d = max(d, time.Until(g.until))
	}
	switch {
	case d > 0:
		return 0, d
	case g.pause > 0 && g.probing:
		return 0, 0
	case g.pause > 0:
		return 1, 0
	case g.limit > 0:
		return max(g.limit-g.flying, 0), 0
	}
	return g.full, 0
}

// enter is asked before an attempt starts: the gate may have closed since wait. When it has, again is how long it stays so,
// zero until the next wait is over; else probe says that the attempt is one, which report must be told.
func (g *gate) enter() (probe bool, again time.Duration, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	switch {
	case now.Before(g.quiet):
		return false, g.quiet.Sub(now), false
	case g.pause == 0 && g.limit > 0 && g.flying >= g.limit:
		return false, 0, false
	case g.pause == 0:
		g.flying++
		return false, 0, true
	case now.Before(g.until) || g.probing:
		return false, g.until.Sub(now), false
	}
	g.probing = true
	g.flying++
	return true, 0, true
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
	if r.SlowDown > 0 {
		g.quiet = now.Add(min(r.SlowDown, longestQuiet))
	}
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
		g.answered()
	}
	if probe {
		g.probing = false
	}
	select {
	case g.wake <- struct{}{}:
	default:
	}
	return did
}

// answered opens the gate, or opens it further.
func (g *gate) answered() {
	if g.pause > 0 {
		g.limit = 1
		g.gauge.Set(0)
	}
	g.failures, g.pause = 0, 0
	if g.limit == 0 {
		return
	}
	if g.limit++; g.limit >= g.full {
		g.limit = 0
	}
}
