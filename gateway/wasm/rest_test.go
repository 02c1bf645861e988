package wasm

import (
	"context"
	"testing"
	"time"
)

// TestBreakingPluginRests: after eight calls that broke their instance the next ones cost a rest, as long as they go on; good
// calls end it. The control is a host that lets nobody rest.
func TestBreakingPluginRests(t *testing.T) {
	h := openHost(t, HostOptions{Limits: patient})
	h.relentless.Store(false)
	p, ok := open(t, h, "hostile", PluginOptions{Instances: 1, Ready: 1}).(*plugin)
	if !ok {
		t.Fatal("not a *plugin")
	}
	trap := func() { _, _ = p.Call(t.Context(), Receive, Input{Body: []byte("u")}) }
	for range restAfter {
		trap()
		must(t, p, Receive, "e")
	}
	if p.resting.until.Load() != 0 {
		t.Error("it rests although every other call went well")
	}
	for range restAfter + 1 {
		trap()
	}
	if p.resting.until.Load() == 0 {
		t.Fatal("it does not rest")
	}
	p.resting.until.Store(int64(time.Since(began) + time.Hour))
	gone, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := p.Call(gone, Receive, Input{Body: []byte("e")}); err == nil || failureOf(t, err).Kind != Stopped {
		t.Errorf("while it rests a call came to %v", err)
	}
	h.relentless.Store(true)
	must(t, p, Receive, "e")
	h.relentless.Store(false)
	p.resting.until.Store(0)
	for range 2 * restAfter {
		must(t, p, Receive, "e")
	}
	if n := p.resting.broken.Load(); n != 0 {
		t.Errorf("after so many good calls %d broken ones are counted", n)
	}
}

func TestRestIsBounded(t *testing.T) {
	var r resting
	for range 100 {
		r.ended(true, time.Second)
	}
	if left := time.Duration(r.until.Load()) - time.Since(began); left > restMost {
		t.Errorf("it rests for %v", left)
	}
}
