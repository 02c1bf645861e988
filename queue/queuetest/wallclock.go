package queuetest

import (
	"sync/atomic"
	"time"
	"unsafe"
)

// WallClock is a wall clock that can be set, as an operator or a time server sets one: what time.Now says from then on has
// another time of day, while its monotonic reading goes on. It works in a synctest bubble. Its zero value is the time as
// it is; it is safe for concurrent use.
type WallClock struct {
	off   atomic.Int64
	Plain bool // no monotonic readings: all that is left of a time when it was formatted, stored or rounded
}

// Set moves the clock, forwards or back.
func (c *WallClock) Set(by time.Duration) { c.off.Add(int64(by)) }

// Now gives the time as time.Now would.
func (c *WallClock) Now() time.Time {
	by := time.Duration(c.off.Load())
	if c.Plain {
		return time.Now().Round(0).Add(by)
	}
	return moved(time.Now(), by)
}

// moved sets the time of day of a time by whole seconds and leaves its monotonic reading. Package time has no way to say
// this, as nothing but a set clock does it; so the seconds are changed where they stand, and the outcome is checked.
func moved(t time.Time, by time.Duration) time.Time {
	const nanosecondBits, hasMonotonic = 30, 1 << 63 // of the first word; the seconds stand between
	out := t
	word := (*uint64)(unsafe.Pointer(&out))
	if *word&hasMonotonic == 0 { // as in a synctest bubble
		return t.Add(by)
	}
	*word += uint64(by/time.Second) << nanosecondBits
	if out.Sub(t) != 0 || out.Round(0).Sub(t.Round(0)) != by.Truncate(time.Second) {
		panic("queuetest: package time keeps its times in another way than WallClock thinks")
	}
	return out
}
