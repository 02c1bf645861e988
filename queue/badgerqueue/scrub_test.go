package badgerqueue

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// filledTables gives the options of a closed store with tables in it, and how many deliveries wait there.
func filledTables(t *testing.T) (Options, int) {
	t.Helper()
	opt := Options{Dir: t.TempDir(), MemTable: 4 << 20, MinFree: -1, Logger: slog.New(slog.DiscardHandler), verifyLater: true}
	q, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	w := &waiter{waitingOrders: waitingOrders{Lines: 1, Keys: 100}, q: q}
	w.enqueue(16000, waitingBatch)
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return opt, 16000
}

// TestScrub damages a store that is too large to be read through before it is used: the queue fails when it comes by, every
// later start says so, and an operator can go on.
func TestScrub(t *testing.T) {
	opt, _ := filledTables(t)
	names, err := filepath.Glob(filepath.Join(storePath(opt.Dir), "*.sst"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(names[0], b, 0o600); err != nil { //nolint:gosec // in the test's own folder
		t.Fatal(err)
	}
	q, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-q.Failed():
		if !errors.Is(err, ErrBehind) {
			t.Errorf("failed with %v, want ErrBehind", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the damage was not found")
	}
	_ = q.Close(t.Context())               // gives the failure again
	if err := q.store.shut(); err != nil { // the process would have ended
		t.Log(err)
	}
	if _, err := Open(t.Context(), opt); !errors.Is(err, ErrBehind) {
		t.Errorf("opened again: %v, want ErrBehind", err)
	}
	opt.AcceptLoss = true
	if q, err = Open(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	if err := q.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestScrubFindsNothing is the control: what is whole does not fail.
func TestScrubFindsNothing(t *testing.T) {
	opt, _ := filledTables(t)
	q, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	q.scrub(newTables(q.store.db))
	if err := q.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestShrink lets the pages of tables go, and finds all that is in them afterwards.
func TestShrink(t *testing.T) {
	opt, n := filledTables(t)
	q, err := load(opt.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer q.store.shut() //nolint:errcheck // nothing was written
	read := func() (found int) {
		report, err := q.audit(t.Context(), q.store.db.NewTransactionAt(latest, false))
		if err != nil || report.FaultCount > 0 {
			t.Fatal(report.Faults, err)
		}
		return report.Events
	}
	if found := read(); found != n {
		t.Errorf("%d events, want %d", found, n)
	}
	before, err := residentFile()
	if err != nil {
		t.Fatal(err)
	}
	tables := newTables(q.store.db)
	if err := tables.shrink(q.store.path, before+1<<30); err != nil {
		t.Fatal(err)
	}
	if within, err := residentFile(); err != nil || within < before/2 {
		t.Errorf("resident %d, then %d within the limit, %v", before, within, err)
	}
	if err := tables.shrink(q.store.path, 0); err != nil {
		t.Fatal(err)
	}
	after, err := residentFile()
	if err != nil || after > before-4<<20 {
		t.Errorf("resident %d, then %d, %v", before, after, err)
	}
	if found := read(); found != n {
		t.Errorf("%d events once their pages were let go, want %d", found, n)
	}
}

// TestSparesPool checks that what is reached into Badger for is still there.
func TestSparesPool(t *testing.T) {
	q := openTest(t, nil)
	if q.store.pool == nil || newTables(q.store.db) == nil {
		t.Error("this Badger keeps its pool or its levels elsewhere: memory is not bounded, large stores are not checked")
	}
	if again := sparesPool(q.store.db); again != nil {
		t.Error("Badger still has its pool")
	}
}
