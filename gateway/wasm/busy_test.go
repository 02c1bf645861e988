package wasm

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// TestBusyMachineEndsNoGoodCall calls a guest that works for some 10 ms of its 50 while others keep every processor
// busy, so that by the clock most calls take several times their deadline. None may be cut off for that.
func TestBusyMachineEndsNoGoodCall(t *testing.T) {
	p := open(t, openHost(t, HostOptions{}), "work", PluginOptions{})
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
	const primesUpTo100000 = "\xa0\x86\x01\x00"
	for range 3 {
		must(t, p, Receive, primesUpTo100000)
	}
}
