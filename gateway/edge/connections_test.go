package edge_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/edge"
)

// A sender that does not finish is told so, and cut.
func TestSlowSender(t *testing.T) {
	g := start(t, func(o *edge.Options) { o.Config.ReadTimeout = 200 * time.Millisecond })
	for _, part := range []string{"POST /hooks/plain HTTP/1.1\r\nHost: h\r\nContent-Le", "POST /hooks/plain HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{"} {
		statuses, _ := g.raw(part)
		if diff := cmp.Diff([]int{408}, statuses); diff != "" {
			t.Errorf("%q (-want +got):\n%s", part, diff)
		}
	}
}

func TestConnectionsOfOneAddress(t *testing.T) {
	g := start(t, func(o *edge.Options) { o.Config.PerAddress = 2 })
	for range 2 {
		c, err := net.Dial("tcp", g.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	statuses, _ := g.raw("")
	if diff := cmp.Diff([]int{429}, statuses); diff != "" {
		t.Errorf("third connection (-want +got):\n%s", diff)
	}
}

// What is one connection too many is told when to come back, and finds room when another has gone.
func TestConnectionsAtOnce(t *testing.T) {
	g := start(t, func(o *edge.Options) { o.Config.MaxConnections = 2 })
	one, two := g.begin(t, "Content-Length: 2", "{"), g.begin(t, "Content-Length: 2", "{")
	g.holds(t, 4)
	third, err := net.Dial("tcp", g.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = third.Close() }()
	_ = third.SetDeadline(time.Now().Add(10 * time.Second))
	if status, after := (begun{third, t}).once(); status != http.StatusServiceUnavailable || after == "" {
		t.Errorf("third connection: %d with Retry-After %q", status, after)
	}
	if n := g.counted("plugboard_events_received_total", "503", ""); n != 1 {
		t.Errorf("%v refusals are counted, want 1", n)
	}
	_ = one.Close()
	g.holds(t, 2)
	two.write("}")
	if status, _ := two.once(); status != http.StatusAccepted {
		t.Errorf("second connection: %d", status)
	}
	_ = two.Close()
	for end := time.Now().Add(10 * time.Second); g.server.Open() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections are open, want none", g.server.Open())
		}
	}
	if status, answer, _ := g.send("POST", "/hooks/plain", "{}"); status != http.StatusAccepted {
		t.Errorf("afterwards: %d %s", status, answer)
	}
}

// A sender that asks before it sends is let go on, and the bytes it then sends are checked all the same.
func TestExpectContinue(t *testing.T) {
	g := start(t, nil)
	c, err := net.Dial("tcp", g.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(c)
	for _, part := range []struct{ send, want string }{
		{"POST /hooks/plain HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 100 Continue\r\n"},
		{"{}", "\r\n"},
	} {
		if _, err := io.WriteString(c, part.send); err != nil {
			t.Fatal(err)
		}
		if line, err := r.ReadString('\n'); err != nil || line != part.want {
			t.Fatalf("%q, %v; want %q", line, err, part.want)
		}
	}
	if line, err := r.ReadString('\n'); err != nil || line != "HTTP/1.1 202 Accepted\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
}

// Shutdown lets a request that is being read end, and takes no other.
func TestShutdown(t *testing.T) {
	g := start(t, nil)
	leave, answered := reading(t, g)
	down := make(chan error)
	go func() { down <- g.server.Shutdown(t.Context()) }()
	for { // until the listener is closed
		c, err := net.Dial("tcp", g.addr)
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(leave)
	if a := <-answered; a.ID == "" {
		t.Errorf("answered %+v", a)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}
