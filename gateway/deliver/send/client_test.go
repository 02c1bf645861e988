package send_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver/send"
)

// local makes a client that may reach a test server.
func local(t *testing.T, o send.Options) *send.Client {
	t.Helper()
	o.AllowHTTP, o.Guard = true, &send.Guard{AllowPrivate: true}
	c := send.NewClient(o)
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestExchange(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Got", r.Method+" "+r.URL.String()+" "+r.Header.Get("X-Test")+" "+string(body))
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "done")
	})
	c := local(t, send.Options{})
	resp, err := c.Send(t.Context(), &send.Request{Method: "PUT", URL: s.URL + "/a%2Fb?c=d", Header: http.Header{"X-Test": {"1"}}, Body: []byte("hello")})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := resp.Header.Get("X-Got"), "PUT /a%2Fb?c=d 1 hello"; got != want {
		t.Errorf("the server got %q, want %q", got, want)
	}
	if resp.Status != 201 || string(resp.Body) != "done" || resp.Truncated {
		t.Errorf("answer %d %q, truncated %v", resp.Status, resp.Body, resp.Truncated)
	}
}

func TestResponseIsBounded(t *testing.T) {
	for _, length := range []int{0, 99, 100, 101, 1 << 20} {
		for _, chunked := range []bool{false, true} {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if chunked {
					w.(http.Flusher).Flush()
				}
				_, _ = io.WriteString(w, strings.Repeat("x", length))
			})
			resp, err := local(t, send.Options{MaxResponse: 100}).Send(t.Context(), get(s.URL))
			if err != nil {
				t.Fatalf("%d bytes, chunked %v: %v", length, chunked, err)
			}
			if len(resp.Body) != min(length, 100) || resp.Truncated != (length > 100) {
				t.Errorf("%d bytes, chunked %v: read %d, truncated %v", length, chunked, len(resp.Body), resp.Truncated)
			}
		}
	}
}

// An answer without end costs no more than the bound, in bytes and in time.
func TestEndlessAnswer(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<10)); err != nil {
				return
			}
		}
	})
	resp, err := local(t, send.Options{Timeout: 5 * time.Second}).Send(t.Context(), get(s.URL))
	if err != nil || !resp.Truncated || len(resp.Body) != send.DefaultMaxResponse {
		t.Errorf("%v", err)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "10") })
	resp, err := local(t, send.Options{}).Send(t.Context(), &send.Request{Method: "HEAD", URL: s.URL, Header: http.Header{}})
	if err != nil || resp.Status != 200 || len(resp.Body) != 0 {
		t.Errorf("%+v, %v", resp, err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var inner atomic.Int32
	target := serve(t, func(http.ResponseWriter, *http.Request) { inner.Add(1) })
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target.URL, http.StatusFound) })
	resp, err := local(t, send.Options{}).Send(t.Context(), get(s.URL))
	if err != nil || resp.Status != 302 || inner.Load() != 0 {
		t.Errorf("%+v, %v, followed %d times", resp, err, inner.Load())
	}
}

// A server that reads a request and hangs up gets it once, also on a connection that worked before and whatever the
// method and headers say about repeating it.
func TestExactlyOneAttempt(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
		t.Run(method, func(t *testing.T) {
			var seen atomic.Int32
			s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
				if seen.Add(1) > 1 {
					panic(http.ErrAbortHandler)
				}
			})
			c := local(t, send.Options{})
			r := &send.Request{Method: method, URL: s.URL, Header: http.Header{"Idempotency-Key": {"1"}}}
			if _, err := c.Send(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			_, err := c.Send(t.Context(), r)
			var e *send.Error
			if !errors.As(err, &e) || e.Permanent {
				t.Errorf("error %v, want one that may pass", err)
			}
			if n := seen.Load(); n != 2 {
				t.Errorf("the server got %d requests, want 2", n)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	_, err := local(t, send.Options{Timeout: 50 * time.Millisecond}).Send(t.Context(), get(s.URL))
	var e *send.Error
	if !errors.As(err, &e) || !e.Timeout || e.Permanent {
		t.Errorf("error %v, want a timeout", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = local(t, send.Options{}).Send(ctx, get(s.URL)); err == nil || err.Error() != "interrupted" {
		t.Errorf("error %v, want interrupted", err)
	}
}

// Answers that are cut, garbled or missing are errors that may pass.
func TestBrokenAnswers(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":   "",
		"garbage":   "\x00\xff\x17",
		"cut body":  "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
		"cut chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"headers":   "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 1024))
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			}()
			_, err = local(t, send.Options{}).Send(t.Context(), get("http://"+l.Addr().String()))
			var e *send.Error
			if !errors.As(err, &e) || e.Permanent {
				t.Errorf("error %v, want one that may pass", err)
			}
		})
	}
}

func TestRefusedRequests(t *testing.T) {
	c := send.NewClient(send.Options{})
	defer c.Close()
	secret := "s3cret-value"
	tests := map[string]*send.Request{
		"plain http":      get("http://example.com/" + secret),
		"other scheme":    get("file:///etc/" + secret),
		"no scheme":       get("example.com/" + secret),
		"no host":         get("https:///" + secret),
		"opaque":          get("https:" + secret),
		"user":            get("https://" + secret + "@example.com/"),
		"bad escape":      get("https://example.com/%zz" + secret),
		"control in url":  get("https://example.com/\n" + secret),
		"zone":            get("https://[fe80::1%25eth0]/"),
		"method":          {Method: "GET /\r\nX: y", URL: "https://example.com", Header: http.Header{}},
		"header name":     {Method: "GET", URL: "https://example.com", Header: http.Header{"X: y\r\nZ": {"1"}}},
		"header newline":  {Method: "GET", URL: "https://example.com", Header: http.Header{"X": {secret + "\r\nY: z"}}},
		"header nul byte": {Method: "GET", URL: "https://example.com", Header: http.Header{"X": {secret + "\x00"}}},
	}
	for name, r := range tests {
		_, err := c.Send(t.Context(), r)
		var e *send.Error
		if !errors.As(err, &e) || !e.Permanent {
			t.Errorf("%s: error %v, want a permanent one", name, err)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows what may be a secret: %v", name, err)
		}
	}
}

// The demo destination is reached though it is on the loopback and speaks plain http; nothing beside it is.
func TestExempt(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	other := newTrap(t)
	guard := &send.Guard{Exempt: netip.MustParseAddrPort(s.Listener.Addr().String())}
	c := send.NewClient(send.Options{Guard: guard})
	defer c.Close()
	if _, err := c.Send(t.Context(), get(s.URL)); err != nil {
		t.Error(err)
	}
	if _, err := c.Send(t.Context(), get("http://127.0.0.1:"+other.port)); err == nil || other.hits.Load() != 0 {
		t.Errorf("another port was reached: %v", err)
	}
}

func TestHTTP2AndCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Proto", r.Proto) }))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	trusting := &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	for _, method := range []string{"GET", "POST"} {
		resp, err := local(t, send.Options{TLS: trusting}).Send(t.Context(), &send.Request{Method: method, URL: s.URL, Header: http.Header{}})
		if err != nil || resp.Header.Get("X-Proto") != "HTTP/2.0" {
			t.Errorf("%s: %+v, %v", method, resp, err)
		}
	}
	if _, err := local(t, send.Options{}).Send(t.Context(), get(s.URL)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
}
