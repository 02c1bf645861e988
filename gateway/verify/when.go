package verify

import (
	"strconv"
	"time"
)

// clock is how a sender writes the time it signs.
type clock uint8

const (
	anyTime  clock = iota // by its form
	unixTime              // seconds
	isoTime               // RFC 3339
)

func (c clock) parse(s string) (time.Time, bool) {
	digits := len(s) > 0 && len(s) <= 13
	for i := 0; digits && i < len(s); i++ {
		digits = s[i] >= '0' && s[i] <= '9'
	}
	switch {
	case digits && c != isoTime:
		n, err := strconv.ParseInt(s, 10, 64)
		if len(s) == 13 && c == anyTime {
			return time.UnixMilli(n), err == nil
		}
		return time.Unix(n, 0), err == nil && len(s) <= 11
	case !digits && c != unixTime:
		at, err := time.Parse(time.RFC3339, s)
		return at, err == nil
	}
	return time.Time{}, false
}

func (c clock) format(t time.Time) string {
	if c == isoTime {
		return t.UTC().Format(time.RFC3339)
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// fault says what is wrong with a signed time. Its form counts even where its age does not: with no separator behind it,
// as at Zendesk, a beginning of the body could otherwise pass for its end.
func (c clock) fault(stamp string, now time.Time, tolerance time.Duration) string {
	at, ok := c.parse(stamp)
	switch {
	case !ok:
		return form
	case tolerance > 0 && now.Sub(at).Abs() > tolerance:
		return "is further off than the tolerance of " + tolerance.String()
	}
	return ""
}
