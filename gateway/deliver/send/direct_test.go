package send_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver/send"
)

// rawServer answers each connection by a function that reads and writes as it likes; n is the connection's number from 1.
func rawServer(t *testing.T, answer func(n int, c net.Conn, r *bufio.Reader)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close() //nolint:errcheck // perhaps closed by the other side
				answer(n, c, bufio.NewReader(c))
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// What goes over the wire is what net/http would send, byte for byte.
func TestWireIsNetHTTPs(t *testing.T) {
	wire := make(chan string, 1)
	url := rawServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
		var sent bytes.Buffer
		req, err := http.ReadRequest(bufio.NewReader(io.TeeReader(r, &sent)))
		if err == nil {
			_, _ = io.Copy(io.Discard, req.Body)
		}
		wire <- sent.String()
		_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
	})
	for name, r := range map[string]*send.Request{
		"get":              {Method: "GET", URL: url + "/a%2Fb?c=d&e=%20", Header: http.Header{}},
		"no path":          {Method: "HEAD", URL: url + "?q", Header: http.Header{}},
		"post":             {Method: "POST", URL: url + "/x", Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"a", "b"}}, Body: []byte(`{"a":1}`)},
		"nothing posted":   {Method: "POST", URL: url + "/x", Header: http.Header{}},
		"nothing deleted":  {Method: "DELETE", URL: url + "/x", Header: http.Header{}},
		"own agent":        {Method: "PUT", URL: url + "/x", Header: http.Header{"User-Agent": {"desk"}}, Body: []byte("x")},
		"no agent":         {Method: "PATCH", URL: url + "/x", Header: http.Header{"User-Agent": {""}}},
		"spaces":           {Method: "GET", URL: url + "/", Header: http.Header{"X-A": {"  a b\t"}, "A-X": {""}}},
		"the connection's": {Method: "POST", URL: url + "/", Header: http.Header{"Content-Length": {"7"}, "Host": {"other"}, "Trailer": {"x"}}, Body: []byte("x")},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := local(t, send.Options{}).Send(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			got := <-wire
			req, err := http.NewRequestWithContext(t.Context(), r.Method, r.URL, bytes.NewReader(r.Body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = r.Header
			resp, err := (&http.Transport{DisableCompression: true}).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if want := <-wire; got != want {
				t.Errorf("sent\n%s\nnet/http sends\n%s", got, want)
			}
		})
	}
}

