// Package retry says when a failed delivery is tried again.
package retry

import "time"

// Policy plans attempts. It holds no state of a delivery and is safe for concurrent use.
type Policy interface {
	// Next gives the time of the attempt after the given number of ended attempts that count; first is the start of the
	// first one. ok is false when attempts or time are spent.
	Next(attempts int, first, now time.Time) (at time.Time, ok bool)
	// Span is how long is tried at most, from the first attempt on, when attempts do not count because the receiver has no
	// time: for, where that is given, else what all waits come to, and at least a day.
	Span() time.Duration
}
