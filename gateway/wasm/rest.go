package wasm

import (
	"context"
	"sync/atomic"
	"time"
)

// A plugin that breaks one instance after the other (it traps, it passes its limits) takes more than its calls: instances are
// made anew, and what they leave behind is Go's collector's to fetch, which holds up whoever allocates. So from the ninth
// such call on, those that end well counted against them, it rests: for fifteen times what each costs, at most restMost
// altogether, so that it has a sixteenth of a processor. Its own callers wait meanwhile, nobody else, and when all of them go on
// at once each needs a turn from the beginning (turn.go).
type resting struct {
	broken atomic.Int32 // calls that broke their instance, less those that did not
	until  atomic.Int64 // ns after began
}

const (
	restAfter = 8
	restTimes = 15
	restMost  = 100 * time.Millisecond
)

// is says whether the plugin breaks again and again.
func (r *resting) is() bool { return r.broken.Load() > restAfter }

// ended notes how a call ended that took so long, the making of its instance included.
func (r *resting) ended(broken bool, cost time.Duration) {
	if !broken {
		if r.broken.Load() > 0 {
			r.broken.Add(-1)
		}
		return
	}
	if r.broken.Add(1) <= restAfter {
		return
	}
	r.broken.Store(2 * restAfter) // so many good ones end it
	now := int64(time.Since(began))
	until := max(now, r.until.Load()) + restTimes*int64(cost)
	r.until.Store(min(until, now+int64(restMost)))
}

// rest waits while the plugin rests. It is false when ctx ended first, or the plugin was closed.
func (p *plugin) rest(ctx context.Context) error {
	if !p.resting.is() || p.module.host.relentless.Load() {
		return nil
	}
	left := time.Duration(p.resting.until.Load()) - time.Since(began)
	if left <= 0 {
		return nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.closed:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
