package isolation_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/queue"
)

var (
	returning = flag.Int("return.deliveries", 10000, "how many deliveries wait for their destinations to come back, each with a key of its own")
	awaited   = flag.Int("return.awaited", 2000, "how many of them the test waits for")
)

const (
	places  = 5                     // destinations that come back
	lanes   = 10                    // concurrency of them together
	service = 10 * time.Millisecond // what its receiver takes for a request
	window  = 50 * time.Millisecond // over which arrivals are counted
	// steady is what arrives in a window when all of them take as much as they are configured to.
	steady = lanes * int(window/service)
	// memory is what may be added to the heap once a quarter of the deliveries wait, when the store's buffers are full.
	// The rest of 100,000 is more than 100 MiB.
	memory = 32 << 20
)

// arrivals is when requests came.
type arrivals struct {
	mu sync.Mutex
	at []time.Time
}

func (a *arrivals) add() {
	now := time.Now()
	a.mu.Lock()
	a.at = append(a.at, now)
	a.mu.Unlock()
}

// peak is the most that came in any window, wherever it begins.
func (a *arrivals) peak() (most int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	slices.SortFunc(a.at, time.Time.Compare)
	first := 0
	for i, t := range a.at {
		for t.Sub(a.at[first]) >= window {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// comeBack has deliveries wait for destinations that fail, lets all of them come back at once, and names what is wrong with
// how they arrive then. concurrency is what the destinations are configured to together, which should be lanes; plant may be nil.
func comeBack(t testing.TB, deliveries, wait, concurrency int, plant func(*dispatch.Lane)) (wrong []string) {
	var came arrivals
	to := receive(t, false, func() {
		came.add()
		time.Sleep(service)
	})
	to.status.Store(http.StatusServiceUnavailable)
	var names, tables []string
	for i := range places {
		names = append(names, fmt.Sprintf("place-%d", i))
		tables = append(tables, destination(names[i], to.URL, concurrency/places, `retry = { every = "1s", for = "24h" }`))
	}
	r := start(t, plant, names, tables...)
	events := deliveries / places // each goes to every place
	r.send(t, 0, events/4)
	early, resident := heap(), anonymous()
	r.send(t, events/4, events-events/4)
	depth, err := r.Store().Depth(t.Context())
	for _, name := range names {
		if err != nil || depth[name].Pending != events {
			wrong = append(wrong, fmt.Sprintf("%d deliveries wait for %s, want %d; %v", depth[name].Pending, name, events, err))
		}
	}
	waiting := heap()
	came.mu.Lock()
	came.at = came.at[:0]
	came.mu.Unlock()
	to.status.Store(http.StatusOK)

	delivered, most := 0, waiting
	wait = min(wait, events*places)
	r.await(patience+time.Duration(wait)*service, func(n feed.Note) bool {
		if n.Kind != feed.Ended || n.Result != queue.Delivered.String() {
			return false
		}
		if delivered++; delivered == wait/2 {
			most = max(most, heap())
		}
		return delivered == wait
	})
	r.stop()
	to.Close() // what is on its way has arrived
	report, err := gateway.Audit(t.Context(), r.config(t))
	have := report.States[queue.Delivered.String()]
	if err != nil || report.FaultCount > 0 || have < wait || have+report.States[queue.Pending.String()] != events*places {
		wrong = append(wrong, fmt.Sprintf("of %d deliveries the audit has %v, faults %v, %v", events*places, report.States, report.Faults, err))
	}
	if peak := came.peak(); peak > 2*steady {
		wrong = append(wrong, fmt.Sprintf("%d requests came within %v, want at most twice the steady %d", peak, window, steady))
	}
	if grown := int(most) - int(early); grown > memory {
		wrong = append(wrong, fmt.Sprintf("the heap grew by %d MiB over the last three quarters, want at most %d", grown>>20, memory>>20))
	}
	t.Logf("%d keys, %d delivered: at most %d requests in %v, steady %d; heap %d MiB with a quarter waiting, %d MiB with all of them, %d MiB half way; resident without files %s at a quarter, %s after",
		events*places, have, came.peak(), window, steady, early>>20, waiting>>20, most>>20, resident, anonymous())
	return wrong
}

// TestAllComeBack is row 19: destinations work again, all at once, for which deliveries with 10,000 ordering keys wait. In no
// window, wherever it begins, may more than twice of what they take steadily arrive, which is their concurrency for each time
// it takes to answer; memory must not depend on what waits; nothing may be lost. By name with as many as one likes:
//
//	go test ./gateway/isolation -run AllComeBack -v -return.deliveries 100000 -return.awaited 100000 -timeout 30m
func TestAllComeBack(t *testing.T) {
	for _, w := range comeBack(t, *returning, *awaited, lanes, nil) {
		t.Error(w)
	}
}

// TestAFloodAndALeakAreFound is the control: destinations that get fifty times as many requests at once, by lanes that
// forget nothing.
func TestAFloodAndALeakAreFound(t *testing.T) {
	wrong := comeBack(t, 2000, 2000, 50*lanes, func(l *dispatch.Lane) { l.Attempter = &leaky{Attempter: l.Attempter} })
	for _, want := range []string{"came within", "the heap grew"} {
		if !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, want) }) {
			t.Errorf("no %q, only %q", want, wrong)
		}
	}
}

// leaky is the planted fault: 64 KiB stay in memory for each attempt.
type leaky struct {
	dispatch.Attempter
	mu   sync.Mutex
	held [][]byte
}

func (l *leaky) Attempt(ctx context.Context, q *queue.Delivery) deliver.Result {
	l.mu.Lock()
	l.held = append(l.held, make([]byte, 64<<10))
	l.mu.Unlock()
	return l.Attempter.Attempt(ctx, q)
}

// heap is what is alive on Go's heap, in bytes.
func heap() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// anonymous is the process's resident memory that no file stands behind, as the kernel says it.
func anonymous() string {
	text, _ := os.ReadFile("/proc/self/status") // only where there is one
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
