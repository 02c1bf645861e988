package badgerqueue

import (
	"sync/atomic"
	"time"
)

// clock tells two times, in nanoseconds since 1970.
//
// The wall clock is for people: it stands in records, and somebody may set it, by an hour or a year, forwards or back.
//
// The queue's own time is what it decides by: when a delivery is due, when a window ends, how long attempts have been
// made. It begins as the wall clock does and goes on with the machine's monotonic clock, whatever the wall clock is set
// to; over a restart by what has passed on the wall clock, if anything, but never back. So where the wall clock was set,
// the two differ from then on, and a due time on disk is of the own time; to people it is shown as what is left of it.
// The own time stands still while the machine sleeps.
type clock struct {
	wall   func() time.Time
	began  time.Time    // monotonic
	base   int64        // own time then
	opened int64        // wall clock then
	byWall bool         // see Options.byWall
	ahead  atomic.Int64 // the wall clock's lead when wasSet looked last
}

// near is how far the two may be apart as if they were one: nobody sets a clock by less, and reading both takes time.
const near = int64(time.Second)

func (c *clock) start(o Options) {
	wall := o.Now().UnixNano()
	c.wall, c.began, c.base, c.opened, c.byWall = o.Now, time.Now(), wall, wall, o.byWall
}

// reading is both times at one moment; the record of the queue keeps one.
type reading struct{ own, wall int64 }

// resume goes on from what was read when the store was last written to; the zero reading says that it never was.
func (c *clock) resume(was reading) {
	if was.wall == 0 {
		return
	}
	if c.byWall {
		return
	}
	c.base = was.own + max(0, c.opened-was.wall)
	if ahead := c.base - c.opened; ahead > -near && ahead < near {
		c.base = max(c.opened, was.own)
	}
	c.ahead.Store(c.opened - c.base)
}

// wasSet says whether the wall clock was set since it was asked last.
func (c *clock) wasSet() bool {
	now := c.read()
	lead := now.wall - now.own
	return reading{own: c.ahead.Swap(lead), wall: lead}.differ()
}

func (c *clock) read() reading {
	return reading{own: c.own(), wall: c.wall().UnixNano()}
}

// own gives the own time.
func (c *clock) own() int64 {
	if c.byWall {
		return c.wall().UnixNano()
	}
	return c.base + int64(time.Since(c.began))
}

// place gives the own time of a moment that a caller means, as far from now as it is by the caller's clock. A time that
// carries a monotonic reading is not harmed by a clock that was set since.
func (c *clock) place(at time.Time) int64 {
	now := c.wall()
	own := c.own() + int64(at.Sub(now))
	if off := own - at.UnixNano(); off > -near && off < near {
		return at.UnixNano()
	}
	return own
}

// show gives the wall clock's time of a moment of the own time; 0 stays 0.
func (c *clock) show(own int64) int64 {
	if now := c.read(); own != 0 && now.differ() {
		return own - now.own + now.wall
	}
	return own
}

func (r reading) differ() bool { return r.own-r.wall >= near || r.wall-r.own >= near }

// since says how long before now a moment of the own time was; 0 for none.
func (c *clock) since(own int64) time.Duration {
	if own == 0 {
		return 0
	}
	return time.Duration(max(1, c.own()-own))
}

// expiry is when a record goes by itself: by Badger's clock, which is the system's.
func expiry(after time.Duration) int64 { return time.Now().Add(after).UnixNano() }

// age says how long ago something was that the wall clock stamped. The clock may have been set between: then the shorter
// age counts of what it says itself and what it would say had it gone on steadily since the opening. Where both lie ahead
// of now, all that is known is that it was before the opening.
func (c *clock) age(stamp int64) time.Duration {
	age, up := c.wall().UnixNano()-stamp, int64(time.Since(c.began))
	if c.byWall {
		return time.Duration(age)
	}
	steady := c.opened + up - stamp
	switch {
	case age < 0 && steady < 0:
		return time.Duration(up)
	case age < 0 || steady >= 0 && steady < age:
		return time.Duration(steady)
	}
	return time.Duration(age)
}
