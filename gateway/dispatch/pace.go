package dispatch

import (
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
)

const (
	longestQuiet = time.Hour // that a plugin or a receiver may ask for
	firstHold    = time.Second
	longestHold  = time.Minute
)

// pace is how fast a destination wants to be asked: by its rate in the configuration, and by what its answers say. It slows
// all of the destination, not the delivery alone that was told: the others would only be told the same. Guarded by its gate.
type pace struct {
	heeds  bool // what answers say
	bucket bucket

	quiet time.Time     // nothing is asked until then
	hold  time.Duration // the last pause after a 429 that named none; 0: the last answer was none
	left  int           // requests that the receiver has left in its window
	reset time.Time     // which ends then; past: nothing is known
}

// free gives how many attempts may start now; when none, how long at least that lasts.
func (p *pace) free(now time.Time) (int, time.Duration) {
	if d := p.quiet.Sub(now); d > 0 {
		return 0, d
	}
	n, d := p.bucket.free(now)
	if left := p.reset.Sub(now); left > 0 && p.left < n {
		if n = max(p.left, 0); n == 0 {
			d = max(d, left)
		}
	}
	return n, d
}

// start counts an attempt that begins: with one request, until more is known.
func (p *pace) start(now time.Time) {
	p.bucket.take(1)
	if now.Before(p.reset) {
		p.left--
	}
}

// report takes an answer into account; flying are the attempts that are still under way.
func (p *pace) report(now time.Time, r *deliver.Result, flying int) {
	p.bucket.take(asked(r) - 1)
	p.slow(now, r.SlowDown) // a plugin knows what it says
	if !p.heeds {
		return
	}
	said := &r.Pace
	switch {
	case !said.Throttled:
		if r.Attempt.Status != 0 {
			p.hold = 0
		}
	case said.Wait == 0 && !now.Before(p.quiet): // of several in flight the first one slows, not each of them further
		p.hold = min(max(2*p.hold, firstHold), longestHold)
		p.slow(now, p.hold)
	}
	p.slow(now, said.Wait)
	if said.Reset > 0 {
		// Those under way may have been counted by the receiver or not.
		p.left, p.reset = max(said.Left-flying, 0), now.Add(min(said.Reset, longestQuiet))
	}
}

// slow leaves the destination alone for a while. What was asked for before and lasts longer stands.
func (p *pace) slow(now time.Time, d time.Duration) {
	if until := now.Add(min(d, longestQuiet)); d > 0 && until.After(p.quiet) {
		p.quiet = until
	}
}

// asked is how many requests an attempt made: a plugin may make several, or none.
func asked(r *deliver.Result) int {
	if n := len(r.Requests); n > 0 || r.Attempt.Status == 0 {
		return n
	}
	return 1
}

// inherit goes on where the lane before left off: a reload is no way to ask more often.
func (p *pace) inherit(before pace) {
	p.quiet, p.hold, p.left, p.reset = before.quiet, before.hold, before.left, before.reset
	if !p.heeds {
		p.quiet, p.hold, p.reset = time.Time{}, 0, time.Time{}
	}
	if before.bucket.second > 0 && p.bucket.second > 0 {
		p.bucket.tokens, p.bucket.at = min(p.bucket.burst, before.bucket.tokens), before.bucket.at
	}
}
