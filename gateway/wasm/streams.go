package wasm

import (
	"encoding/binary"
	"time"
)

// A guest's standard streams: input is a command's input and empty for a reactor, output a command's output and for a
// reactor the log, error the log.
const (
	stdin = iota
	stdout
	stderr
	streams
)

// standardStream accepts what makes no difference on a stream.
func standardStream(_ *call, s []uint64) uint64 {
	if arg(s, 0) >= streams {
		return wasiBadFile
	}
	return wasiOK
}

// fileStatus describes a stream: of no particular type, with all rights.
func fileStatus(c *call, s []uint64) uint64 {
	if arg(s, 0) >= streams {
		return wasiBadFile
	}
	b := c.view("fd_fdstat_get", arg(s, 1), 24)
	clear(b)
	binary.LittleEndian.PutUint64(b[8:], ^uint64(0))
	return wasiOK
}

func fileAttributes(c *call, s []uint64) uint64 {
	if arg(s, 0) >= streams {
		return wasiBadFile
	}
	clear(c.view("fd_filestat_get", arg(s, 1), 64))
	return wasiOK
}

// pieces calls each with the buffers of a vector until it answers false, and sums what it answers.
func (c *call) pieces(what string, vector, count uint32, each func([]byte) (n int, more bool)) (total uint32) {
	for i := range count {
		if i%64 == 63 {
			c.look()
		}
		v := c.view(what, vector+8*i, 8)
		n, more := each(c.view(what, binary.LittleEndian.Uint32(v), binary.LittleEndian.Uint32(v[4:])))
		total += uint32(n)
		if !more {
			break
		}
	}
	return total
}

func writeStream(c *call, s []uint64) uint64 {
	file := arg(s, 0)
	if file != stdout && file != stderr {
		return wasiBadFile
	}
	n := c.pieces("fd_write", arg(s, 1), arg(s, 2), func(b []byte) (int, bool) {
		if file == stdout && c.plugin.module.form == Command {
			c.write(b)
		} else if !c.log.write(b) {
			c.failLog()
		}
		return len(b), true
	})
	c.put32(arg(s, 3), n)
	return wasiOK
}

func readStream(c *call, s []uint64) uint64 {
	if arg(s, 0) != stdin {
		return wasiBadFile
	}
	var rest []byte
	if c.plugin.module.form == Command {
		rest = c.in.Body[c.read:]
	}
	n := c.pieces("fd_read", arg(s, 1), arg(s, 2), func(b []byte) (int, bool) {
		n := copy(b, rest)
		rest = rest[n:]
		return n, len(rest) > 0
	})
	c.read += int(n)
	c.put32(arg(s, 3), n)
	return wasiOK
}

// Layout of poll_oneoff: sizes of a subscription and of an event, in bytes, and its kinds.
const (
	subscriptionSize = 48
	eventSize        = 32
	pollClock        = 0
	clockIsAbsolute  = 1
)

// poll waits for the first of some times. Streams are always ready, so that with one among them nothing waits.
func poll(c *call, s []uint64) uint64 {
	in, out, count := arg(s, 0), arg(s, 1), arg(s, 2)
	if count == 0 {
		return wasiInvalid
	}
	if count > maxName {
		c.fail(Limited, "poll_oneoff: %d subscriptions; at most %d are taken", count, maxName)
	}
	wait := time.Duration(1<<63 - 1)
	for i := range count {
		wait = min(wait, c.waitOf(c.view("poll_oneoff", in+i*subscriptionSize, subscriptionSize)))
	}
	c.view("poll_oneoff", out, count*eventSize)
	c.sleep(wait)
	ready := uint32(0)
	for i := range count {
		sub := c.view("poll_oneoff", in+i*subscriptionSize, subscriptionSize)
		if c.waitOf(sub) > wait {
			continue
		}
		event := c.view("poll_oneoff", out+ready*eventSize, eventSize)
		clear(event)
		copy(event[:8], sub[:8]) // the guest's own mark
		event[10] = sub[8]
		ready++
	}
	c.put32(arg(s, 3), ready)
	return wasiOK
}

// waitOf is how long a subscription still has to wait.
func (c *call) waitOf(sub []byte) time.Duration {
	if sub[8] != pollClock {
		return 0
	}
	timeout := binary.LittleEndian.Uint64(sub[24:])
	if binary.LittleEndian.Uint16(sub[40:])&clockIsAbsolute == 0 {
		return time.Duration(min(timeout, 1<<62))
	}
	now := uint64(time.Since(began))
	if binary.LittleEndian.Uint32(sub[16:]) == clockRealtime {
		now = uint64(time.Now().UnixNano())
	}
	if timeout <= now {
		return 0
	}
	return time.Duration(min(timeout-now, 1<<62))
}

// sleep waits no longer than the call may last.
func (c *call) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	c.look()
	asleep := c.looked
	if c.inTurn {
		c.endTurn()
		c.asks = asleep // or a nap would be a way to run on without a turn
	}
	timer := time.NewTimer(min(d, c.allowed-c.ran+time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.caller.Done():
	}
	c.looked = time.Now()
	c.ran += c.looked.Sub(asleep) // it chose to
	c.look()
}
