//go:build unix

package faults_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// The shipped timeouts are 9 s. With them, on a machine with nothing else to do:
//
//	go test ./gateway/faults -run 'TestSlowCrowd$' -slow 9s -v
var slowTimeout = flag.Duration("slow", 2*time.Second, "read, write and idle timeout in TestSlowCrowd")

const (
	slowCrowd = 2000 // connections, a quarter of them of each kind
	slowTick  = 250 * time.Millisecond
	slowSlack = 20 * time.Second // for a loaded machine, beyond the timeout; what it really took is logged
)

// slow are the ways to hold a connection while doing next to nothing (row 9 of the attacks that the project holds itself
// to). A writer sends its beginning at once and then a byte at a time; a reader asks and never takes the answers.
var slow = map[string]struct {
	begin, drip string
	reader      bool
}{
	"silent":  {},
	"headers": {begin: "POST /in HTTP/1.1\r\nHost: h\r\nX-", drip: "a"},
	"body":    {begin: "POST /in HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{", drip: " "},
	"reader":  {begin: strings.Repeat("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n", 1000), reader: true},
}

// TestSlowCrowd holds 2,000 connections open by sending, or taking, next to nothing. Each is cut as soon as the timeout of
// its kind is over, and good senders go on meanwhile.
func TestSlowCrowd(t *testing.T) {
	crowd := slowCrowd
	if testing.Short() {
		crowd /= 10
	}
	s := newSite(t, t.TempDir(), timeouts(*slowTimeout))
	g := s.start(t)
	calm := time.Now().Add(*slowTimeout / 4)
	before := latencies(t, g.in, func() bool { return time.Now().Before(calm) })
	var cut []held
	done := make(chan struct{})
	go func() {
		cut = holdOpen(t, g.in, crowd, *slowTimeout+slowSlack)
		close(done)
	}()
	during := latencies(t, g.in, func() bool {
		select {
		case <-done:
			return false
		default:
			return true
		}
	})
	<-done
	for kind, why := range late(cut, crowd/len(slow)) {
		t.Errorf("%s: %s", kind, why)
	}
	t.Logf("%d connections; the longest was held %v; p99 of a good sender: %v before, %v meanwhile (%d posts)",
		len(cut), slices.MaxFunc(cut, func(a, b held) int { return cmp.Compare(a.since, b.since) }).since.Round(time.Millisecond), p99(before), p99(during), len(during))
	if g.gone(0) {
		t.Fatalf("the gateway ended\n%s", tail(g.log.String()))
	}
}

// TestSlowCrowdControl gives the gateway timeouts of an hour: the same look must find every kind held open.
func TestSlowCrowdControl(t *testing.T) {
	s := newSite(t, t.TempDir(), timeouts(time.Hour))
	g := s.start(t)
	found := late(holdOpen(t, g.in, 4*len(slow), 2*time.Second), 4)
	for kind := range slow {
		if found[kind] == "" {
			t.Errorf("%s: not found to be held open; the test above shows nothing", kind)
		}
	}
}

func timeouts(d time.Duration) string {
	return fmt.Sprintf("read_timeout = %q\nwrite_timeout = %q\nidle_timeout = %q\n", d, d, d)
}

// held is what became of one slow connection.
type held struct {
	kind  string
	since time.Duration // from its beginning to its cut, or to when that was given up
	cut   bool
}

// late says of each kind whose connections are still open, or were not so many, how it is.
func late(all []held, each int) map[string]string {
	why := map[string]string{}
	for kind := range slow {
		open, cut := 0, 0
		for _, h := range all {
			switch {
			case h.kind != kind:
			case h.cut:
				cut++
			default:
				open++
			}
		}
		if open > 0 || cut < each*9/10 {
			why[kind] = fmt.Sprintf("%d are still open, %d were cut, of %d", open, cut, each)
		}
	}
	return why
}

// holdOpen opens connections, as many of each kind, and waits until each is cut, or for so long.
func holdOpen(t *testing.T, url string, n int, patience time.Duration) []held {
	addr := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/in")
	var mu sync.Mutex
	var all []held
	var group sync.WaitGroup
	for range n / len(slow) {
		for kind := range slow {
			c, err := narrow.Dial("tcp", addr)
			if err != nil {
				t.Errorf("no connection: %v", err)
				continue
			}
			group.Go(func() {
				defer c.Close()              //nolint:errcheck // it was cut
				time.Sleep(rand.N(slowTick)) // a crowd from many places does not write in step
				begun := time.Now()
				cut := hold(c, kind, begun.Add(patience))
				mu.Lock()
				all = append(all, held{kind, time.Since(begun), cut})
				mu.Unlock()
			})
		}
	}
	group.Wait()
	return all
}

// hold holds one connection open and says whether the other side cut it before the end.
func hold(c net.Conn, kind string, end time.Time) (cut bool) {
	way := slow[kind]
	if way.reader {
		return !lingers(neverRead(c, way.begin, end))
	}
	if _, err := io.WriteString(c, way.begin); err != nil {
		return true
	}
	for room := make([]byte, 512); time.Now().Before(end); {
		_ = c.SetReadDeadline(time.Now().Add(slowTick)) // if it fails, so does the read
		if _, err := c.Read(room); err != nil && !lingers(err) {
			return true
		}
		if _, err := io.WriteString(c, way.drip); err != nil {
			return true
		}
	}
	return false
}

// narrow connects as over a poor line: with small segments and little room for what comes, so that a few hundred answers
// that nobody takes fill what the kernel keeps of them, where a local connection takes millions of bytes.
var narrow = net.Dialer{Timeout: 5 * time.Second, Control: func(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536) //nolint:gosec // a descriptor
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2048)  //nolint:gosec // a descriptor
	})
}}

// neverRead asks until nothing more is taken, and then waits for the error with which a cut shows.
func neverRead(c net.Conn, requests string, end time.Time) error {
	_ = c.SetWriteDeadline(end) // if it fails, the test does not end
	for {
		if _, err := io.WriteString(c, requests); err != nil {
			return err
		}
	}
}

func lingers(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// latencies posts events, one after the other, a few hundred times and as long as it is told to go on.
func latencies(t *testing.T, url string, goOn func() bool) []time.Duration {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	var took []time.Duration
	for len(took) < 200 || goOn() {
		begun := time.Now()
		a, err := gatewaytest.Post(t.Context(), client, url, 512)
		if err != nil || a.Status != http.StatusAccepted {
			t.Fatalf("a good sender: %v, %+v", err, a)
		}
		took = append(took, time.Since(begun))
	}
	return took
}

func p99(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)*99/100].Round(10 * time.Microsecond)
}
