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

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/queue"
)

var returning = flag.Int("return.deliveries", 2000, "how many deliveries wait for a destination to come back")

const (
	lanes   = 10                    // concurrency of the destination that comes back
	service = 10 * time.Millisecond // what its receiver takes for a request
	window  = 50 * time.Millisecond // over which arrivals are counted
	// steady is what arrives in a window when the destination takes as much as it is configured to.
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

// comeBack has deliveries wait for a destination that fails, lets it come back, and names what is wrong with how they
// arrive then. concurrency is what the destination is configured to, which should be lanes; plant may be nil.
func comeBack(t testing.TB, events, concurrency int, plant func(*dispatch.Lane)) (wrong []string) {
	var came arrivals
	to := receive(t, false, func() {
		came.add()
		time.Sleep(service)
	})
	to.status.Store(http.StatusServiceUnavailable)
	r := start(t, plant, []string{"crm"}, destination("crm", to.URL, concurrency, `retry = { every = "1s", for = "24h" }`))
	r.send(t, 0, events/4)
	early, resident := heap(), anonymous()
	r.send(t, events/4, events-events/4)
	if depth, err := r.Store().Depth(t.Context()); err != nil || depth["crm"].Pending != events {
		wrong = append(wrong, fmt.Sprintf("%d deliveries wait for the destination, want %d; %v", depth["crm"].Pending, events, err))
	}
	waiting := heap()
	came.mu.Lock()
	came.at = came.at[:0]
	came.mu.Unlock()
	to.status.Store(http.StatusOK)

	delivered, most := 0, waiting
	r.await(patience+time.Duration(events)*service, func(n feed.Note) bool {
		if n.Kind != feed.Ended || n.Result != queue.Delivered.String() {
			return false
		}
		if delivered++; delivered == events/2 {
			most = max(most, heap())
		}
		return delivered == events
	})
	report, err := r.Store().Audit(t.Context())
	if err != nil || report.FaultCount > 0 || report.States[queue.Delivered.String()] != events {
		wrong = append(wrong, fmt.Sprintf("of %d deliveries the audit has %v, faults %v, %v", events, report.States, report.Faults, err))
	}
	if peak := came.peak(); peak > 2*steady {
		wrong = append(wrong, fmt.Sprintf("%d requests came within %v, want at most twice the steady %d", peak, window, steady))
	}
	if grown := int(most) - int(early); grown > memory {
		wrong = append(wrong, fmt.Sprintf("the heap grew by %d MiB over the last three quarters, want at most %d", grown>>20, memory>>20))
	}
	t.Logf("%d deliveries: at most %d requests in %v, steady %d; heap %d MiB with %d waiting, %d MiB with all of them, %d MiB half way; resident without files %s at a quarter, %s after",
		events, came.peak(), window, steady, early>>20, events/4, waiting>>20, most>>20, resident, anonymous())
	return wrong
}

// TestDestinationComesBack lets a destination work again for which deliveries wait: in no window, wherever it begins, may
// it get more than twice of what it gets steadily, which is its concurrency for each time it takes to answer; memory must
// not depend on what waits; nothing may be lost. By name with as many as one likes:
//
//	go test ./gateway/isolation -run ComesBack -v -return.deliveries 100000 -timeout 30m
func TestDestinationComesBack(t *testing.T) {
	for _, w := range comeBack(t, *returning, lanes, nil) {
		t.Error(w)
	}
}

// TestAFloodAndALeakAreFound is the control: a destination that gets fifty times as many requests at once, by a lane that
// forgets nothing.
func TestAFloodAndALeakAreFound(t *testing.T) {
	wrong := comeBack(t, 2000, 50*lanes, func(l *dispatch.Lane) { l.Attempter = &leaky{Attempter: l.Attempter} })
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
