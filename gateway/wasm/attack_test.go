package wasm

import (
	"bytes"
	"encoding/binary"
	"flag"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/wasm/meter"
)

var (
	strict    = flag.Bool("attack.strict", false, "hold times in TestAttacks as well: for a machine on which nothing else runs")
	attackFor = flag.Duration("attack.for", 50*time.Millisecond, "how long each attack of TestAttacks goes on")
)

// attackLimits have a deadline that is long enough for a busy machine, so that a limit that is not time shows.
var attackLimits = Limits{Deadline: 200 * time.Millisecond}

var garbage []byte

// idleHeap is what a gateway that does nothing holds of Go's heap: 53 MB in 33,000 objects with one plugin and an empty queue
// (go_memstats_heap_alloc_bytes, go_memstats_heap_objects), nearly all of it the store's. Row 11 is about a gateway, so the
// test holds as much: how often Go collects depends on how large the heap is, and in a process of 2 MB it would collect a
// hundred times as often, for nothing that a plugin does. What a collection costs is held too: marking takes 3 to 6 ms in
// the gateway (GODEBUG=gctrace=1), which as many bytes in one piece without a pointer would not cost.
type idleHeap struct {
	plain   []byte
	objects []*idleObject
}

type idleObject struct {
	before, other *idleObject
	_             [240]byte
}

func holdIdleHeap() *idleHeap {
	h := &idleHeap{plain: make([]byte, 40<<20)}
	for i := range 33_000 {
		o := new(idleObject)
		if i > 0 {
			o.before, o.other = h.objects[i-1], h.objects[i/2]
		}
		h.objects = append(h.objects, o)
	}
	return h
}

// mostMore is by how much a plugin that does its worst may make the process grow.
const mostMore = 64 << 20

// TestAttacks is what a hostile plugin can do, and what must come out: its own calls end, for the reason that is true, within
// twice their deadline, with at most 64 MiB more; another plugin's calls go on, and their p99 at most doubles; no host
// function panics. Times are printed; with -attack.strict they are held too.
func TestAttacks(t *testing.T) {
	h := openHost(t, HostOptions{Limits: attackLimits})
	h.relentless.Store(false)
	bad := open(t, h, "hostile", PluginOptions{Instances: 2})
	good := open(t, h, "work", PluginOptions{})
	idle := holdIdleHeap()
	defer runtime.KeepAlive(idle)
	for range 48 << 10 { // until the next collection the heap may double, whoever fills it
		garbage = make([]byte, 1<<10)
		garbage[0] = 1
	}
	busy := besides(t, good, func() {
		for began := time.Now(); time.Since(began) < 5**attackFor; {
			runtime.Gosched()
		}
	})
	alone := besides(t, good, func() { time.Sleep(5 * *attackFor) }) // a processor that sleeps in between is slower
	t.Logf("%-28s %38s p99 %v, and %v beside a loop that calls nothing", "nobody", "", alone.p99, busy.p99)
	alone.p99 = max(alone.p99, busy.p99)
	for _, tt := range hostile {
		t.Run(tt.what, func(t *testing.T) {
			var slowest time.Duration
			attack := func() {
				for i, first := 0, time.Now(); i < 3 || time.Since(first) < *attackFor; i++ {
					began := time.Now()
					_, err := bad.Call(t.Context(), Receive, Input{Body: []byte(tt.letter)})
					slowest = max(slowest, time.Since(began))
					e := failureOf(t, err)
					if e.Kind != tt.kind || !strings.Contains(e.Reason, strings.ReplaceAll(tt.reason, "200ms", attackLimits.Deadline.String())) || panicked(e) {
						t.Errorf("got %v: %q, want %v: …%s…", e.Kind, e.Reason, tt.kind, tt.reason)
					}
				}
				if got := string(must(t, bad, Receive, "echo").Body); got != "echo" {
					t.Errorf("the next call gave %q", got)
				}
			}
			seen := besides(t, good, attack)
			for range 2 { // what else the machine does is not the plugin's doing, and does not come three times
				if *strict && seen.p99 > 2*alone.p99 {
					seen.p99 = min(seen.p99, besides(t, good, attack).p99)
				}
			}
			t.Logf("%-28s ended after %8v, %5d KiB more, p99 %v", tt.what, slowest.Round(time.Microsecond), seen.more>>10, seen.p99)
			if seen.more > mostMore {
				t.Errorf("the process grew by %d MiB", seen.more>>20)
			}
			if *strict && slowest > 2*attackLimits.Deadline {
				t.Errorf("it ended after %v", slowest)
			}
			if *strict && seen.p99 > 2*alone.p99 {
				t.Errorf("others' p99 came from %v to %v", alone.p99, seen.p99)
			}
		})
	}
	if n, k := len(h.turns), len(bad.(*plugin).turns); n+k > 0 {
		t.Errorf("%d and %d turns were not given back", n, k)
	}
}

