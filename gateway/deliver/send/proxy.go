package send

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// Proxy is an HTTP proxy that connections are tunnelled through with CONNECT, for https and plain http alike.
//
// The Guard holds behind it because names are resolved here: each address is checked, and the proxy is asked for the
// address, not for the name, so that it cannot resolve to another one. Only where the Guard lets everything through does
// the proxy get the name. The proxy's own address is the operator's word, and is not checked.
type Proxy struct {
	addr   string // host:port
	host   string // for its certificate; "" without TLS
	header http.Header
}

// NewProxy makes a Proxy of http://host:port or https://host:port. Without a username no credentials are sent.
func NewProxy(address, username, password string) (*Proxy, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("send: the proxy's url is not http://host:port or https://host:port")
	}
	p, port := &Proxy{header: http.Header{}}, u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	p.addr = net.JoinHostPort(u.Hostname(), port)
	if u.Scheme == "https" {
		p.host = u.Hostname()
	}
	if username != "" {
		p.header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(username+":"+password)))
	}
	return p, nil
}

// maxConnectAnswer bounds what is read of a proxy's answer to CONNECT, in bytes.
const maxConnectAnswer = 16 << 10

// errProxy says what is wrong with a proxy: its text holds nothing of the request.
type errProxy struct{ what string }

func (e *errProxy) Error() string { return "proxy: " + e.what }

// tunnel dials through a Proxy.
type tunnel struct {
	proxy    *Proxy
	roots    *x509.CertPool
	guard    *Guard
	resolver *net.Resolver
	direct   *net.Dialer // guarded
	dialer   *net.Dialer
}

func newTunnel(o Options, direct *net.Dialer) *tunnel {
	t := &tunnel{proxy: o.Proxy, guard: o.Guard, resolver: o.Resolver, direct: direct, dialer: &net.Dialer{Timeout: connectTimeout, Resolver: o.Resolver}}
	if t.resolver == nil {
		t.resolver = net.DefaultResolver
	}
	if o.TLS != nil {
		t.roots = o.TLS.RootCAs
	}
	return t
}

// dial opens a connection to addr (host:port) behind the proxy.
func (t *tunnel) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if t.guard.Exempt.IsValid() && addr == t.guard.Exempt.String() { // the demo on this machine
		return t.direct.DialContext(ctx, network, addr)
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	targets, err := t.targets(ctx, addr)
	if err != nil {
		return nil, err
	}
	for _, target := range targets {
		var conn net.Conn
		if conn, err = t.connect(ctx, target); err == nil {
			return conn, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// targets are what the proxy may be asked for: every address of the host that the Guard lets through.
func (t *tunnel) targets(ctx context.Context, addr string) ([]string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if t.guard.AllowPrivate {
		return []string{addr}, nil
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, &net.AddrError{Err: "port is not a number", Addr: port}
	}
	found, err := t.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var targets []string
	var denied error
	for _, ip := range found {
		to := netip.AddrPortFrom(ip.Unmap(), uint16(number))
		if err := t.guard.Check(to); err != nil {
			denied = err
			continue
		}
		targets = append(targets, to.String())
	}
	if len(targets) == 0 {
		if denied == nil {
			denied = &net.DNSError{Err: "no address", Name: host}
		}
		return nil, denied
	}
	return targets, nil
}

// connect asks the proxy for a tunnel.
func (t *tunnel) connect(ctx context.Context, target string) (net.Conn, error) {
	conn, err := t.dialer.DialContext(ctx, "tcp", t.proxy.addr)
	if err != nil {
		return nil, &errProxy{"cannot be reached: " + plain(err)}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // whoever waits below wakes up
	opened, err := t.shake(ctx, conn, target)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return opened, nil
}

func (t *tunnel) shake(ctx context.Context, conn net.Conn, target string) (net.Conn, error) {
	if t.proxy.host != "" {
		secured := tls.Client(conn, &tls.Config{ServerName: t.proxy.host, RootCAs: t.roots, MinVersion: tls.VersionTLS12})
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, &errProxy{"TLS handshake failed: " + plain(err)}
		}
		conn = secured
	}
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: target}, Host: target, Header: t.proxy.header}
	if err := req.Write(conn); err != nil {
		return nil, &errProxy{"hung up"}
	}
	// Read byte for byte: what stands behind the answer is the tunnel's.
	read := bufio.NewReaderSize(&oneByte{conn, maxConnectAnswer}, 16)
	resp, err := http.ReadResponse(read, req)
	if err != nil {
		return nil, &errProxy{"gave no answer that can be read"}
	}
	_ = resp.Body.Close() // an answer to CONNECT has none
	switch {
	case resp.StatusCode == http.StatusProxyAuthRequired:
		return nil, &errProxy{"wants other credentials (407)"}
	case resp.StatusCode != http.StatusOK:
		return nil, &errProxy{fmt.Sprintf("answered %d", resp.StatusCode)}
	}
	return conn, nil
}

// oneByte reads a byte at a time, and no more than left.
type oneByte struct {
	conn net.Conn
	left int
}

func (r *oneByte) Read(p []byte) (int, error) {
	if r.left--; r.left < 0 {
		return 0, errors.New("too long")
	}
	return r.conn.Read(p[:min(len(p), 1)])
}

// plain is the kind of an error, without what it was about.
func plain(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}
