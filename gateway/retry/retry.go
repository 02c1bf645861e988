// Package retry says when a failed delivery is tried again.
package retry

import "time"

// Policy plans attempts. It holds no state of a delivery and is safe for concurrent use.
type Policy interface {
	// Next gives the time of the attempt after the given number of ended attempts that count; first is the start of the
	// first one. ok is false when attempts or time are spent.
	Next(attempts int, first, now time.Time) (at time.Time, ok bool)
	// Span is how long all attempts take at most when each fails, from the first one on.
	Span() time.Duration
}