// Connections are kept after answers that were read to their end, and after no others.
func TestConnectionsAreKept(t *testing.T) {
	for name, tt := range map[string]struct {
		answer      string
		connections int
	}{
		"sized":         {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone", 1},
		"chunked":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n", 1},
		"empty":         {"HTTP/1.1 204 No Content\r\n\r\n", 1},
		"after interim": {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone", 1},
		"closing":       {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ndone", 3},
		"old":           {"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\ndone", 3},
		"too long":      {"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + strings.Repeat("x", 200), 3},
		"unasked":       {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndoneHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong", 3},
	} {
		t.Run(name, func(t *testing.T) {
			var connections atomic.Int32
			url := rawServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
				for connections.Add(1); ; {
					if _, err := http.ReadRequest(r); err != nil {
						return
					}
					_, _ = io.WriteString(c, tt.answer)
				}
			})
			c := local(t, send.Options{MaxResponse: 100})
			for range 3 {
				resp, err := c.Send(t.Context(), get(url))
				if err != nil || resp.Status/100 != 2 || strings.Contains(string(resp.Body), "wrong") {
					t.Fatalf("%+v, %v", resp, err)
				}
			}
			if n := connections.Load(); int(n) != tt.connections {
				t.Errorf("%d connections, want %d", n, tt.connections)
			}
		})
	}
}

// A connection that ended, or said something, while it was kept is not used again: its end is no failed attempt, and what
// it said is nobody's answer.
func TestKeptConnectionIsLookedAt(t *testing.T) {
	for name, meanwhile := range map[string]string{"ended": "", "spoke": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"} {
		t.Run(name, func(t *testing.T) {
			over := make(chan struct{})
			proceed := make(chan struct{})
			url := rawServer(t, func(n int, c net.Conn, r *bufio.Reader) {
				if _, err := http.ReadRequest(r); err != nil {
					return
				}
				_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", n)
				if n > 1 {
					return
				}
				<-proceed
				if _, _ = io.WriteString(c, meanwhile); meanwhile == "" {
					_ = c.Close()
				}
				close(over)
				_, _ = r.ReadByte() // until the other side hangs up
			})
			c := local(t, send.Options{})
			for n := 1; n <= 2; n++ {
				resp, err := c.Send(t.Context(), get(url))
				if err != nil || string(resp.Body) != fmt.Sprint(n) {
					t.Fatalf("exchange %d: %+v, %v", n, resp, err)
				}
				if n == 1 {
					close(proceed)
					<-over
				}
			}
		})
	}
}

// Who refuses a request before it was read is heard; who never comes to an answer is given up.
func TestAnswersOutOfTurn(t *testing.T) {
	for name, tt := range map[string]struct {
		answer string
		status int // 0: an error that may pass
	}{
		"early":           {"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n", 413},
		"interim only":    {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100), 0},
		"other protocol":  {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", 0},
		"two lengths":     {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\ndone.", 0},
		"negative length": {"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\ndone", 0},
	} {
		t.Run(name, func(t *testing.T) {
			url := rawServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
				for line := ""; line != "\r\n"; {
					var err error
					if line, err = r.ReadString('\n'); err != nil {
						return
					}
				}
				_, _ = io.WriteString(c, tt.answer)
				_, _ = io.Copy(io.Discard, r)
			})
			resp, err := local(t, send.Options{Timeout: 10 * time.Second}).Send(t.Context(), &send.Request{Method: "POST", URL: url, Header: http.Header{}, Body: make([]byte, 60<<10)})
			var e *send.Error
			switch {
			case tt.status == 0 && (!errors.As(err, &e) || e.Permanent || e.Timeout):
				t.Errorf("%+v, %v; want an error that may pass", resp, err)
			case tt.status != 0 && (err != nil || resp.Status != tt.status):
				t.Errorf("%+v, %v; want status %d", resp, err, tt.status)
			}
		})
	}
}

// Whoever asks gets the answer to what was asked, however many share the connections and whoever gives up meanwhile.
func TestAnswersAreNotMixed(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})
	c := local(t, send.Options{Connections: 4})
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 100 {
				ctx, cancel := context.WithCancel(t.Context())
				if i%5 == worker%5 {
					go cancel() // perhaps in the middle
				}
				said := fmt.Sprintf("%d of %d", i, worker)
				resp, err := c.Send(ctx, &send.Request{Method: "POST", URL: s.URL, Header: http.Header{}, Body: []byte(said)})
				if interrupted := ctx.Err() != nil; err != nil && !interrupted || err == nil && string(resp.Body) != said {
					t.Errorf("%s: %+v, %v", said, resp, err)
				}
				cancel()
			}
		})
	}
	group.Wait()
}

// An idle connection is closed after a while.
func TestIdleConnectionsEnd(t *testing.T) {
	over := make(chan error, 1)
	url := rawServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
		if _, err := http.ReadRequest(r); err != nil {
			over <- err
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		_, err := r.ReadByte()
		over <- err
	})
	c := local(t, send.Options{})
	c.KeepIdle(50 * time.Millisecond)
	if _, err := c.Send(t.Context(), get(url)); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-over:
		if !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("an idle connection is still open")
	}
}

// Whatever a receiver answers, it is an answer within its bounds or an error that may pass.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"", "\x00\xff\x17", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nwithout a length", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08",
		"HTTP/9.9 999 \r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "HTTP/1.1 101 x\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	answers := make(chan []byte, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				_, _ = c.Write(<-answers)
			}
			_ = c.Close()
		}
	}()
	c := send.NewClient(send.Options{AllowHTTP: true, Guard: &send.Guard{AllowPrivate: true}, MaxResponse: 1 << 10})
	f.Cleanup(c.Close)
	f.Fuzz(func(t *testing.T, answer []byte) {
		answers <- answer
		resp, err := c.Send(t.Context(), get("http://"+l.Addr().String()))
		var e *send.Error
		switch {
		case err != nil && (!errors.As(err, &e) || e.Permanent || e.Timeout):
			t.Error(err)
		case err == nil && (resp.Status < 200 || resp.Status > 999 || len(resp.Body) > 1<<10):
			t.Errorf("status %d, %d bytes", resp.Status, len(resp.Body))
		}
	})
}
