package dispatch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/queue"
)

// settleTimeout bounds how long outcomes may take to be stored once the Dispatcher is being closed. Until then nothing
// bounds it: the queue either stores one or says that it cannot.
const settleTimeout = 30 * time.Second

// settlement is what an outcome means for the delivery: an end (state) or another attempt (at).
type settlement struct {
	deliver.Result
	state queue.State // Pending: another attempt
	at    time.Time
}

// decide applies the retry policy to an outcome.
func (l *lane) decide(q *queue.Delivery, r deliver.Result) settlement {
	s := settlement{Result: r, state: queue.Dead}
	switch r.Class {
	case deliver.Delivered:
		s.state = queue.Delivered
	case deliver.Dropped:
		s.state = queue.Dropped
	case deliver.Retry:
		if at, ok := l.next(q, r); ok {
			s.state, s.at = queue.Pending, at
			break
		}
		s.Reason = fmt.Sprintf("attempts spent after %d: %s", r.Attempt.Number, r.Reason)
		_, said, more := strings.Cut(r.Attempt.Error, "\n")
		s.Attempt.Result, s.Attempt.Error = deliver.Dead.String(), s.Reason
		if more {
			s.Attempt.Error += "\n" + said
		}
	}
	return s
}

// next gives the time of the next attempt; false when attempts are spent. The time that a plugin read out of an answer
// stands in for the policy's; a Retry-After only moves the policy's back. The policy is told how long attempts have been
// made by the queue, not by the clock on the wall, which may have been set since. An attempt that the receiver had no time
// for (429) does not count; so that this has an end, nothing is tried for longer than the policy's span.
func (l *lane) next(q *queue.Delivery, r deliver.Result) (time.Time, bool) {
	now := l.d.opts.Now()
	tried := q.Tried + r.Attempt.Duration
	spent := r.Attempt.Number - q.Spared
	if r.Attempt.Spared {
		if spent--; tried > l.Policy.Span() {
			return time.Time{}, false
		}
	}
	at, ok := l.Policy.Next(spent, now.Add(-tried), now)
	if !ok {
		return time.Time{}, false
	}
	if !r.At.IsZero() {
		return retry.NotBefore(now, r.At, now, l.d.opts.Retry), true
	}
	return retry.NotBefore(at, r.NotBefore, now, l.d.opts.Retry), true
}

// settle ends the lease. ctx is not the attempts': what was done must be stored also while the gateway is being closed.
func (s settlement) settle(ctx context.Context, lease queue.Lease) error {
	if s.state == queue.Pending {
		return lease.Retry(ctx, s.at, s.Memo, s.Attempt)
	}
	return lease.Done(ctx, s.state, s.Attempt)
}
