package badgerqueue

import (
	"flag"
	"log/slog"
	"sync"
	"testing"
	"time"

	badger "github.com/dgraph-io/badger/v4"
)

var (
	cyclesN      = flag.Int("cycles", 30000, "deliveries that TestDiskAfterCycles makes")
	cyclesRetain = flag.Duration("cycles.retain", time.Second, "how long it keeps them")
	cyclesBuffer = flag.Int64("cycles.memtable", 1<<20, "bytes of its write buffer")
)

// TestDiskAfterCycles delivers many times what is retained. At the end, and after all has gone, the folder takes no more
// than twice what stands in it, and some write buffers and segments.
//
//	go test ./queue/badgerqueue -run 'TestDiskAfterCycles$' -v -cycles 20000000 -cycles.retain 1m -cycles.memtable 33554432 -timeout 2h
func TestDiskAfterCycles(t *testing.T) {
	cycles := *cyclesN
	if testing.Short() {
		cycles /= 10 // with the race detector retention takes minutes to catch up
	}
	q, err := Open(t.Context(), Options{
		Dir: t.TempDir(), Retain: *cyclesRetain, SweepEvery: *cyclesRetain / 10, MemTable: *cyclesBuffer, MinFree: -1,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &waiter{waitingOrders: waitingOrders{Lines: 1, Keys: 1000}, q: q}
	for part := range 10 {
		start, n := time.Now(), cycles/10
		var drained sync.WaitGroup
		drained.Go(func() { w.drain(n) })
		w.enqueue(n, 1)
		drained.Wait()
		stands, size := standing(t, q), q.store.size()
		t.Logf("%d cycles, the last %.0f/s: %.1f MB stand in %.1f MB", (part+1)*n, float64(n)/time.Since(start).Seconds(), float64(stands)/1e6, float64(size)/1e6)
	}
	bounded(t, q)
	for q.sweeper.floor.Load() <= uint64(cycles) && q.usable() == nil { //nolint:gosec // not negative
		if !q.pause(*cyclesRetain / 10) {
			break
		}
	}
	bounded(t, q)
	if err := q.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// bounded compares once what is committed is in tables.
func bounded(t *testing.T, q *Queue) {
	t.Helper()
	if ok, err := q.flush(); err != nil || !ok {
		t.Fatal(ok, err)
	}
	writeMark(t, q)
	stands, size := standing(t, q), q.store.size()
	t.Logf("%.1f MB stand in %.1f MB", float64(stands)/1e6, float64(size)/1e6)
	if most := 2*stands + tidyFrom*q.opt.MemTable + tailSegments*q.opt.Segment; size > most {
		t.Errorf("%d bytes on disk for %d that stand, want at most %d", size, stands, most)
	}
}

// standing sums up what has not been deleted.
func standing(t *testing.T, q *Queue) (bytes int64) {
	t.Helper()
	snap := q.store.snapshot()
	defer snap.release()
	err := scan(snap.Txn, nil, nil, false, true, func(key []byte, item *badger.Item) (bool, error) {
		if bytes += item.EstimatedSize(); key[0] == kindEvent {
			if r, err := headOf(key, item); err == nil {
				bytes += int64(r.place.Length)
			}
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
