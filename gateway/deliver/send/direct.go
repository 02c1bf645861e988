package send

import (
	"bufio"
	"context"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"
)

// direct makes exchanges over HTTP/1.1 without TLS in the goroutine that asks for one. net/http hands each request to a
// goroutine that writes and takes the answer from one that reads; for small requests to a receiver nearby those are half
// of what an exchange costs. What it does not do is left to net/http: see takes. An answer is parsed by net/http in any
// case. It never sends a request twice. Safe for concurrent use.
type direct struct {
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	keep    int           // connections that are idle, for each host and port
	idleFor time.Duration // at most

	mu     sync.Mutex
	closed bool
	idle   map[string][]*line // by host and port, the one used last at the end
	sweep  *time.Timer        // of what is idle for too long; nil: nothing is idle
}

// directBody bounds the bodies that are sent so: a receiver that answers early, without reading, has to be heard, and up to
// here the kernel takes a request whole.
const directBody = 64 << 10

// takes says whether a request is for here.
func (d *direct) takes(u *url.URL, r *Request) bool {
	if d == nil || u.Scheme != "http" || len(r.Body) > directBody || !httpguts.ValidHostHeader(u.Host) {
		return false
	}
	for _, name := range []string{"Connection", "Expect", "Upgrade"} {
		if _, asked := r.Header[name]; asked {
			return false
		}
	}
	for _, c := range []byte(u.Host) {
		if c >= utf8.RuneSelf { // a name that has to be written in ASCII first
			return false
		}
	}
	return true
}

// exchange sends a request and gives what came back, up to limit bytes of its body and one that says there was more.
func (d *direct) exchange(ctx context.Context, until time.Time, u *url.URL, r *Request, limit int) (*Response, error) {
	l, err := d.line(ctx, until, address(u))
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = l.SetDeadline(time.Unix(1, 0)) }) // what runs on it ends at once
	resp, again, err := l.exchange(u, r, limit)
	if undisturbed := stop(); !undisturbed || !again { // the deadline may come to lie in the past at any time
		_ = l.Close()
		return resp, err
	}
	d.put(address(u), l)
	return resp, err
}

// address is the host and port to connect to.
func address(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

// line gives a connection that is kept and alive, or makes one. Its deadline is set.
func (d *direct) line(ctx context.Context, until time.Time, addr string) (*line, error) {
	for l := d.take(addr); l != nil; l = d.take(addr) {
		if time.Since(l.since) < d.idleFor && quiet(l.Conn) && l.SetDeadline(until) == nil {
			return l, nil
		}
		_ = l.Close()
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	c, err := d.dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	l := &line{Conn: c}
	l.read = bufio.NewReader(l)
	if err := l.SetDeadline(until); err != nil {
		_ = c.Close()
		return nil, err
	}
	return l, nil
}

func (d *direct) take(addr string) *line {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.idle[addr]
	if len(kept) == 0 {
		return nil
	}
	l := kept[len(kept)-1]
	kept[len(kept)-1] = nil
	d.idle[addr] = kept[:len(kept)-1]
	return l
}

// put keeps a connection for the next exchange.
func (d *direct) put(addr string, l *line) {
	l.since = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.idle[addr]) >= d.keep {
		_ = l.Close()
		return
	}
	d.idle[addr] = append(d.idle[addr], l)
	if d.sweep == nil {
		d.sweep = time.AfterFunc(d.idleFor, d.tidy)
	}
}

// tidy closes what has been idle for too long.
func (d *direct) tidy() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for addr, kept := range d.idle {
		old := 0
		for old < len(kept) && time.Since(kept[old].since) >= d.idleFor {
			_ = kept[old].Close()
			old++
		}
		if kept = slices.Delete(kept, 0, old); len(kept) == 0 {
			delete(d.idle, addr)
			continue
		}
		d.idle[addr] = kept
	}
	if d.sweep = nil; len(d.idle) > 0 {
		d.sweep = time.AfterFunc(d.idleFor, d.tidy)
	}
}

// close closes what is kept; what is in use is closed when it would be kept.
func (d *direct) close() {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, kept := range d.idle {
		for _, l := range kept {
			_ = l.Close()
		}
	}
	clear(d.idle)
	if d.sweep != nil {
		d.sweep.Stop()
	}
}
