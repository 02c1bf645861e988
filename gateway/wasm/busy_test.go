package wasm

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestBusyMachineEndsNoGoodCall calls a guest that works for some 50 ms of its 200 while others keep every processor
// busy, so that by the clock most calls take longer than their deadline. None may be cut off for that.
func TestBusyMachineEndsNoGoodCall(t *testing.T) {
	p := open(t, openHost(t, HostOptions{Limits: Limits{Deadline: 200 * time.Millisecond}}), "work", PluginOptions{})
	var stop atomic.Bool
	var others sync.WaitGroup
	defer others.Wait()
	defer stop.Store(true)
	for range 4 * runtime.GOMAXPROCS(0) {
		others.Go(func() {
			for n := 0; !stop.Load(); n++ {
				_ = n
			}
		})
	}
	const primesUpTo400000 = "\x80\x1a\x06\x00"
	must(t, p, Receive, primesUpTo400000)
}
