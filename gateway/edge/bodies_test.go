package edge_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/edge"
)

const bodyLimit = 128 << 10 // so that four of them are the least budget, and a whole one counts as large

func startBodies(t *testing.T) *gateway {
	return start(t, func(o *edge.Options) {
		o.Config.MaxBody, o.Config.MaxBodies = bodyLimit, 4*bodyLimit
		o.Config.ReadTimeout = time.Minute
	})
}

// begun is a connection that has sent the beginning of a request.
type begun struct {
	net.Conn
	t *testing.T
}

func (g *gateway) begin(t *testing.T, head, body string) begun {
	t.Helper()
	c, err := net.Dial("tcp", g.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second)) // if it fails, the test waits
	b := begun{c, t}
	b.write("POST /hooks/plain HTTP/1.1\r\nHost: h\r\n" + head + "\r\n\r\n" + body)
	return b
}

func (b begun) write(text string) {
	b.t.Helper()
	if _, err := io.WriteString(b.Conn, text); err != nil {
		b.t.Fatal(err)
	}
}

func (b begun) answer(r *bufio.Reader) (status int, retryAfter string) {
	b.t.Helper()
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body) // if it fails, so does the next answer
	return res.StatusCode, res.Header.Get("Retry-After")
}

// once is the answer to a connection's only request.
func (b begun) once() (status int, retryAfter string) { return b.answer(bufio.NewReader(b.Conn)) }

// holds waits until bodies take n bytes of the budget.
func (g *gateway) holds(t *testing.T, n int64) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); g.server.Bodies() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("bodies take %d bytes, want %d", g.server.Bodies(), n)
		}
	}
}

// What bodies take in memory is one budget over all connections, drawn when a length is announced: what goes beyond is
// answered 503, small bodies still find room, and the budget is whole again when all are done.
func TestBodiesAtOnce(t *testing.T) {
	sized := fmt.Sprintf("Content-Length: %d", bodyLimit)
	tests := []struct {
		name, head, body string
		cost             int64
	}{
		{"a length", sized, "{", bodyLimit},
		{"a chunk", "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n{", bodyLimit), bodyLimit},
		{"chunks", "Transfer-Encoding: chunked", strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", bodyLimit/8, strings.Repeat(" ", bodyLimit/8)), 8), bodyLimit},
		{"packed", "Content-Encoding: gzip\r\nContent-Length: 10000", "{", 10_000 + bodyLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := startBodies(t)
			var open []begun
			fit := int(3 * bodyLimit / tt.cost) // three quarters are for large ones
			for i := range fit {
				open = append(open, g.begin(t, tt.head, tt.body))
				g.holds(t, int64(i+1)*tt.cost)
			}
			if status, after := g.begin(t, sized, "").once(); status != http.StatusServiceUnavailable || after == "" {
				t.Errorf("one too many: answered %d with Retry-After %q", status, after)
			}
			if n := g.counted("plugboard_events_received_total", "503", ""); n != 1 {
				t.Errorf("%v refusals are counted, want 1", n)
			}
			if status, _ := g.begin(t, "Content-Length: 2", "{}").once(); status != http.StatusAccepted {
				t.Errorf("a small body beside large ones: answered %d", status)
			}
			for _, c := range open {
				_ = c.Close()
			}
			g.holds(t, 0)
			if status, answer, _ := g.send("POST", "/hooks/plain", `{"pad":"`+strings.Repeat("x", bodyLimit/2)+`"}`); status != http.StatusAccepted {
				t.Errorf("afterwards: %d %s", status, answer)
			}
		})
	}
}

// A connection that stays open gives back what an answered request took, also when requests come in one piece, and one
// refused by its length takes nothing.
func TestBodiesAreGivenBack(t *testing.T) {
	g := startBodies(t)
	large := strings.Repeat(" ", bodyLimit-2) + "{}"
	head := fmt.Sprintf("Content-Length: %d", len(large))
	c := g.begin(t, head, large)
	answers := bufio.NewReader(c.Conn)
	for i := range 20 {
		if i > 0 {
			c.write("POST /hooks/plain HTTP/1.1\r\nHost: h\r\n" + head + "\r\n\r\n")
			g.holds(t, bodyLimit) // each anew
			c.write(large)
		}
		if status, _ := c.answer(answers); status != http.StatusAccepted {
			t.Fatalf("request %d: answered %d", i, status)
		}
	}
	g.holds(t, 0)
	small := strings.Repeat("POST /hooks/plain HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", 50)
	c.write(small)
	for range 50 {
		if status, _ := c.answer(answers); status != http.StatusAccepted {
			t.Fatalf("answered %d", status)
		}
	}
	g.holds(t, 0)
	if status, _ := g.begin(t, fmt.Sprintf("Content-Length: %d", bodyLimit+1), "{").once(); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body above max_body: answered %d", status)
	}
	g.holds(t, 0)
}
