package send_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver/send"
)

// proxy is an HTTP proxy for CONNECT alone, which keeps what it was asked for.
type proxy struct {
	net.Listener
	wants  string // Proxy-Authorization; "" for none
	answer string // instead of a tunnel
	lead   string // where every tunnel really leads; "" for where it was asked to

	mu    sync.Mutex
	asked []string
}

func newProxy(t *testing.T, change func(*proxy)) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l}
	if change != nil {
		change(p)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := p.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	})
	t.Cleanup(func() { _ = l.Close(); done.Wait() })
	return p
}

func (p *proxy) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.RequestURI)
	p.mu.Unlock()
	switch {
	case p.answer != "":
		_, _ = io.WriteString(c, p.answer)
		return
	case p.wants != r.Header.Get("Proxy-Authorization"):
		_, _ = io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
		return
	}
	to := p.lead
	if to == "" {
		to = r.RequestURI
	}
	there, err := net.Dial("tcp", to)
	if err != nil {
		_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		return
	}
	defer func() { _ = there.Close() }()
	_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(there, c); _ = there.Close() }()
	_, _ = io.Copy(c, there)
}

func (p *proxy) list() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.asked, ", ")
}

// through makes a client that uses the proxy.
func through(t *testing.T, p *proxy, username, password string, o send.Options) *send.Client {
	t.Helper()
	var err error
	if o.Proxy, err = send.NewProxy("http://"+p.Addr().String(), username, password); err != nil {
		t.Fatal(err)
	}
	o.AllowHTTP = true
	c := send.NewClient(o)
	t.Cleanup(c.Close)
	return c
}

func TestThroughAProxy(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host+r.URL.Path) })
	p := newProxy(t, func(p *proxy) { p.wants = "Basic dTpwQC86" })
	open := send.Options{Guard: &send.Guard{AllowPrivate: true}}
	c := through(t, p, "u", "p@/:", open)
	resp, err := c.Send(t.Context(), get(s.URL+"/x"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimPrefix(s.URL, "http://"); string(resp.Body) != want+"/x" || p.list() != "CONNECT "+want {
		t.Errorf("%s, the proxy was asked %s", resp.Body, p.list())
	}
	_, err = through(t, p, "u", "canary-wrong", open).Send(t.Context(), get(s.URL+"/x"))
	var sending *send.Error
	if !errors.As(err, &sending) || sending.Permanent || !strings.Contains(err.Error(), "proxy: wants other credentials") || strings.Contains(err.Error(), "canary") {
		t.Errorf("with a wrong password: %v", err)
	}
}

// The proxy is asked for the address that was checked, never for a name that it could resolve to another one.
func TestProxyIsGivenCheckedAddresses(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) })
	p := newProxy(t, func(p *proxy) { p.lead = strings.TrimPrefix(s.URL, "http://") })
	dns := newDNS(t)
	c := through(t, p, "", "", send.Options{Resolver: dns.resolver(), Timeout: 5 * time.Second})
	dns.answer("127.0.0.1", "8.8.4.4")
	resp, err := c.Send(t.Context(), get("http://crm.example.test.:8080/"))
	if err != nil || string(resp.Body) != "crm.example.test.:8080" || p.list() != "CONNECT 8.8.4.4:8080" {
		t.Errorf("%v, the proxy was asked %s", err, p.list())
	}
	open := through(t, p, "", "", send.Options{Resolver: dns.resolver(), Guard: &send.Guard{AllowPrivate: true}})
	if _, err := open.Send(t.Context(), get("http://inner.example.test:80/")); err != nil || !strings.HasSuffix(p.list(), "CONNECT inner.example.test:80") {
		t.Errorf("where all is allowed: %v, the proxy was asked %s", err, p.list())
	}
}

func TestProxyThatDoesNotOpen(t *testing.T) {
	for name, answer := range map[string]string{
		"403": "HTTP/1.1 403 Forbidden\r\n\r\n", "garbage": "220 smtp.example.com ready\r\n", "nothing": "\r\n", "redirect": "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n",
		"endless": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t, func(p *proxy) { p.answer = answer })
			_, err := through(t, p, "", "", send.Options{Guard: &send.Guard{AllowPrivate: true}}).Send(t.Context(), get("http://crm.example.test/"))
			if err == nil || !strings.HasPrefix(err.Error(), "proxy: ") {
				t.Errorf("%v", err)
			}
		})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if _, err := through(t, &proxy{Listener: l}, "", "", send.Options{Guard: &send.Guard{AllowPrivate: true}}).Send(t.Context(), get("http://crm.example.test/")); err == nil || !strings.Contains(err.Error(), "proxy: cannot be reached") {
		t.Errorf("without a proxy: %v", err)
	}
}

// A proxy that takes the connection and says nothing costs no more than the time for connecting.
func TestSilentProxy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c := through(t, &proxy{Listener: l}, "", "", send.Options{Timeout: 100 * time.Millisecond, Guard: &send.Guard{AllowPrivate: true}})
	var sending *send.Error
	if _, err := c.Send(t.Context(), get("http://crm.example.test/")); !errors.As(err, &sending) || !sending.Timeout {
		t.Errorf("%v", err)
	}
}

func TestNewProxy(t *testing.T) {
	for address, ok := range map[string]bool{"http://proxy": true, "https://proxy:8443": true, "http://[::1]:3128": true, "socks5://proxy": false, "proxy:3128": false, "http://": false, "%": false} {
		if _, err := send.NewProxy(address, "", ""); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
