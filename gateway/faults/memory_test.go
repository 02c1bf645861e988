//go:build linux && !race

// The race detector's shadow memory would be most of what such a process takes.

package faults_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

const (
	littleMemory = 256 << 20 // bytes of the gateway's cgroup
	floodSize    = 500       // connections, with a body of 1 MiB each
)

// TestLittleMemory gives the gateway 256 MiB and floods it with 500 bodies of 1 MiB that stop short of their last byte, and
// with 1,500 connections more that send nothing. It turns away with 503 what it has no room for, goes on committing for
// others, and takes large bodies again as soon as the flood is gone.
func TestLittleMemory(t *testing.T) {
	s := newSite(t, t.TempDir(), "")
	memory := memoryGroup(t, littleMemory)
	g := s.start(t, memory.enter()...)
	l := s.load(t, g.in, 4, 512)
	if !until(10*time.Second, func() bool { return l.Accepted.Load() > 50 }) {
		t.Fatalf("nothing is accepted\n%s", g.log)
	}
	f := startFlood(t, g.in)
	f.settled.Wait()
	open := crowd(t, g.in, 1500)
	if !turnedAway(open) {
		t.Error("nobody of the crowd was told 503, though a quarter of the memory has no room for so many")
	}
	before := l.Accepted.Load()
	if !until(5*time.Second, func() bool { return l.Accepted.Load() > before+50 }) {
		t.Errorf("commits stopped: %d more after %d", l.Accepted.Load()-before, before)
	}
	if f.refused.Load() == 0 || f.held.Load() == 0 {
		t.Errorf("of the flood %d were told 503 and %d are held, want some of both", f.refused.Load(), f.held.Load())
	}
	f.leave()
	leave(open)
	if !until(5*time.Second, func() bool { return takes(t, g.in, 1000<<10) }) {
		t.Errorf("5 s after the flood a large body is not taken\n%s", tail(g.log.String()))
	}
	l.End()
	if g.gone(0) {
		t.Fatalf("the gateway ended: %v\n%s", g.err, tail(g.log.String()))
	}
	t.Logf("%d held, %d told 503; at most %d MiB of %d", f.held.Load(), f.refused.Load(), memory.most(t)>>20, littleMemory>>20)
	g.kill()
	if limit := fmt.Sprintf("Go's memory is limited\" bytes=%d", littleMemory*6/10); !strings.Contains(g.log.String(), limit) {
		t.Errorf("the cgroup's limit was not taken: no %s in\n%s", limit, tail(g.log.String()))
	}
	s.mustHoldAll(t)
}

// TestLittleMemoryControl switches the budget off: the same flood gets the process killed.
func TestLittleMemoryControl(t *testing.T) {
	s := newSite(t, t.TempDir(), `max_bodies = "1TiB"`)
	g := s.start(t, memoryGroup(t, littleMemory).enter()...)
	startFlood(t, g.in)
	if !g.gone(10*time.Second) || !g.wasKilled() {
		t.Errorf("a gateway without the budget has survived the flood: %v; the test above shows nothing", g.err)
	}
}

// flood is many large requests that are never finished.
type flood struct {
	settled       sync.WaitGroup // each has sent what it sends, or was refused
	held, refused atomic.Int64
	conns         []net.Conn
}

func startFlood(t *testing.T, url string) *flood {
	t.Helper()
	const size = 1 << 20
	head := fmt.Sprintf("POST /in HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", size)
	request := append([]byte(head), bytes.Repeat([]byte{' '}, size-1)...)
	f := &flood{conns: crowd(t, url, floodSize)}
	t.Cleanup(f.leave)
	for _, c := range f.conns {
		f.settled.Go(func() { f.send(c, request) })
	}
	return f
}

// send counts a connection as held when all was taken and no answer comes for a while.
func (f *flood) send(c net.Conn, request []byte) {
	_ = c.SetDeadline(time.Now().Add(8 * time.Second)) // if it fails, so does what follows
	_, sent := c.Write(request)
	if sent == nil {
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err == nil {
		_ = resp.Body.Close() // what it says besides is of no interest
	}
	switch {
	case err == nil && resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "":
		f.refused.Add(1)
	case err != nil && sent == nil:
		f.held.Add(1)
	}
}

func (f *flood) leave() {
	leave(f.conns)
	f.settled.Wait()
}

// takes posts one event of a size and says whether it was accepted.
func takes(t *testing.T, url string, size int) bool {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Second}
	a, err := gatewaytest.Post(t.Context(), client, url, size)
	return err == nil && a.Status == http.StatusAccepted
}
