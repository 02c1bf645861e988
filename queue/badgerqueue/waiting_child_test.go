package badgerqueue

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	badger "github.com/dgraph-io/badger/v4"
	"golang.org/x/sys/unix"

	"github.com/plugboard/plugboard/queue"
)

const (
	waitingWriters = 64
	waitingBatch   = 32 // events in one Enqueue while filling
)

// waiter is a phase of TestTenMillion at work.
type waiter struct {
	waitingOrders
	q    *Queue
	next int // number of the next event

	mu     sync.Mutex
	most   waitingReport // of memory
	commit []time.Duration
}

// waitingPhase does what orders say and prints a report.
func waitingPhase(orders string) error {
	w := &waiter{}
	if err := json.Unmarshal([]byte(orders), &w.waitingOrders); err != nil {
		return err
	}
	w.next = w.From
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go w.watch(ctx)
	opt := Options{Dir: w.Dir, MinFree: -1, Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), Observe: w.observe}
	start := time.Now()
	q, err := Open(ctx, opt)
	if err != nil {
		return err
	}
	w.q = q
	var r waitingReport
	r.OpenMS = ms(start)
	depth, err := q.Depth(ctx)
	if err != nil {
		return err
	}
	r.Lines = len(depth)
	for _, d := range depth {
		r.Pending += d.Pending
	}
	if r.Pending > 0 {
		leases, err := q.Receive(ctx, w.destination(0), 1)
		if err != nil {
			return err
		}
		leases[0].Release(time.Time{})
		r.FirstMS = ms(start)
	}
	if w.Fill > 0 {
		w.fill(&r)
		w.calm()
	}
	if w.Known {
		w.recall()
	}
	if w.Measure > 0 {
		w.measure(&r)
	}
	r.WrittenMB = written()
	w.mu.Lock()
	r.RSS, r.Anon, r.File = w.most.RSS, w.most.Anon, w.most.File
	w.mu.Unlock()
	r.Enqueued, r.Entries, r.Held = w.next, q.entries.Load(), q.heldNow.Load()
	r.DiskMB, r.Tables = float64(q.store.size())/1e6, len(q.store.db.Tables())
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		return err
	}
	if w.UntilKilled {
		w.enqueue(1<<40, 1)
	}
	return q.Close(ctx)
}

// recall waits until the queue has read the identities from before it was opened, four seconds for each million.
func (w *waiter) recall() {
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		w.q.seen.mu.Lock()
		loading := w.q.seen.loading
		w.q.seen.mu.Unlock()
		if !loading {
			return
		}
	}
}

func ms(start time.Time) float64 { return float64(time.Since(start).Microseconds()) / 1e3 }

func (w *waiter) destination(i int) string { return fmt.Sprint("d", i%w.Lines) }

func (w *waiter) observe(_ int, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commit = append(w.commit, d)
}

// forget begins the commits' durations anew; the committer may still be telling of the last one.
func (w *waiter) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commit = w.commit[:0]
}

