package faults_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

const crowdSize = 5000 // connections

// TestFewDescriptors gives the gateway 128 descriptors and opens 5,000 connections that send nothing. It turns away what is
// too much, goes on committing for those that it has, and takes everybody again as soon as the crowd is gone.
func TestFewDescriptors(t *testing.T) {
	s := newSite(t, t.TempDir(), "")
	g := s.start(t, fewDescriptors(t)...)
	l := s.load(t, g.in, 4, 512)
	if !until(10*time.Second, func() bool { return l.Accepted.Load() > 50 }) {
		t.Fatalf("nothing is accepted\n%s", g.log)
	}
	open := crowd(t, g.in, crowdSize)
	if !turnedAway(open) {
		t.Error("nobody of the crowd was told 503")
	}
	before := l.Accepted.Load()
	if !until(5*time.Second, func() bool { return l.Accepted.Load() > before+50 }) {
		t.Errorf("commits stopped: %d more after %d", l.Accepted.Load()-before, before)
	}
	leave(open)
	if !until(5*time.Second, func() bool { return answers(t, g.in) }) {
		t.Errorf("5 s after the crowd is gone a new sender gets no answer\n%s", tail(g.log.String()))
	}
	l.End()
	if g.gone(0) {
		t.Fatalf("the gateway ended\n%s", tail(g.log.String()))
	}
	g.kill()
	s.mustHoldAll(t)
}

// TestFewDescriptorsControl shows that the crowd is one: without a cap a plain listener in its place runs out.
func TestFewDescriptorsControl(t *testing.T) {
	p, err := start(t, "greedy", "", "", fewDescriptors(t)...)
	if err != nil {
		t.Fatal(err)
	}
	defer leave(crowd(t, "http://"+p.first+"/in", crowdSize))
	if !p.gone(10 * time.Second) {
		t.Error("a listener that holds every connection has survived the crowd; the test above shows nothing")
	}
	if !strings.Contains(p.log.String(), "too many open files") {
		t.Errorf("it ended for another reason: %s", p.log)
	}
}

func init() { roles["greedy"] = greedy }

// greedy takes every connection, keeps it, and ends with the first error, as a server without a cap does.
func greedy(string) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	kept := map[net.Conn]bool{} // else the collector would close them
	for {
		c, err := ln.Accept()
		if err != nil {
			return fmt.Errorf("with %d connections: %w", len(kept), err)
		}
		kept[c] = true
	}
}

func fewDescriptors(t *testing.T) []string {
	t.Helper()
	prlimit, err := exec.LookPath("prlimit")
	if err != nil {
		t.Skip("prlimit is not here; apt-get install util-linux")
	}
	return []string{prlimit, "--nofile=128:128"}
}

// crowd opens connections that send nothing. Some may not come about: the other side is busy, or gone.
func crowd(t *testing.T, url string, n int) (open []net.Conn) {
	t.Helper()
	addr := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/in")
	for range n {
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			open = append(open, c)
		}
	}
	t.Logf("%d connections", len(open))
	return open
}

// leave closes a crowd's connections.
func leave(open []net.Conn) {
	for _, c := range open {
		_ = c.Close() // perhaps closed by the other side
	}
}

// turnedAway says whether the last of a crowd was told, without having asked, to come back later.
func turnedAway(open []net.Conn) bool {
	c := open[len(open)-1]
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second)) // if it fails, so does the read
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != ""
}

// answers posts one event over a connection of its own and says whether it was accepted.
func answers(t *testing.T, url string) bool {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	a, err := gatewaytest.Post(t.Context(), client, url, 64)
	return err == nil && a.Status == http.StatusAccepted
}

// tail gives the end of a long log.
func tail(s string) string { return s[max(0, len(s)-4000):] }
