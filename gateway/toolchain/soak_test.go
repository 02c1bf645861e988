package toolchain_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/toolchain"
	"github.com/plugboard/plugboard/gateway/wasm"
)

var (
	soakCalls = flag.Int("soak.calls", 3000, "calls of each plugin in TestSoak; a million for the long test")
	soakAll   = flag.Bool("soak.all", false, "those too whose compilers take long")
)

// TestSoak calls the example plugins of every kind and language again and again, two at once, and holds that memory stays as
// it was after the first fifth: the process' own, Go's heap, goroutines, open files. A short run of it is part of every
// test; the long one is
//
//	go test ./gateway/toolchain -run 'TestSoak$' -v -timeout 3h -args -soak.all -soak.calls 1000000
func TestSoak(t *testing.T) {
	calls := *soakCalls
	if testing.Short() {
		calls /= 10 // the race detector makes it ten times slower
	}
	for _, g := range soaked(t) {
		if g.long && !*soakAll {
			continue
		}
		t.Run(g.name, func(t *testing.T) {
			p := soakPlugin(t, g)
			for _, fault := range soak(t, p, g, max(10, calls/g.slow)) {
				t.Error(fault)
			}
		})
	}
}

// TestSoakSeesALeak is its control: a script that keeps what it reads, a host that keeps what it gets, and a goroutine for
// each call.
func TestSoakSeesALeak(t *testing.T) {
	host := soakHost(t)
	m, err := host.LoadScript(t.Context(), "leak", []byte(`
		const kept = [];
		export function receive(input) { kept.push(new Array(2000).fill(kept.length)); return { events: [{ type: "call.ended" }] }; }`))
	if err != nil {
		t.Fatal(err)
	}
	g := guest{body: ziwoMessage, fn: wasm.Receive}
	leaky := func() wasm.Plugin { return open(t, m, "{}", 2) }
	// Fewer than would fill one of the two instances, which would then be thrown away, and its memory with it.
	if faults := soak(t, leaky(), g, 1200); len(faults) == 0 {
		t.Error("a script that keeps 16 KB with each call was not seen")
	}
	stop := make(chan struct{})
	defer close(stop)
	if faults := soak(t, spawning{leaky(), stop}, g, 200); len(faults) == 0 {
		t.Error("a goroutine with each call was not seen")
	}
}

// spawning is a plugin that leaves a goroutine behind with each call.
type spawning struct {
	wasm.Plugin
	stop chan struct{}
}

func (s spawning) Call(ctx context.Context, fn wasm.Function, in wasm.Input) (wasm.Output, error) {
	go func() { <-s.stop }()
	return s.Plugin.Call(ctx, fn, in)
}

const examplePlugins = "../../examples/plugins"

// guest is a plugin to soak.
type guest struct {
	name   string // its folder or file below examplePlugins
	config string
	fn     wasm.Function
	body   []byte
	slow   int  // how many times fewer calls: a Go command starts anew for each, which takes milliseconds
	long   bool // it takes long to compile
}

// soaked are the example plugins of all kinds and languages: the two that each SDK has, and those of the other kinds.
func soaked(t *testing.T) (all []guest) {
	t.Helper()
	for _, language := range toolchain.Languages() {
		long, ending := language.Name == "assemblyscript" || language.Name == "rust", language.Ending
		all = append(all, guest{language.Name + "/ziwo-calls" + ending, `{"account":"acme"}`, wasm.Receive, ziwoMessage, 1, long},
			guest{language.Name + "/telegram-message" + ending, `{"chat_id":100200300}`, wasm.Format, stateChange, 1, true})
	}
	others, err := filepath.Glob(filepath.Join(examplePlugins, "*-*", "calls"))
	if err != nil || len(others) == 0 {
		t.Fatal("no examples of other kinds", err)
	}
	for _, folder := range others {
		kind := filepath.Base(filepath.Dir(folder))
		slow := map[string]int{"command-go": 200, "command-c": 10}[kind]
		all = append(all, guest{kind + "/calls", `{"account":"acme"}`, wasm.Receive, ziwoMessage, max(1, slow), strings.HasPrefix(kind, "extism")})
	}
	return slices.DeleteFunc(all, func(g guest) bool {
		_, err := os.Stat(filepath.Join(examplePlugins, g.name))
		return err != nil
	})
}