// watch looks at the memory ten times a second.
func (w *waiter) watch(ctx context.Context) {
	t := time.NewTicker(100 * time.Millisecond)
	defer t.Stop()
	for {
		status, err := os.ReadFile("/proc/self/status")
		if err == nil {
			w.mu.Lock()
			w.most.RSS = max(w.most.RSS, statusMB(string(status), "VmRSS:"))
			w.most.Anon = max(w.most.Anon, statusMB(string(status), "RssAnon:"))
			w.most.File = max(w.most.File, statusMB(string(status), "RssFile:"))
			w.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// written gives the megabytes that this process has had written to disk.
func written() (bytes float64) {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "\nwrite_bytes:")
	_, _ = fmt.Sscan(rest, &bytes)
	return bytes / 1e6
}

func statusMB(status, which string) (kb float64) {
	_, rest, _ := strings.Cut(status, which)
	_, _ = fmt.Sscan(rest, &kb)
	return kb / 1024
}

// fill enqueues in ten parts and prints how each went.
func (w *waiter) fill(r *waitingReport) {
	start := time.Now()
	for part := range 10 {
		n := w.Fill/10*(part+1) - w.Fill/10*part
		if part == 9 {
			n = w.Fill - w.Fill/10*9
		}
		before := time.Now()
		w.forget()
		w.enqueue(n, waitingBatch)
		rate := float64(n) / time.Since(before).Seconds()
		if r.Slowest == 0 || rate < r.Slowest {
			r.Slowest = rate
		}
		w.mu.Lock()
		fmt.Printf("# %d waiting, the last %.0f/s, commit p99 %.1f ms; RSS at most %.0f MB (anonymous %.0f, mapped %.0f) %s\n", w.next-w.From, rate, p99(w.commit), w.most.RSS, w.most.Anon, w.most.File, levels(w.q.store.db))
		w.mu.Unlock()
	}
	r.FillRate = float64(w.Fill) / time.Since(start).Seconds()
}

func levels(db *badger.DB) string {
	var out []string
	for _, l := range db.Levels() {
		out = append(out, fmt.Sprintf("%d:%d/%dM", l.Level, l.NumTables, l.Size>>20))
	}
	return strings.Join(out, " ")
}

// calm waits until compaction has caught up.
func (w *waiter) calm() {
	start := time.Now()
	for time.Since(start) < 10*time.Minute {
		busy := false
		for _, l := range w.q.store.db.Levels() {
			busy = busy || l.Level < 6 && l.Score > 1.2
		}
		if !busy {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Printf("# compaction caught up after %.1f s: %s\n", time.Since(start).Seconds(), levels(w.q.store.db))
}

// enqueue has writers enqueue n events, some in one call.
func (w *waiter) enqueue(n, some int) {
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range waitingWriters {
		wg.Go(func() {
			for {
				first := int(taken.Add(int64(some))) - some
				if first >= n {
					return
				}
				entries := make([]queue.Entry, 0, some)
				for i := first; i < min(n, first+some); i++ {
					entries = append(entries, w.entry(w.next+i))
				}
				if _, err := w.q.Enqueue(context.Background(), entries...); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
			}
		})
	}
	wg.Wait()
	w.next += n
}

func (w *waiter) entry(i int) queue.Entry {
	key := fmt.Sprint("agent/", i%w.Keys)
	return queue.Entry{
		Event: queue.Event{
			ID: fmt.Sprintf("0197c2f4-7a01-7c3e-9d55-%012d", i), Source: "zendesk", Type: "agent.state.changed", Subject: key,
			Received: time.Now(), Body: waitingBody, Window: time.Hour,
		},
		Owed: []queue.Owed{{Destination: w.destination(i), Route: "route", Key: key}},
	}
}

// measure accepts, then accepts while the oldest are delivered.
func (w *waiter) measure(r *waitingReport) {
	w.forget()
	start, used := time.Now(), processor()
	w.enqueue(w.Measure, 1)
	r.Accept = float64(w.Measure) / time.Since(start).Seconds()
	r.AcceptCPU = float64((processor() - used).Microseconds()) / float64(w.Measure)
	drained := make(chan struct{})
	start, used = time.Now(), processor()
	go func() {
		defer close(drained)
		w.drain(w.Measure)
	}()
	w.enqueue(w.Measure, 1)
	<-drained
	r.Cycle = float64(w.Measure) / time.Since(start).Seconds()
	r.CycleCPU = float64((processor() - used).Microseconds()) / float64(w.Measure)
	w.mu.Lock()
	r.CommitP99 = p99(w.commit)
	w.mu.Unlock()
}

// processor gives the processor time that this process has used, Badger's compaction included: unlike a rate it does not
// depend on what else the machine is doing.
func processor() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func p99(d []time.Duration) float64 {
	if len(d) == 0 {
		return 0
	}
	d = slices.Clone(d)
	slices.Sort(d)
	return float64(d[len(d)*99/100].Microseconds()) / 1e3
}

// drain delivers n, of all destinations.
func (w *waiter) drain(n int) {
	ctx, cancel := context.WithCancel(context.Background())
	leases := make(chan queue.Lease, waitingWriters)
	var wanted, ended atomic.Int64
	wanted.Store(int64(n))
	var wg sync.WaitGroup
	for i := range w.Lines {
		wg.Go(func() {
			for wanted.Load() > 0 {
				got, err := w.q.Receive(ctx, w.destination(i), max(1, waitingWriters/w.Lines))
				if err != nil {
					return
				}
				for _, l := range got {
					if wanted.Add(-1) < 0 {
						l.Release(time.Time{})
						continue
					}
					leases <- l
				}
			}
		})
	}
	var workers sync.WaitGroup
	for range waitingWriters {
		workers.Go(func() {
			for l := range leases {
				a := queue.Attempt{Started: time.Now(), Result: "delivered", Status: 200}
				if err := l.Done(context.Background(), queue.Delivered, a); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				if ended.Add(1) == int64(n) {
					cancel()
				}
			}
		})
	}
	wg.Wait()
	close(leases)
	workers.Wait()
	cancel()
}

// waitingIn counts what is pending in a line, from its records alone.
func waitingIn(t *testing.T, snap *snapshot, l *line) (n int) {
	t.Helper()
	err := scan(snap.Txn, appendLine(nil, kindDelivery, l.id), nil, false, false, func(_ []byte, item *badger.Item) (bool, error) {
		if item.UserMeta()&^timed == byte(queue.Pending) {
			n++
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// waitingBody is 1 KiB that does not get shorter by being packed.
var waitingBody = noise(1024)
