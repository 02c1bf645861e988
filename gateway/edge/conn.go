package edge

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// When a request is refused before it was read to its end, the sender may still be writing. Closing at once would make
// the kernel answer those bytes with a reset, and the sender would never see why. So what comes is read and thrown away,
// for a moment and up to a bound.
const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 256 << 10 // or a body, if that may be longer
)

// listener hands out connections that are checked and counted, and whose bodies are. Those that are too many it gives to
// crowded instead, which closes them.
type listener struct {
	net.Listener
	bodies   *budget
	most     int64 // connections
	open     *atomic.Int64
	senders  *addresses // of connections
	proxies  proxies    // whose connections are not counted by address: all of their senders come by them
	security *security  // nil: plain
	asks     func() bool
	crowded  func(c net.Conn, status int, reason string)
}

// Accept waits while the process is out of descriptors: fasthttp would take the error for the listener's end.
func (l listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		switch {
		case err == nil:
			if in := l.admit(c); in != nil {
				return in, nil
			}
		case !passing(err):
			return nil, err
		default:
			time.Sleep(acceptPause)
		}
	}
}

// admit gives the connection as it is served; nil when it is one too many, and turned away.
func (l listener) admit(c net.Conn) net.Conn {
	if l.open.Add(1) > l.most {
		l.open.Add(-1)
		l.crowded(c, http.StatusServiceUnavailable, "more connections at once than there is room for")
		return nil
	}
	leave := func() { l.open.Add(-1) }
	if addr := addressOf(c); addr.IsValid() && !l.proxies.trusts(addr) {
		of := network(addr)
		if !l.senders.take(of) {
			leave()
			l.crowded(c, http.StatusTooManyRequests, "more connections at once than one address may have")
			return nil
		}
		leave = func() { l.open.Add(-1); l.senders.give(of) }
	}
	wrap := func(c net.Conn) *conn { return newConn(c, l.bodies, leave) }
	if l.security != nil {
		return l.security.secure(c, l.asks(), wrap)
	}
	return wrap(c)
}

// acceptPause is how long accepting waits for others to give back what it lacks.
const acceptPause = 10 * time.Millisecond

// connections is how many may be open: what is configured, at most half of what the process may open, and at most what
// fits into a quarter of its memory. The store, the attempts and the API live on the rest; a commit that finds no
// descriptor would end the gateway.
func connections(configured int, descriptors uint64, memory int64) int {
	n := int64(configured)
	if half := descriptors / 2; half > 0 && half < uint64(n) { //nolint:gosec // at least 1
		n = int64(half) //nolint:gosec // less than an int
	}
	return int(max(1, min(n, memory/memoryConns/perConnection)))
}

// conn is a connection whose bytes pass the scanner before anybody parses them. One goroutine reads it; Shutdown may
// close it from another.
type conn struct {
	net.Conn
	scanner scanner
	hold    hold
	leave   func() // once, when it is closed
	closed  atomic.Bool
	refused error
	midway  atomic.Bool // a request was refused, or has not come to its end
}

func newConn(c net.Conn, bodies *budget, leave func()) *conn {
	made := &conn{Conn: c, hold: hold{budget: bodies}, leave: leave}
	made.scanner.hold = &made.hold
	return made
}

func (c *conn) Read(p []byte) (int, error) {
	if c.refused != nil {
		return 0, c.refused
	}
	if c.scanner.idle() { // all that came was whole requests, and who reads on has answered them
		c.hold.giveBack()
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
	c.hold.giveBack()
	if c.closed.CompareAndSwap(false, true) {
		defer c.leave()
	}
	half, canHalf := c.Conn.(interface{ CloseWrite() error })
	if canHalf && c.midway.Load() && half.CloseWrite() == nil {
		_ = c.SetReadDeadline(time.Now().Add(lingerTime)) // if it fails, so does the read
		_, _ = io.CopyN(io.Discard, c.Conn, max(lingerBytes, c.hold.budget.maxBody+maxHead))
	}
	return c.Conn.Close()
}