func soakPlugin(t *testing.T, g guest) wasm.Plugin {
	t.Helper()
	return open(t, compile(t, soakHost(t), filepath.Join(examplePlugins, g.name)), g.config, 2)
}

func soakHost(t *testing.T) *wasm.Host {
	t.Helper()
	return openHost(t, wasm.Limits{Deadline: 2 * time.Second})
}

// held is what a process holds.
type held struct {
	memory, heap      int64 // bytes
	guest             int64 // bytes of an instance's memory, the largest seen
	goroutines, files int
}

func holds() (h held) {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.heap, h.goroutines = int64(m.HeapAlloc), runtime.NumGoroutine()
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		pages, _ := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
		h.memory = pages * int64(os.Getpagesize())
	}
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		h.files = len(files)
	}
	return h
}

// What may come and go: instances that are thrown away and made, Go's own bookkeeping.
const (
	mostMemory     = 8 << 20
	mostHeap       = 2 << 20
	mostGuest      = 4 << 20 // a Go guest's heap finds its size in the first calls
	mostGoroutines = 4
)

// soak calls a plugin and says what has grown since the first fifth of the calls.
func soak(t *testing.T, p wasm.Plugin, g guest, calls int) (faults []string) {
	t.Helper()
	in := wasm.Input{Body: g.body, Facts: facts{"received_at": "2025-03-04T20:00:00Z", "source": "ziwo", "query": "call=17&state=ringing&from=043960123"}}
	var first held
	began := time.Now()
	for fifth := range 5 {
		var left, guest atomic.Int64
		left.Store(int64(calls / 5))
		var callers sync.WaitGroup
		for range 2 {
			callers.Go(func() {
				for left.Add(-1) >= 0 {
					if out, err := p.Call(t.Context(), g.fn, in); err != nil || len(out.Body) == 0 {
						t.Errorf("%q, %v", out.Body, err)
						return
					} else if out.Memory > guest.Load() {
						guest.Store(out.Memory)
					}
				}
			})
		}
		callers.Wait()
		now := holds()
		now.guest = guest.Load()
		if fifth == 0 {
			first = now
		}
		t.Logf("%8d calls, %6.1f µs each: %5.1f MiB, heap %5.2f MiB, guest %5.2f MiB, %d goroutines, %d files", (fifth+1)*(calls/5),
			float64(time.Since(began).Microseconds())/float64((fifth+1)*max(1, calls/5)), float64(now.memory)/(1<<20), float64(now.heap)/(1<<20), float64(now.guest)/(1<<20), now.goroutines, now.files)
		if fifth == 4 {
			faults = now.grownFrom(first)
		}
	}
	return faults
}

func (h held) grownFrom(first held) (faults []string) {
	if more := h.memory - first.memory; more > mostMemory {
		faults = append(faults, "the process grew by "+strconv.FormatInt(more>>10, 10)+" KiB")
	}
	if more := h.heap - first.heap; more > mostHeap {
		faults = append(faults, "the heap grew by "+strconv.FormatInt(more>>10, 10)+" KiB")
	}
	if more := h.guest - first.guest; more > mostGuest {
		faults = append(faults, "a guest grew by "+strconv.FormatInt(more>>10, 10)+" KiB")
	}
	if more := h.goroutines - first.goroutines; more > mostGoroutines {
		faults = append(faults, strconv.Itoa(more)+" goroutines more")
	}
	if more := h.files - first.files; more > 0 {
		faults = append(faults, strconv.Itoa(more)+" open files more")
	}
	return faults
}
