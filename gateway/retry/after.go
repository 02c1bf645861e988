package retry

import (
	"net/http"
	"strings"
	"time"
)

// MaxAfter is the longest wait that a receiver may ask for. A longer one is cut to it, so that a broken or hostile
// answer cannot park a delivery for years.
const MaxAfter = 24 * time.Hour

// After reads a Retry-After header: seconds, or a date. ok is false when there is none or it is neither. The time is
// never before now nor later than MaxAfter from it.
func After(header string, now time.Time) (at time.Time, ok bool) {
	header = strings.TrimSpace(header)
	if header == "" {
		return time.Time{}, false
	}
	if seconds, ok := digits(header); ok {
		return now.Add(seconds), true
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return time.Time{}, false
	}
	return now.Add(min(max(date.Sub(now), 0), MaxAfter)), true
}

// digits reads a number of seconds, cut to MaxAfter however many digits it has.
func digits(s string) (time.Duration, bool) {
	var wait time.Duration
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		wait = min(wait*10+time.Duration(c-'0')*time.Second, MaxAfter)
	}
	return wait, true
}

// NotBefore moves a planned time behind the one that a receiver asked for, if that is later, with jitter on top so that
// everything it turned away does not come back in the same instant.
func NotBefore(planned, asked, now time.Time, o Options) time.Time {
	if !asked.After(planned) {
		return planned
	}
	return now.Add(o.spread(asked.Sub(now)))
}
