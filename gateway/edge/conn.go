package edge

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// When a request is refused before it was read to its end, the sender may still be writing. Closing at once would make
// the kernel answer those bytes with a reset, and the sender would never see why. So what comes is read and thrown away,
// for a moment and up to a bound.
const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 256 << 10
)

// listener hands out connections that are checked.
type listener struct{ net.Listener }

// Accept waits while the process is out of descriptors: fasthttp would take the error for the listener's end.
func (l listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err == nil {
			return &conn{Conn: c}, nil
		}
		if !passing(err) {
			return nil, err
		}
		time.Sleep(acceptPause)
	}
}

// acceptPause is how long accepting waits for others to give back what it lacks.
const acceptPause = 10 * time.Millisecond

// connections is how many may be open: what is configured, and at most half of what the process may open. The store, the
// attempts and the API live on the other half; a commit that finds no descriptor would end the gateway.
func connections(configured int) int {
	if most := descriptors() / 2; most > 0 && most < uint64(configured) { //nolint:gosec // at least 1
		return int(most) //nolint:gosec // less than an int
	}
	return configured
}

// conn is a connection whose bytes pass the scanner before anybody parses them. One goroutine reads it; Shutdown may
// close it from another.
type conn struct {
	net.Conn
	scanner scanner
	refused error
	midway  atomic.Bool // a request was refused, or has not come to its end
}

func (c *conn) Read(p []byte) (int, error) {
	if c.refused != nil {
		return 0, c.refused
	}
	n, err := c.Conn.Read(p)
	ok, fault := c.scanner.scan(p[:n])
	if midway := fault != nil || !c.scanner.idle(); midway != c.midway.Load() {
		c.midway.Store(midway)
	}
	if fault == nil {
		return n, err
	}
	c.refused = fault
	if ok == 0 {
		return 0, fault
	}
	return ok, nil
}

// Close lets the sender read its answer when it was given one in the middle of its request.
func (c *conn) Close() error {
	half, canHalf := c.Conn.(interface{ CloseWrite() error })
	if canHalf && c.midway.Load() && half.CloseWrite() == nil {
		_ = c.SetReadDeadline(time.Now().Add(lingerTime)) // if it fails, so does the read
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
	}
	return c.Conn.Close()
}
