package retry

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Pace is what an answer says of how fast its sender wants to be asked.
type Pace struct {
	Throttled bool          // 429: it was asked too often
	Wait      time.Duration // 429 and 503: leave it alone for so long; 0: it does not say
	Left      int           // requests left in its window
	Reset     time.Duration // until the window ends; 0: it does not say, and Left means nothing
}

// ReadPace reads Retry-After and what there is of rate-limit headers: RateLimit as the IETF's drafts have it
// ("default";r=50;t=30, and limit=100, remaining=50, reset=30 before), and the older RateLimit-Remaining and -Reset with
// their relatives X-RateLimit-… and X-Rate-Limit-…. Nothing in it is longer than MaxAfter.
func ReadPace(status int, h http.Header, now time.Time) Pace {
	p := Pace{Throttled: status == http.StatusTooManyRequests}
	if p.Throttled || status == http.StatusServiceUnavailable {
		p.Wait, _ = Wait(h, now)
	}
	if field := h.Get("Ratelimit"); field != "" {
		p.Left, p.Reset = structured(field)
		return p
	}
	left, ok := number(first(h, "Ratelimit-Remaining", "X-Ratelimit-Remaining", "X-Rate-Limit-Remaining"))
	if !ok {
		return p
	}
	reset := first(h, "Ratelimit-Reset", "X-Ratelimit-Reset-After", "X-Ratelimit-Reset", "X-Rate-Limit-Reset")
	if p.Reset = until(reset, told(h, now)); p.Reset > 0 {
		p.Left = int(min(left, math.MaxInt32))
	}
	return p
}

// Wait reads Retry-After: how long to wait from now on. A date is taken by the sender's own clock, which its Date header
// tells, so that a wrong one does no harm.
func Wait(h http.Header, now time.Time) (time.Duration, bool) {
	base := told(h, now)
	at, ok := After(h.Get("Retry-After"), base)
	if !ok {
		return 0, false
	}
	return at.Sub(base), true
}

// told is the time at the sender of an answer, as far as it says.
func told(h http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return now
}

func first(h http.Header, names ...string) string {
	for _, name := range names {
		if v := h.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// number reads a number that is not negative: some write 598.0 for a count.
func number(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 32 || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

// The smallest numbers that are taken for a time and not for a span, in seconds and in milliseconds since 1970: who writes
// spans does not mean thirty years.
const (
	epochSeconds = 1e9
	epochMillis  = 1e11
)

// until reads when a window ends: seconds from now, a time in seconds or milliseconds since 1970, or a date. 0: nothing
// that makes sense, or past.
func until(s string, now time.Time) time.Duration {
	n, ok := number(s)
	switch {
	case !ok:
		at, err := http.ParseTime(s)
		if err != nil {
			if at, err = time.Parse(time.RFC3339, s); err != nil {
				return 0
			}
		}
		return clamp(at.Sub(now))
	case n >= epochMillis:
		return clamp(time.UnixMilli(int64(min(n, 1e15))).Sub(now))
	case n >= epochSeconds:
		return clamp(time.UnixMilli(int64(n * 1000)).Sub(now))
	}
	return clamp(time.Duration(n * float64(time.Second)))
}

func clamp(d time.Duration) time.Duration { return min(max(d, 0), MaxAfter) }

// structured reads the RateLimit field: of several policies the one with the least left.
func structured(field string) (left int, reset time.Duration) {
	if len(field) > 4<<10 {
		return 0, 0
	}
	var old, item policyState
	for part := range strings.SplitSeq(field, ",") {
		item = policyState{}
		for pair := range strings.SplitSeq(part, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			switch n, ok := number(value); {
			case !ok:
			case key == "r":
				item.left, item.known = n, true
			case key == "t":
				item.reset = clamp(time.Duration(min(n, epochSeconds) * float64(time.Second)))
			case key == "remaining":
				old.left, old.known = n, true
			case key == "reset":
				old.reset = clamp(time.Duration(min(n, epochSeconds) * float64(time.Second)))
			}
		}
		left, reset = item.less(left, reset)
	}
	return old.less(left, reset)
}

type policyState struct {
	left  float64
	known bool
	reset time.Duration
}

// less gives the policy's own numbers if it says both and leaves less.
func (p policyState) less(left int, reset time.Duration) (int, time.Duration) {
	own := int(min(p.left, math.MaxInt32))
	if p.known && p.reset > 0 && (reset == 0 || own < left || own == left && p.reset > reset) {
		return own, p.reset
	}
	return left, reset
}
