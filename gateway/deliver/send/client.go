package send

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Bounds of an exchange, where Options do not say otherwise.
const (
	DefaultTimeout     = 15 * time.Second
	DefaultMaxResponse = 64 << 10

	connectTimeout = 5 * time.Second
	idleTimeout    = 30 * time.Second // below what servers commonly keep, so that a connection seldom dies under a request
	maxHeader      = 64 << 10
)

// Options make a Client.
type Options struct {
	Timeout time.Duration // of an exchange, connecting included; 0: DefaultTimeout
	// Connections are so many at a time at most, and over plain http so many kept: there it is the lane that bounds how many
	// exchanges are made at once. 0: no bound, and two are kept.
	Connections int
	MaxResponse int           // bytes of a response that are read; 0: DefaultMaxResponse
	AllowHTTP   bool          // plain http, not only https
	Guard       *Guard        // nil: the zero Guard
	Resolver    *net.Resolver // nil: the system's
	TLS         *tls.Config   // nil: the system's roots; TLS 1.2 is the least in any case
	Proxy       *Proxy        // nil: none; the environment's is not looked at
}

// Client is a Sender on net/http: HTTP/1.1 and HTTP/2, connections kept and shared. Small requests over plain http take a
// shorter way. It is safe for concurrent use.
type Client struct {
	opts      Options
	transport *http.Transport
	direct    *direct // nil: not used
}

// NewClient makes a Client. Close it when it is no longer needed.
func NewClient(o Options) *Client {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxResponse <= 0 {
		o.MaxResponse = DefaultMaxResponse
	}
	if o.Guard == nil {
		o.Guard = &Guard{}
	}
	secure := o.TLS.Clone()
	if secure == nil {
		secure = &tls.Config{}
	}
	secure.MinVersion = max(secure.MinVersion, tls.VersionTLS12)
	dialer := &net.Dialer{Timeout: connectTimeout, Resolver: o.Resolver, ControlContext: o.Guard.control}
	dial := dialer.DialContext
	if o.Proxy != nil {
		dial = newTunnel(o, dialer).dial
	}
	c := &Client{opts: o}
	if canPeek && o.Proxy == nil {
		c.direct = &direct{dial: dial, keep: max(o.Connections, 2), idleFor: idleTimeout, idle: map[string][]*line{}}
	}
	c.transport = &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        secure,
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // gunzip bounds what a body becomes
		MaxConnsPerHost:        o.Connections,
		MaxIdleConnsPerHost:    max(o.Connections, 2),
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
		WriteBufferSize:        4 << 10,
		ReadBufferSize:         4 << 10,
		// A connection whose other end is gone without a word would let every exchange on it time out: HTTP/2 keeps it, where
		// HTTP/1.1 gives it up with the first.
		HTTP2: &http.HTTP2Config{SendPingTimeout: o.Timeout, PingTimeout: min(o.Timeout, connectTimeout)},
	}
	return c
}

// Close closes the connections that are kept. Exchanges that are running go on.
func (c *Client) Close() {
	c.transport.CloseIdleConnections()
	c.direct.close()
}

// Send makes the exchange.
func (c *Client) Send(ctx context.Context, r *Request) (out *Response, err error) {
	u, err := c.check(r)
	if err != nil {
		return nil, err
	}
	if c.direct.takes(u, r) {
		out, err = c.direct.exchange(ctx, time.Now().Add(c.opts.Timeout), u, r, c.opts.MaxResponse+1)
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.opts.Timeout)
		defer cancel()
		out, err = c.roundTrip(ctx, u, r)
	}
	if err != nil {
		return nil, explain(ctx, err)
	}
	if len(out.Body) > c.opts.MaxResponse {
		out.Body, out.Truncated = out.Body[:c.opts.MaxResponse], true
	}
	if len(out.Body) > 0 && isGzip(out.Header) {
		var cut bool
		out.Body, cut = gunzip(out.Body, c.opts.MaxResponse)
		out.Truncated = out.Truncated || cut
		out.Header.Del("Content-Encoding")
		out.Header.Del("Content-Length")
	}
	return out, nil
}

// roundTrip has net/http make the exchange. The Header is handed on, not copied: the transport only reads it.
func (c *Client) roundTrip(ctx context.Context, u *url.URL, r *Request) (*Response, error) {
	req := &http.Request{
		Method: r.Method, URL: u, Host: u.Host, Header: r.Header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: int64(len(r.Body)),
		// A body that is not nil and has no GetBody keeps the transport from sending anything a second time.
		Body: io.NopCloser(bytes.NewReader(r.Body)),
	}
	resp, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // what is left unread is given up with the connection
	body, _, err := readAnswer(resp, c.opts.MaxResponse+1)
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, err
}

// check refuses what is no request.
func (c *Client) check(r *Request) (*url.URL, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, refuse("the url cannot be read") // the parser's own words quote it
	}
	if err := c.checkURL(u); err != nil {
		return nil, err
	}
	if !httpguts.ValidHeaderFieldName(r.Method) {
		return nil, refuse("the method is not a word")
	}
	for name, values := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return nil, refuse("header name %q has a character that is not allowed", name)
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return nil, refuse("header %s must be one line without control characters", name)
			}
		}
	}
	return u, nil
}

func (c *Client) checkURL(u *url.URL) error {
	switch {
	case u.Scheme == "http" && !c.opts.AllowHTTP && !c.exempt(u):
		return refuse("plain http is refused; use https, or set allow_http = true on the destination")
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse("the url must begin with https://")
	case u.Hostname() == "" || u.Opaque != "":
		return refuse("the url has no host")
	case u.User != nil:
		return refuse("the url holds a user name; use auth on the destination")
	case strings.Contains(u.Hostname(), "%"):
		return refuse("the url's host has a zone")
	}
	return nil
}

// exempt says whether the URL names the demo destination, which speaks plain http.
func (c *Client) exempt(u *url.URL) bool {
	return c.opts.Guard.Exempt.IsValid() && u.Host == c.opts.Guard.Exempt.String()
}

// readUpTo reads at most limit bytes, in one piece when the length is known.
func readUpTo(r io.Reader, length int64, limit int) ([]byte, error) {
	if length < 0 || length > int64(limit) {
		return io.ReadAll(io.LimitReader(r, int64(limit)))
	}
	if length == 0 {
		return nil, nil
	}
	buf := make([]byte, length)
	if _, err := io.ReadFull(r, buf); err != nil {
		return nil, errors.Join(errShort, err)
	}
	return buf, nil
}

var errShort = errors.New("answer cut short")