// TestAttacksControl shows that what TestAttacks holds can be missed: without the counter a long guest goes on past its
// deadline, a process that grows is seen, and so is a host function that panics.
func TestAttacksControl(t *testing.T) {
	long := Input{Body: []byte("\x80\x1a\x06\x00")} // primes up to 400,000
	for mode, ends := range map[mode]bool{counted: true, unbounded: false} {
		p := open(t, openHost(t, HostOptions{Limits: Limits{Deadline: 5 * time.Millisecond}}, mode), "work", PluginOptions{})
		if _, err := p.Call(t.Context(), Receive, long); (err != nil) != ends {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	good := open(t, openHost(t, HostOptions{Limits: patient}), "work", PluginOptions{})
	var kept []byte
	if seen := besides(t, good, func() {
		kept = bytes.Repeat([]byte{1}, mostMore+mostMore/4)
		time.Sleep(20 * time.Millisecond)
	}); resident(t) > 0 && seen.more <= mostMore {
		t.Errorf("%d bytes more were seen as %d", len(kept), seen.more)
	}
	_, err := openDriver(t, PluginOptions{}).Call(t.Context(), Receive, Input{Body: drive("fact", "x", 1024, 9), Facts: broken{}})
	if e := failureOf(t, err); !panicked(e) {
		t.Errorf("not seen as a panic of the host: %v", e)
	}
}

type broken struct{}

func (broken) Fact(name string) ([]byte, bool) { return []byte(name)[len(name)+1:], true }

// panicked says whether a call failed by a panic of a host function: the guests of these tests cannot say so themselves.
func panicked(e *Error) bool { return strings.Contains(e.Reason, "runtime error") }

// observed is what was seen while something went on.
type observed struct {
	p99  time.Duration // of another plugin's calls
	more int64         // bytes, by which the process grew
}

// besides does something while another plugin is called again and again and the process' memory is watched.
func besides(t *testing.T, good Plugin, do func()) observed {
	t.Helper()
	debug.FreeOSMemory() // or what is taken could be what was let go before
	before, most, stop := resident(t), atomic.Int64{}, make(chan struct{})
	var took []time.Duration
	var others sync.WaitGroup
	going := func(each func()) {
		others.Go(func() {
			for {
				each()
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	going(func() {
		most.Store(max(most.Load(), resident(t)))
		time.Sleep(time.Millisecond)
	})
	going(func() {
		began := time.Now()
		if _, err := good.Call(t.Context(), Receive, Input{Body: []byte("\xe8\x03\x00\x00")}); err != nil {
			t.Error("another plugin:", err)
		}
		took = append(took, time.Since(began))
		time.Sleep(100 * time.Microsecond)
	})
	do()
	close(stop)
	others.Wait()
	slices.Sort(took)
	return observed{took[len(took)*99/100], most.Load() - before}
}

// resident is the process' memory in bytes; 0 where that is not known.
func resident(t testing.TB) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	if err != nil {
		t.Error(err)
	}
	return pages * int64(os.Getpagesize())
}

// TestBombs are files that would keep the compiler busy for long, or take much memory, or reach for what is not theirs. They
// are refused before they are compiled, by name; just below the limit they are taken.
func TestBombs(t *testing.T) {
	h := openHost(t, HostOptions{})
	for _, tt := range []struct {
		what string
		wasm []byte
		want string // "": it is taken
	}{
		{"100,000 nested blocks", nestedIn(100_000), "blocks within one another"},
		{"4,000 nested blocks", nestedIn(4000), ""},
		{"a table of 100,000 branches to one block", branching(100_000), "too entangled"},
		{"a table of 1,000 branches", branching(1000), ""},
		{"100,000 ifs", repeated(100_000, 0x41, 0, 4, 0x40, 0x0b), "too entangled"},
		{"500 ifs", repeated(500, 0x41, 0, 4, 0x40, 0x0b), ""},
		{"a function of 16 MB", repeated(15<<20, 1), "at most 524288 are taken"},
		{"an import that is not there", module(meter.Signature{}, []string{"plugboard_v1.exec"}, "receive"), "plugboard_v1.exec"},
		{"an import of the network", module(meter.Signature{}, []string{"env.connect"}, "receive"), "env.connect"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			runtime.GC()
			before, began := resident(t), time.Now()
			m, err := h.Load(t.Context(), "it", tt.wasm)
			took, more := time.Since(began), resident(t)-before
			if err == nil {
				err = m.Close(t.Context())
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || failureOf(t, err).Kind != Refused || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			t.Logf("%-42s %d KiB: %v, %d KiB more", tt.what, len(tt.wasm)>>10, took.Round(time.Microsecond), more>>10)
			if tt.want != "" && more > mostMore || *strict && took > time.Second {
				t.Errorf("it took %v and %d MiB", took, more>>20)
			}
		})
	}
}

func nestedIn(n int) []byte {
	return repeatedAround(bytes.Repeat([]byte{2, 0x40}, n), bytes.Repeat([]byte{0x0b}, n))
}

func branching(n int) []byte {
	table := append(binary.AppendUvarint([]byte{2, 0x40, 0x41, 0, 0x0e}, uint64(n)), make([]byte, n+1)...)
	return repeatedAround(table, []byte{0x0b})
}

func repeated(n int, code ...byte) []byte { return repeatedAround(bytes.Repeat(code, n), nil) }

// repeatedAround is a plugin whose receive is that code and answers 0.
func repeatedAround(code, end []byte) []byte {
	b := module(meter.Signature{}, nil, "receive")
	return appendCode(b[:len(b)-8], slices.Concat([]byte{0}, code, end, []byte{0x41, 0, 0x0b}))
}

// appendCode appends a code section of one function.
func appendCode(wasm, body []byte) []byte {
	section := append(binary.AppendUvarint([]byte{1}, uint64(len(body))), body...)
	return append(binary.AppendUvarint(append(wasm, 10), uint64(len(section))), section...)
}

// TestEveryImportTakesAnyArgument calls each function that the host offers, those of every kind of plugin, with arguments that
// point nowhere in every place. Whatever comes of it is the guest's affair: no panic of the host, and the next call is well.
func TestEveryImportTakesAnyArgument(t *testing.T) {
	odd := []uint32{0, 1, 8, pageSize - 1, pageSize, 1<<31 - 1, 1 << 31, 1<<32 - 8, 1<<32 - 1}
	h := openHost(t, HostOptions{Limits: Limits{Deadline: 20 * time.Millisecond}})
	calls := 0
	for from, functions := range hostModules {
		for name, f := range functions {
			m := load(t, h, name, caller(from, name, f.signature))
			p := openModule(t, m, PluginOptions{Config: []byte(`{"a":1}`), Tables: someWorld, State: someWorld, Signer: someWorld})
			for place := range len(f.signature.Params) + 1 {
				for _, bad := range odd {
					for _, rest := range []uint32{0, 1, 64, 1<<32 - 1} {
						in := make([]byte, 128)
						for i := range len(f.signature.Params) {
							v := rest
							if i == place {
								v = bad
							}
							binary.LittleEndian.PutUint64(in[8*i:], uint64(v)|uint64(v)<<32)
						}
						calls++
						_, err := p.Call(t.Context(), Receive, Input{Body: in, Facts: someWorld})
						if err != nil && panicked(failureOf(t, err)) {
							t.Errorf("%s.%s, argument %d %#x, others %#x: %v", from, name, place, bad, rest, err)
						}
					}
				}
			}
		}
	}
	t.Logf("%d calls", calls)
}

// caller is a plugin with a page of memory that calls one import with arguments from its input, eight bytes for each.
func caller(from, name string, s meter.Signature) []byte {
	const i32, i64 = "\x7f", "\x7e"
	text := func(b []byte, s string) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	section := func(b []byte, id byte, body []byte) []byte {
		return append(binary.AppendUvarint(append(b, id), uint64(len(body))), body...)
	}
	kind := func(b []byte, s meter.Signature) []byte { return text(text(append(b, 0x60), s.Params), s.Results) }
	types := kind(kind(kind([]byte{3}, meter.Signature{Results: i32}), meter.Signature{Params: i32 + i32 + i32, Results: i32}), s)
	imports := append(text(text([]byte{2}, "plugboard_v1"), "input_read"), 0, 1)
	imports = append(text(text(imports, from), name), 0, 2)
	code := []byte{0, 0x41, 0, 0x41, 0, 0x41, 0xc0, 1, 0x10, 0, 0x1a} // input_read(0, 0, 192)
	for i := range len(s.Params) {
		load := byte(0x28)
		if s.Params[i:i+1] == i64 {
			load = 0x29
		}
		code = binary.AppendUvarint(append(code, 0x41, 0, load, 0), uint64(8*i))
	}
	code = append(code, 0x10, 1)
	code = append(code, bytes.Repeat([]byte{0x1a}, len(s.Results))...)
	b := section([]byte("\x00asm\x01\x00\x00\x00"), 1, types)
	b = section(section(b, 2, imports), 3, []byte{1, 0})
	b = section(b, 5, []byte{1, 0, 1})
	b = section(b, 7, append(text([]byte{1}, "receive"), 0, 2))
	return appendCode(b, append(code, 0x41, 0, 0x0b))
}
