package echo_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

const window = time.Minute

var away = echo.Effect{Key: "agent/7", Value: "away"}

// harness is a Guard over a real queue, in a bubble of time.
type harness struct {
	*testing.T
	dir   string
	q     *badgerqueue.Queue
	g     *echo.Guard
	line  *echo.Line  // of babelforce
	watch *echo.Watch // of the source that reports from there
}

func run(t *testing.T, test func(h *harness)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := &harness{T: t, dir: dir}
		h.open()
		test(h)
		h.close()
	})
}

func (h *harness) open() {
	h.Helper()
	var err error
	if h.q, err = badgerqueue.Open(h.Context(), badgerqueue.Options{Dir: h.dir, MinFree: 1 << 20}); err != nil {
		h.Fatal(err)
	}
	h.g = echo.New(nil)
	h.g.Keep(h.q)
	h.line, h.watch = h.g.At("babelforce", "babelforce", window), h.g.Watch("from-babelforce", window, "crm", "babelforce")
}

func (h *harness) close() {
	h.Helper()
	if err := h.q.Close(context.Background()); err != nil {
		h.Fatal(err)
	}
}

// restart ends the process, as far as the Guard is concerned, without a word to it.
func (h *harness) restart() {
	h.Helper()
	h.close()
	h.open()
}

func (h *harness) expect(delivery string, e echo.Effect) *echo.Expected {
	h.Helper()
	x, err := h.line.Expect(h.Context(), delivery, e)
	if err != nil {
		h.Fatal(err)
	}
	return x
}

// report is an event that comes in and is stored; which delivery it is the echo of.
func (h *harness) report(e echo.Effect) string {
	h.Helper()
	taken, write, ok := h.watch.Take(e)
	if !ok {
		return ""
	}
	entry := queue.Entry{Event: queue.Event{ID: rand.Text(), Source: "s", Type: "t", Received: time.Now()}, Writes: []queue.StateWrite{write}}
	if _, err := h.q.Enqueue(h.Context(), entry); err != nil {
		h.Fatal(err)
	}
	taken.Stored()
	return taken.Delivery
}

func (h *harness) reports(e echo.Effect, want string) {
	h.Helper()
	if got := h.report(e); got != want {
		h.Errorf("%s = %s is the echo of %q, want %q", e.Key, e.Value, got, want)
	}
}

// One delivery, one echo: what comes again was done by somebody.
func TestOneEchoForEach(t *testing.T) {
	run(t, func(h *harness) {
		h.reports(away, "")
		h.expect("1/babelforce", away)
		h.reports(away, "1/babelforce")
		h.reports(away, "")
		h.expect("2/babelforce", away)
		h.expect("3/babelforce", away)
		h.reports(away, "2/babelforce")
		h.reports(away, "3/babelforce")
		h.reports(away, "")
		if n := h.g.Count("from-babelforce"); n != 3 {
			h.Errorf("%d echoes counted", n)
		}
	})
}

// Other values, other agents and other systems are no echo, and leave what is expected standing.
func TestOthersPass(t *testing.T) {
	run(t, func(h *harness) {
		h.expect("1/babelforce", away)
		h.reports(echo.Effect{Key: "agent/7", Value: "lunch"}, "")
		h.reports(echo.Effect{Key: "agent/8", Value: "away"}, "")
		if _, _, ok := h.g.Watch("zendesk", window, "zendesk").Take(away); ok {
			h.Error("what another system reports passes for the echo")
		}
		if h.g.Watch("zendesk", window) != nil || h.g.Watch("zendesk", 0, "babelforce") != nil {
			h.Error("a source that reports from nowhere, or whose echoes do not matter, is watched")
		}
		h.reports(echo.Effect{Key: " agent/7", Value: "Away "}, "1/babelforce") // the names of states know no case
	})
}

// A source whose plugin is the destinations' too reports from all of them, those that come later included.
func TestByPlugin(t *testing.T) {
	run(t, func(h *harness) {
		h.watch = h.g.WatchPlugin("from-ziwo", window, "ziwo")
		if h.watch.Active() || (*echo.Watch)(nil).Active() {
			h.Error("there is no such destination yet")
		}
		h.expect("1/babelforce", away)
		h.reports(away, "")
		h.line = h.g.At("ep_1", "ziwo", window)
		h.expect("1/ep_1", away)
		if !h.watch.Active() {
			h.Error("there is one now")
		}
		h.reports(away, "1/ep_1")
	})
}

// A further attempt at the same delivery causes the same once; what did not come about is withdrawn.
func TestRetryAndWithdraw(t *testing.T) {
	run(t, func(h *harness) {
		h.expect("1/babelforce", away)
		h.expect("1/babelforce", away)
		h.reports(away, "1/babelforce")
		h.reports(away, "")

		x := h.expect("2/babelforce", away)
		if writes := h.line.Withdraw(x); len(writes) != 1 {
			h.Errorf("writes %v", writes)
		} else if err := h.q.Remember(h.Context(), writes...); err != nil {
			h.Fatal(err)
		}
		h.reports(away, "")
		if writes := h.line.Withdraw(x); writes != nil {
			h.Errorf("withdrawn twice: %v", writes)
		}
		h.restart()
		h.reports(away, "")
	})
}

