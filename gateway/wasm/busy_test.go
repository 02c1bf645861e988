package wasm

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestBusyMachineEndsNoGoodCall calls a guest that works for some 10 ms of its 50 while others keep every processor
// busy, so that by the clock most calls take longer than their deadline. None may be cut off for that. Where the test's
// machine is so busy with other things that a call reaches twenty deadlines by the clock, which ends it, it is called again.
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
	good := 0
	for range 10 {
		_, err := p.Call(t.Context(), Receive, Input{Body: []byte(primesUpTo100000)})
		switch {
		case err == nil:
			if good++; good == 3 {
				return
			}
		case !strings.Contains(err.Error(), "the machine is overloaded"):
			t.Fatal(err)
		}
	}
	t.Errorf("%d of 10 calls came to their end", good)
}
