package retry

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

// Jitter is how much later than planned an attempt may be made, as a share of the wait. It is only ever added: an
// attempt is never made before the time the policy or the receiver named.
const Jitter = 0.1

// Defaults for what a configuration leaves out.
const (
	defaultFor      = 24 * time.Hour
	defaultFactor   = 2
	defaultMax      = time.Hour
	defaultAttempts = 20
)

// DefaultSchedule is used where a destination says nothing: eight attempts over about 27 hours and a half.
var DefaultSchedule = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour}

// Options are what tests replace.
type Options struct {
	Rand func() float64 // in [0,1); safe for concurrent use; nil: math/rand/v2
}

func (o Options) spread(wait time.Duration) time.Duration {
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	return wait + time.Duration(o.Rand()*Jitter*float64(wait))
}

// New makes the policy of one of the three forms of config.Retry; its zero value is DefaultSchedule. Mixing the forms
// is an error, as is a wait that is not positive.
func New(c config.Retry, o Options) (Policy, error) {
	every, schedule := c.Every != 0, len(c.Schedule) > 0
	backoff := c.Backoff != 0 || c.Factor != 0 || c.Max != 0
	if c.For < 0 || c.Attempts < 0 {
		return nil, fmt.Errorf("retry: for is %v and attempts %d; neither can be negative", c.For, c.Attempts)
	}
	switch {
	case every && schedule || every && backoff || schedule && backoff:
		return nil, errors.New("retry: give one of every, schedule, or backoff with factor and max")
	case every:
		return newInterval(c, o)
	case backoff:
		return newExponential(c, o)
	case schedule && c.Attempts != 0:
		return nil, errors.New("retry: schedule has one attempt more than it has waits; leave attempts out")
	case schedule:
		return newSteps(c.Schedule, c.For, o)
	case c.For != 0 || c.Attempts != 0:
		return nil, errors.New("retry: for and attempts stand with every or backoff, for also with schedule")
	}
	return newSteps(DefaultSchedule, 0, o)
}

// policy is a wait for each attempt, within limits.
type policy struct {
	wait     func(attempts int) time.Duration // after so many, 1 or more
	attempts int                              // in all; 0: no limit
	span     time.Duration                    // from the first one on; 0: no limit
	whole    time.Duration                    // see Span
	opts     Options
}

func (p *policy) Next(attempts int, first, now time.Time) (time.Time, bool) {
	if p.attempts > 0 && attempts >= p.attempts {
		return time.Time{}, false
	}
	wait := p.wait(max(attempts, 1))
	if p.span > 0 && !first.IsZero() && now.Add(wait).Sub(first) > p.span {
		return time.Time{}, false
	}
	return now.Add(p.opts.spread(wait)), true
}

func (p *policy) Span() time.Duration { return p.whole }

// longest is a span that nobody waits for.
const longest = 10 * 365 * 24 * time.Hour

// measured works out the whole span. See Policy.
func (p *policy) measured() *policy {
	if p.whole = p.span; p.span > 0 {
		return p
	}
	for n := 1; n < p.attempts && p.whole < longest; n++ {
		wait := p.wait(n)
		p.whole += wait + time.Duration(Jitter*float64(wait))
	}
	p.whole = max(p.whole, defaultFor)
	return p
}

// newInterval tries again at the same distance.
func newInterval(c config.Retry, o Options) (Policy, error) {
	if c.Every <= 0 {
		return nil, fmt.Errorf("retry: every is %v; it must be longer than nothing", c.Every)
	}
	if c.For == 0 && c.Attempts == 0 {
		c.For = defaultFor
	}
	p := &policy{wait: func(int) time.Duration { return c.Every }, attempts: c.Attempts, span: c.For, opts: o}
	return p.measured(), nil
}

// newSteps waits as a list says; when it is used up, attempts are spent.
func newSteps(waits []time.Duration, span time.Duration, o Options) (Policy, error) {
	for i, w := range waits {
		if w <= 0 {
			return nil, fmt.Errorf("retry: schedule[%d] is %v; it must be longer than nothing", i, w)
		}
	}
	waits = slices.Clone(waits)
	p := &policy{wait: func(attempts int) time.Duration { return waits[attempts-1] }, attempts: len(waits) + 1, span: span, opts: o}
	return p.measured(), nil
}

// newExponential waits longer each time, up to a longest wait.
func newExponential(c config.Retry, o Options) (Policy, error) {
	if c.Backoff <= 0 {
		return nil, fmt.Errorf("retry: backoff is %v; it must be longer than nothing", c.Backoff)
	}
	if c.Factor == 0 {
		c.Factor = defaultFactor
	}
	if c.Max == 0 {
		c.Max = max(defaultMax, c.Backoff)
	}
	if c.Attempts == 0 && c.For == 0 {
		c.Attempts = defaultAttempts
	}
	if !(c.Factor >= 1) || math.IsInf(c.Factor, 0) || c.Max < c.Backoff {
		return nil, fmt.Errorf("retry: factor %v and max %v; factor must be 1 or more, max no shorter than backoff", c.Factor, c.Max)
	}
	wait := func(attempts int) time.Duration {
		wait := float64(c.Backoff) * math.Pow(c.Factor, float64(attempts-1))
		if !(wait < float64(c.Max)) { // also when it has grown beyond every number
			return c.Max
		}
		return time.Duration(wait)
	}
	p := &policy{wait: wait, attempts: c.Attempts, span: c.For, opts: o}
	return p.measured(), nil
}