// An event that was not stored, or was a repeat, leaves the effect for the one that counts.
func TestReturn(t *testing.T) {
	run(t, func(h *harness) {
		h.expect("1/babelforce", away)
		taken, _, ok := h.watch.Take(away)
		if !ok || !strings.HasPrefix(taken.Reason(time.Now()), "echo of delivery 1/babelforce") {
			h.Fatal(taken, ok)
		}
		taken.Return()
		h.reports(away, "1/babelforce")
		h.reports(away, "")
	})
}

func TestWindow(t *testing.T) {
	run(t, func(h *harness) {
		h.expect("1/babelforce", away)
		time.Sleep(window - time.Second)
		h.expect("2/babelforce", away)
		time.Sleep(2 * time.Second)
		h.reports(away, "2/babelforce")
		h.reports(away, "")
		h.expect("3/babelforce", away)
		time.Sleep(window)
		h.reports(away, "")
	})
}

// After a restart within the window an echo is known still, the rest of the window long, and one that was taken stays taken.
func TestRestart(t *testing.T) {
	run(t, func(h *harness) {
		lunch := echo.Effect{Key: "agent/7", Value: "lunch"}
		for i := range 3 {
			h.expect(fmt.Sprint(i, "/babelforce"), away)
		}
		h.expect("9/babelforce", lunch)
		h.reports(away, "0/babelforce")
		time.Sleep(10 * time.Second)
		h.restart()
		h.expect("4/babelforce", away)
		h.reports(away, "1/babelforce")
		h.reports(away, "2/babelforce")
		h.reports(away, "4/babelforce")
		h.reports(away, "")
		h.restart()
		h.reports(away, "")
		time.Sleep(window - 11*time.Second)
		h.reports(lunch, "9/babelforce")
		h.restart()
		time.Sleep(2 * time.Second)
		h.reports(lunch, "")
	})
}

// The control of the test above: what is only in memory does not outlive the process.
func TestRestartWithoutStoreForgets(t *testing.T) {
	run(t, func(h *harness) {
		g := echo.New(nil)
		if _, err := g.At("babelforce", "babelforce", window).Expect(h.Context(), "1/babelforce", away); err != nil {
			h.Fatal(err)
		}
		h.restart()
		h.reports(away, "")
	})
}

// However many effects come, what is held is bounded, and the latest are known.
func TestBounded(t *testing.T) {
	line := echo.New(nil)
	at, watch := line.At("babelforce", "babelforce", window), line.Watch("s", window, "babelforce")
	const n = 60_000
	of := func(i int) echo.Effect { return echo.Effect{Key: fmt.Sprint("agent/", i), Value: "away"} }
	for i := range n {
		if _, err := at.Expect(t.Context(), fmt.Sprint(i), of(i)); err != nil {
			t.Fatal(err)
		}
	}
	known := 0
	for i := range n {
		if _, _, ok := watch.Take(of(i)); ok {
			known++
			if i < n-50_000 {
				t.Fatalf("%d is known, though 50,000 came after it", i)
			}
		}
	}
	if known != 50_000 {
		t.Errorf("%d are known", known)
	}
	for i := range 100 {
		if _, err := at.Expect(t.Context(), fmt.Sprint(i), away); err != nil {
			t.Fatal(err)
		}
	}
	for known = 0; ; known++ {
		if _, _, ok := watch.Take(away); !ok {
			break
		}
	}
	if known != 8 {
		t.Errorf("%d of the same are expected at once", known)
	}
}

// However many report at once, each effect answers for one of them.
func TestConcurrent(t *testing.T) {
	run(t, func(h *harness) {
		var taken atomic.Int64
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for j := range 50 {
					e := echo.Effect{Key: fmt.Sprint("agent/", j), Value: "away"}
					h.expect(fmt.Sprint(i, "-", j), e)
					for range 3 {
						if h.report(e) != "" {
							taken.Add(1)
						}
					}
				}
			})
		}
		all.Wait()
		if n := taken.Load(); n != 8*50 {
			h.Errorf("%d of 400 effects were answered for", n)
		}
	})
}

// What a destination costs from which a source reports: one more record, synced before the request. Side by side, as the
// deliveries of a lane are.
func BenchmarkExpect(b *testing.B) {
	q, err := badgerqueue.Open(b.Context(), badgerqueue.Options{Dir: b.TempDir(), MinFree: 1 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer q.Close(context.Background()) //nolint:errcheck // it is a benchmark
	g := echo.New(nil)
	g.Keep(q)
	line := g.At("babelforce", "babelforce", window)
	var n atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			id := fmt.Sprint(n.Add(1))
			if _, err := line.Expect(b.Context(), id, echo.Effect{Key: "agent/" + id, Value: "away"}); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkTake(b *testing.B) {
	g := echo.New(nil)
	w := g.Watch("s", window, "babelforce")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := w.Take(away); ok {
			b.Fatal("nothing was expected")
		}
	}
}
