package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
)

// TestState: what a plugin remembers is there at its next call, apart for each source and destination, after a restart too,
// and only with what its call came to.
func TestState(t *testing.T) {
	var again atomic.Bool
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if again.CompareAndSwap(true, false) {
			_, _ = w.Write([]byte("again"))
		}
	}))
	t.Cleanup(receiver.Close)
	p := probeFiles(t, fmt.Sprintf(`
[sources.probe]
plugin = "probe"
verify = { scheme = "none" }
config = { count = true }
[sources.second]
plugin = "probe"
verify = { scheme = "none" }
config = { count = true }
[destinations.there]
plugin = "probe"
config = { count = true }
url = %q
allow_http = true
allow_private = true
retry = { schedule = ["10ms", "10ms"] }
[[routes]]
name = "all"
from = ["probe"]
to = ["there"]
`, receiver.URL), nil)
	seen := func(want string) {
		t.Helper()
		if got := p.said(t, `{"id":"7"}`).Agent["role"]; got != want {
			t.Errorf("seen %s times, want %s", got, want)
		}
	}
	recalls := func(owner, key, want string) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			got, _ := p.Store().Recall(owner, key)
			if string(got) == want {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("%s recalls %s as %q, want %q", owner, key, got, want)
				return
			}
		}
	}

	stop := p.until(t)
	seen("1")
	seen("2")
	if status, a := p.post(t, "/hooks/second", `{"id":"7"}`); status != http.StatusAccepted || len(a.Events) != 1 {
		t.Fatalf("%d %+v", status, a)
	}
	recalls("sources/second/probe", "seen 7", "1")
	if status, _ := p.post(t, "/hooks/second", `{"id":"7","drop":true}`); status != http.StatusAccepted {
		t.Fatal(status)
	}
	recalls("sources/second/probe", "seen 7", "1") // what was dropped came to nothing
	recalls("destinations/there/probe", "sent", "2")
	recalls("destinations/there/probe", "answers", "2")
	stop()

	stop = p.until(t)
	again.Store(true) // one more attempt: each writes
	seen("3")
	recalls("destinations/there/probe", "sent", "4")
	recalls("destinations/there/probe", "answers", "4")
	if status, _ := p.post(t, "/hooks/probe", `{"id":"short","ttl":"1"}`); status != http.StatusAccepted {
		t.Fatal(status)
	}
	recalls("sources/probe/probe", "seen short", "1")
	recalls("sources/probe/probe", "seen short", "")
	if report, err := p.Store().Audit(t.Context()); err != nil || report.FaultCount > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	stop()
}

// until runs a gateway on the files until it is stopped.
func (p *probing) until(t *testing.T) (stop func()) {
	t.Helper()
	g, err := gateway.New(t.Context(), gateway.Options{ConfigFile: p.file})
	if err != nil {
		t.Fatal(err)
	}
	p.running = &running{Gateway: g}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
