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
// then lets one attempt at a time through, as a probe, until one gets an answer.
//
//	        breakAfter failures             pause over
//	open ─────────────────────► closed ────────────────► probing
//	 ▲                            ▲                       │   │
//	 │                            └──── probe failed ─────┘   │
//	 └──────────────────────── answered ─────────────────────┘
type gate struct {
	gauge prometheus.Gauge // 1 unless open
	wake  chan struct{}    // something changed that wait may be waiting for

	mu       sync.Mutex
	failures int           // in a row
	pause    time.Duration // the last one; 0 while open
	until    time.Time     // closed until then
	probing  bool          // a probe is in flight
	quiet    time.Time     // the plugin asked to slow down until then
}

func newGate(gauge prometheus.Gauge) *gate {
	gauge.Set(0)
	return &gate{gauge: gauge, wake: make(chan struct{}, 1)}
}

// wait blocks until attempts may be started, and says whether only a single one may.
func (g *gate) wait(ctx context.Context) (probe bool, err error) {
	for {
		d, busy := g.blocked()
		if d <= 0 && !busy {
			g.mu.Lock()
			defer g.mu.Unlock()
			return g.pause > 0, ctx.Err()
		}
		var timer <-chan time.Time
		if d > 0 {
			timer = time.After(d)
		}
		select {
		case <-timer:
		case <-g.wake:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// blocked gives how long nothing may start, and whether a probe has to end first.
func (g *gate) blocked() (time.Duration, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := time.Until(g.quiet)
	if g.pause > 0 {
		d = max(d, time.Until(g.until))
	}
	return d, g.pause > 0 && g.probing
}

// enter is asked before an attempt starts: the gate may have closed since wait. When it has, again is the time to come
// back; else probe says that the attempt is one, which report must be told.
func (g *gate) enter() (probe bool, again time.Time, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	switch {
	case now.Before(g.quiet):
		return false, g.quiet, false
	case g.pause == 0:
		return false, time.Time{}, true
	case now.Before(g.until) || g.probing:
		return false, g.until, false
	}
	g.probing = true
	return true, time.Time{}, true
}

// report takes the outcome of an attempt into account. One that reached nobody and did not fail on the way, because a
// plugin dropped the event, say, tells nothing about the destination.
func (g *gate) report(r deliver.Result, probe bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if r.SlowDown > 0 {
		g.quiet = now.Add(min(r.SlowDown, longestQuiet))
	}
	switch {
	case r.Failing:
		g.failures++
		if g.pause == 0 && g.failures >= breakAfter || probe {
			g.pause = min(max(2*g.pause, firstPause), longestPause)
			g.until = now.Add(g.pause)
			g.gauge.Set(1)
		}
	case r.Attempt.Status != 0:
		g.failures, g.pause = 0, 0
		g.gauge.Set(0)
	}
	if probe {
		g.probing = false
	}
	select {
	case g.wake <- struct{}{}:
	default:
	}
}
