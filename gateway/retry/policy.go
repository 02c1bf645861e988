package retry

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
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
	every, schedule := c.Every != 0 || c.For != 0, len(c.Schedule) > 0
	backoff := c.Backoff != 0 || c.Factor != 0 || c.Max != 0 || c.Attempts != 0
	switch {
	case every && schedule || every && backoff || schedule && backoff:
		return nil, errors.New("retry: give one of every and for, schedule, or backoff, factor, max and attempts")
	case every:
		return newInterval(c, o)
	case backoff:
		return newExponential(c, o)
	case schedule:
		return newSteps(c.Schedule, o)
	}
	return newSteps(DefaultSchedule, o)
}

// interval tries again at the same distance until a span of time is over.
type interval struct {
	every, span time.Duration
	opts        Options
}

func newInterval(c config.Retry, o Options) (Policy, error) {
	if c.Every <= 0 || c.For < 0 {
		return nil, fmt.Errorf("retry: every is %v and for %v; every must be longer than nothing", c.Every, c.For)
	}
	if c.For == 0 {
		c.For = defaultFor
	}
	return interval{c.Every, c.For, o}, nil
}

func (p interval) Next(_ int, first, now time.Time) (time.Time, bool) {
	if !first.IsZero() && now.Add(p.every).Sub(first) > p.span {
		return time.Time{}, false
	}
	return now.Add(p.opts.spread(p.every)), true
}

// steps waits as a list says; when it is used up, attempts are spent.
type steps struct {
	waits []time.Duration
	opts  Options
}

func newSteps(waits []time.Duration, o Options) (Policy, error) {
	for i, w := range waits {
		if w <= 0 {
			return nil, fmt.Errorf("retry: schedule[%d] is %v; it must be longer than nothing", i, w)
		}
	}
	return steps{append([]time.Duration(nil), waits...), o}, nil
}

func (p steps) Next(attempts int, _, now time.Time) (time.Time, bool) {
	attempts = max(attempts, 1)
	if attempts > len(p.waits) {
		return time.Time{}, false
	}
	return now.Add(p.opts.spread(p.waits[attempts-1])), true
}

// exponential waits longer each time, up to a longest wait.
type exponential struct {
	first, longest time.Duration
	factor         float64
	attempts       int
	opts           Options
}

func newExponential(c config.Retry, o Options) (Policy, error) {
	if c.Backoff <= 0 {
		return nil, fmt.Errorf("retry: backoff is %v; it must be longer than nothing", c.Backoff)
	}
	p := exponential{c.Backoff, c.Max, c.Factor, c.Attempts, o}
	if p.factor == 0 {
		p.factor = defaultFactor
	}
	if p.longest == 0 {
		p.longest = max(defaultMax, p.first)
	}
	if p.attempts == 0 {
		p.attempts = defaultAttempts
	}
	if !(p.factor >= 1) || math.IsInf(p.factor, 0) || p.longest < p.first || p.attempts < 0 {
		return nil, fmt.Errorf("retry: factor %v, max %v, attempts %d; factor must be 1 or more, max no shorter than backoff, attempts 1 or more",
			p.factor, p.longest, p.attempts)
	}
	return p, nil
}

func (p exponential) Next(attempts int, _, now time.Time) (time.Time, bool) {
	attempts = max(attempts, 1)
	if attempts >= p.attempts {
		return time.Time{}, false
	}
	wait := float64(p.first) * math.Pow(p.factor, float64(attempts-1))
	if !(wait < float64(p.longest)) { // also when it has grown beyond every number
		wait = float64(p.longest)
	}
	return now.Add(p.opts.spread(time.Duration(wait))), true
}
