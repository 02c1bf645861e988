package wasm

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestLongCallsTakeTurns: while others have all turns of the host, a long call waits, and short calls do not. It ends as it
// would have, once there is a turn; and gives it back. The control: with a turn to be had it does not wait.
func TestLongCallsTakeTurns(t *testing.T) {
	h := openHost(t, HostOptions{Limits: Limits{Deadline: 100 * time.Millisecond}})
	good, bad := open(t, h, "work", PluginOptions{}), open(t, h, "hostile", PluginOptions{})
	loop := func() <-chan error {
		ended := make(chan error, 1)
		go func() {
			_, err := bad.Call(t.Context(), Receive, Input{Body: []byte("l")})
			ended <- err
		}()
		return ended
	}
	mustBeLimited := func(err error) {
		t.Helper()
		if e := failureOf(t, err); e.Kind != Limited {
			t.Error(e)
		}
	}
	for range cap(h.turns) {
		h.turns <- struct{}{}
	}
	ended := loop()
	for began := time.Now(); len(bad.(*plugin).turns) == 0; runtime.Gosched() { // until it has run for so long that it asks
		select {
		case err := <-ended:
			t.Fatal("it ran to its end without a turn:", err)
		default:
		}
		if time.Since(began) > time.Minute {
			t.Fatal("it does not get to ask")
		}
	}
	for range 100 {
		must(t, good, Receive, "\xe8\x03\x00\x00")
	}
	select {
	case err := <-ended:
		t.Errorf("it did not wait: %v", err)
	default:
	}
	for range cap(h.turns) {
		<-h.turns
	}
	mustBeLimited(<-ended)
	mustBeLimited(<-loop())
	if n, k := len(h.turns), len(bad.(*plugin).turns); n+k > 0 {
		t.Errorf("%d and %d turns were not given back", n, k)
	}
}

// TestNapGivesTheTurnBack: a guest that sleeps holds no turn meanwhile, and needs one to run on.
func TestNapGivesTheTurnBack(t *testing.T) {
	h := openHost(t, HostOptions{})
	p := open(t, h, "hostile", PluginOptions{}).(*plugin)
	i, failed := p.newInstance(t.Context())
	if failed != nil {
		t.Fatal(failed)
	}
	defer p.discard(i)
	c := &i.call
	c.begin(t.Context(), Receive, Input{}, time.Second)
	c.takeTurn()
	if len(h.turns) != 1 || len(p.turns) != 1 {
		t.Error("it has no turn")
	}
	c.sleep(time.Nanosecond)
	if len(h.turns) != 0 || len(p.turns) != 0 || !c.look().After(c.asks) {
		t.Error("it kept its turn, or may run on without one")
	}
	c.end()
}

// TestLanesBesideManyHostileCalls prints how long others wait who are woken as by a request, while all instances of a plugin
// do their worst at once; -attack.strict holds their p99 to no more than double of what it is beside a well-behaved plugin that
// one caller keeps busy. (It is not held to what it is alone, 0.4 to 2 ms: then each processor waits for the network.)
//
//	go test ./gateway/wasm -run 'TestLanes' -v -args -attack.strict -attack.for 1s
func TestLanesBesideManyHostileCalls(t *testing.T) {
	h := openHost(t, HostOptions{Limits: Limits{Deadline: 50 * time.Millisecond}})
	h.relentless.Store(false)
	bad, good := open(t, h, "hostile", PluginOptions{}), open(t, h, "work", PluginOptions{})
	busy := map[string]time.Duration{}
	tries := 1
	if *strict { // what else the machine does is not the plugin's doing, and does not come three times
		tries = 3
	}
	for _, a := range []struct {
		what, letter string
		callers      int
	}{{"nobody", "", 0}, {"a busy plugin", "echo", 1}, {"endless loops", "l", 4}, {"floods of memory.grow", "M", 4}, {"recursions", "r", 4}, {"traps", "u", 4}} {
		var callers sync.WaitGroup
		stop := make(chan struct{})
		for range a.callers {
			callers.Go(func() {
				for {
					_, _ = bad.Call(t.Context(), Receive, Input{Body: []byte(a.letter)})
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		p99, took := time.Duration(1<<63-1), []time.Duration(nil)
		for range tries {
			took = took[:0]
			for began := time.Now(); len(took) < 20 || time.Since(began) < *attackFor; {
				took = append(took, wakes(t, time.Millisecond, 20, func() { must(t, good, Receive, "\xe8\x03\x00\x00") })...)
			}
			slices.Sort(took)
			p99 = min(p99, took[len(took)*99/100])
		}
		close(stop)
		callers.Wait()
		t.Logf("beside %-22s p50 %v, p90 %v, p99 %v", a.what, took[len(took)/2], took[len(took)*9/10], p99)
		if busy[a.what] = p99; *strict && p99 > 2*busy["a busy plugin"] && a.callers > 1 {
			t.Errorf("others' p99 is %v beside %s, %v beside a busy plugin", p99, a.what, busy["a busy plugin"])
		}
	}
}
