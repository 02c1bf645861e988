package send_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver/send"
)

// secured is a server with HTTP/2, and what a client needs to trust it.
func secured(t *testing.T, h http.HandlerFunc) (*httptest.Server, *tls.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, &tls.Config{RootCAs: roots}
}

// hush passes connections on to a server until it is told to keep those that there are in silence.
type hush struct {
	net.Listener
	silent sync.Map // the connections that hear nothing more, *atomic.Bool by connection
	opened atomic.Int32
}

func newHush(t *testing.T, to string) *hush {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hush{Listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.opened.Add(1)
			there, err := net.Dial("tcp", to)
			if err != nil {
				_ = c.Close()
				continue
			}
			quiet := new(atomic.Bool)
			h.silent.Store(c, quiet)
			go h.pass(there, c, quiet)
			go h.pass(c, there, quiet)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); h.silent.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true }) })
	return h
}

func (h *hush) pass(to, from net.Conn, quiet *atomic.Bool) {
	buf := make([]byte, 4<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			_ = to.Close()
			return
		}
		if !quiet.Load() {
			_, _ = to.Write(buf[:n])
		}
	}
}

// A connection of HTTP/2 whose other end is gone without a word is found out and given up: what follows goes over another.
func TestSilentConnectionIsGivenUp(t *testing.T) {
	s, trust := secured(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
	h := newHush(t, strings.TrimPrefix(s.URL, "https://"))
	c := local(t, send.Options{TLS: trust, Timeout: 200 * time.Millisecond})
	try := func() (string, error) {
		resp, err := c.Send(t.Context(), get("https://"+h.Addr().String()))
		if err != nil {
			return "", err
		}
		return string(resp.Body), nil
	}
	if proto, err := try(); proto != "HTTP/2.0" {
		t.Fatalf("%q, %v", proto, err)
	}
	h.silent.Range(func(_, quiet any) bool { quiet.(*atomic.Bool).Store(true); return true })
	failed := 0
	for {
		if _, err := try(); err == nil {
			break
		}
		if failed++; failed > 20 { // each takes as long as the exchange may
			t.Fatal("the silent connection is used for ever")
		}
	}
	if failed == 0 || h.opened.Load() != 2 {
		t.Errorf("%d exchanges failed, %d connections were opened", failed, h.opened.Load())
	}
}

// A proxy may itself be met over TLS.
func TestProxyOverTLS(t *testing.T) {
	s, trust := secured(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
	p := newProxy(t, func(p *proxy) {
		p.wants = "Basic dTpw"
		p.Listener = tls.NewListener(p.Listener, &tls.Config{Certificates: s.TLS.Certificates})
	})
	o := send.Options{Guard: &send.Guard{AllowPrivate: true}, TLS: trust}
	var err error
	if o.Proxy, err = send.NewProxy("https://"+p.Addr().String(), "u", "p"); err != nil {
		t.Fatal(err)
	}
	c := send.NewClient(o)
	defer c.Close()
	resp, err := c.Send(t.Context(), get(s.URL))
	if err != nil || string(resp.Body) != "HTTP/2.0" || p.list() != "CONNECT "+strings.TrimPrefix(s.URL, "https://") {
		t.Errorf("%v, %v, the proxy was asked %s", resp, err, p.list())
	}
	o.TLS = nil // nobody that is trusted
	strange := send.NewClient(o)
	defer strange.Close()
	if _, err := strange.Send(t.Context(), get(s.URL)); err == nil || !strings.Contains(err.Error(), "proxy: TLS handshake failed") {
		t.Errorf("%v", err)
	}
}
