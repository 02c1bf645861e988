package badgerqueue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// brokenOp is a write that Badger refuses.
type brokenOp struct{ ticket }

func (brokenOp) weight() int { return 1 }
func (brokenOp) apply()      {}
func (brokenOp) build(b *batch) error {
	b.put(nil, newRecord(0), 0, 0)
	return nil
}

// TestFailedCommit checks that after a commit failed nothing is accepted, and that whoever asks is told why.
func TestFailedCommit(t *testing.T) {
	q := openTest(t, nil)
	enqueue(t, q, testEntry("1", "", "a"))
	l := receive(t, q, "a")
	o := brokenOp{q.ticket()}
	if err := q.submit(t.Context(), o, o.ticket); err == nil {
		t.Fatal("a commit with a key that cannot be written succeeded")
	}
	failure := <-q.Failed()
	if _, err := q.Enqueue(t.Context(), testEntry("2", "", "a")); !errors.Is(err, failure) {
		t.Errorf("Enqueue: %v, want %v", err, failure)
	}
	if err := l.Done(t.Context(), queue.Delivered, queue.Attempt{}); !errors.Is(err, failure) {
		t.Errorf("Done: %v", err)
	}
	if _, err := q.Receive(t.Context(), "a", 1); !errors.Is(err, failure) {
		t.Errorf("Receive: %v", err)
	}
	if err := q.Close(t.Context()); !errors.Is(err, failure) {
		t.Errorf("Close: %v", err)
	}
}

func TestInUse(t *testing.T) {
	q := openTest(t, nil)
	_, err := Open(t.Context(), q.opt)
	if err == nil || !strings.Contains(err.Error(), "in use by another gateway") {
		t.Errorf("opened twice: %v", err)
	}
	if _, err := AuditDir(t.Context(), q.opt.Dir, nil); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("audited while open: %v", err)
	}
	if _, err := Open(t.Context(), Options{}); err == nil {
		t.Error("opened without a folder")
	}
}

// TestNoRoom checks that nothing is accepted when the file system has less free than asked, while deliveries go on.
func TestNoRoom(t *testing.T) {
	q := openTest(t, nil)
	enqueue(t, q, testEntry("1", "", "a"))
	q.opt.MinFree = 1 << 62
	q.space.look(q)
	if _, err := q.Enqueue(t.Context(), testEntry("2", "", "a")); !errors.Is(err, queue.ErrFull) {
		t.Errorf("Enqueue: %v", err)
	}
	if _, err := q.SetAside(t.Context(), queue.Rejected{}); !errors.Is(err, queue.ErrFull) {
		t.Errorf("SetAside: %v", err)
	}
	if err := receive(t, q, "a").Done(t.Context(), queue.Delivered, queue.Attempt{}); err != nil {
		t.Errorf("Done: %v", err)
	}
	q.opt.MinFree = 1
	q.space.look(q)
	enqueue(t, q, testEntry("2", "", "a"))
}

// TestMaxDisk fills a folder up to its limit: history goes, oldest first, long before its time; when only what waits is
// left nothing more is accepted, and again when it has been delivered.
func TestMaxDisk(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		q, err := Open(t.Context(), Options{Dir: dir, MemTable: 4 << 20, Cache: 4 << 20, MinFree: -1, MaxDisk: 24 << 20,
			SweepEvery: 10 * time.Second, Retain: 24 * time.Hour, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close(context.Background()) //nolint:errcheck // a test that fails
		put := func(i int) error {
			e := testEntry(fmt.Sprint(i), "", "a")
			e.Event.Body = noise(200 << 10)
			time.Sleep(time.Second) // in the bubble: lets the sweeper run
			_, err := q.Enqueue(t.Context(), e)
			return err
		}
		i := 0
		for ; i < 160; i++ { // 32 MB, delivered at once
			if err := put(i); err != nil {
				t.Fatalf("event %d, though history could go: %v", i, err)
			}
			if err := receive(t, q, "a").Done(t.Context(), queue.Delivered, queue.Attempt{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := q.Event(t.Context(), "0"); !errors.Is(err, queue.ErrNotFound) {
			t.Errorf("the oldest event is still there: %v", err)
		}
		if _, err := q.Event(t.Context(), fmt.Sprint(i-1)); err != nil {
			t.Errorf("the newest event: %v", err)
		}
		waiting := 0
		for ; err == nil && waiting < 200; waiting++ {
			err = put(i + waiting)
		}
		if !errors.Is(err, queue.ErrFull) {
			t.Fatalf("%d waiting events of 200 KiB in 24 MiB: %v", waiting, err)
		}
		for range waiting - 1 {
			if err := receive(t, q, "a").Done(t.Context(), queue.Delivered, queue.Attempt{}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(30 * time.Second)
		if err := put(1 << 20); err != nil {
			t.Errorf("after all was delivered: %v", err)
		}
		if r, err := q.Audit(t.Context()); err != nil || r.FaultCount > 0 {
			t.Errorf("audit: %+v, %v", r, err)
		}
	})
}

// TestNothingInValueLog checks that the largest records stay out of the value log, whose failed syncs are only logged.
func TestNothingInValueLog(t *testing.T) {
	q := openTest(t, nil)
	e := testEntry("1", strings.Repeat("k", 1<<20), "a")
	e.Event.Body = make([]byte, 1<<20)
	enqueue(t, q, e)
	if _, err := q.SetAside(t.Context(), queue.Rejected{Raw: make([]byte, 1<<20)}); err != nil {
		t.Fatal(err)
	}
	l := receive(t, q, "a")
	if err := l.Retry(t.Context(), time.Now(), make([]byte, maxMemo+1), queue.Attempt{}); !errors.Is(err, queue.ErrTooLarge) {
		t.Errorf("a memo that is too large: %v", err)
	}
	long := strings.Repeat("x", 1<<20)
	a := queue.Attempt{Started: time.Now(), Error: long, Request: long, Response: []byte(long)}
	if err := l.Retry(t.Context(), time.Now(), make([]byte, maxMemo), a); err != nil {
		t.Fatal(err)
	}
	if _, vlog := q.store.db.Size(); vlog > 1<<10 {
		t.Errorf("%d bytes in the value log", vlog)
	}
	for _, e := range []queue.Entry{testEntry(long, "", "a")} {
		if _, err := q.Enqueue(t.Context(), e); !errors.Is(err, queue.ErrTooLarge) {
			t.Errorf("an ID of 1 MiB: %v", err)
		}
	}
}

// TestCallerGivesUp checks that a caller who stops waiting leaves everything in order.
func TestCallerGivesUp(t *testing.T) {
	q := openTest(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 50 {
		_, err := q.Enqueue(ctx, testEntry(fmt.Sprint(i), "", "a"))
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	enqueue(t, q, testEntry("last", "", "a"))
	for range 100 {
		if receive(t, q, "a").Delivery().Event.ID == "last" {
			return
		}
	}
	t.Error("the last event did not come")
}
