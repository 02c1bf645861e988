package badgerqueue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// openTest opens a queue that the test closes.
func openTest(t *testing.T, change func(*Options)) *Queue {
	t.Helper()
	opt := Options{Dir: t.TempDir(), MemTable: 16 << 20, Cache: 4 << 20, MinFree: -1, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&opt)
	}
	q, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close(context.Background()) })
	return q
}

func testEntry(id, key string, destinations ...string) queue.Entry {
	e := queue.Entry{Event: queue.Event{ID: id, Source: "s", Received: time.Now(), Body: []byte("{}"), Window: time.Hour}}
	for _, d := range destinations {
		e.Owed = append(e.Owed, queue.Owed{Destination: d, Key: key})
	}
	return e
}

func enqueue(t *testing.T, q *Queue, entries ...queue.Entry) {
	t.Helper()
	if _, err := q.Enqueue(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, q *Queue, destination string) queue.Lease {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	l, err := q.Receive(ctx, destination, 1)
	if err != nil {
		t.Fatal(err)
	}
	return l[0]
}

// populate makes a queue with a record of every kind, and gives the numbers of its events by ID.
func populate(t *testing.T, q *Queue) {
	t.Helper()
	ctx := t.Context()
	at := time.Now().Add(time.Hour)
	failed := queue.Attempt{Started: time.Now(), Result: "retry", Error: "503"}
	large := testEntry("large", "", "b")
	large.Event.Body = make([]byte, 2*partSize)
	enqueue(t, q, testEntry("dead", "", "a"), testEntry("retry", "k", "a"), testEntry("follower", "k", "a"), large)
	if err := receive(t, q, "a").Done(ctx, queue.Dead, failed); err != nil {
		t.Fatal(err)
	}
	l := receive(t, q, "a")
	for range 2 {
		if err := l.Retry(ctx, at, nil, failed); err != nil {
			t.Fatal(err)
		}
		if err := q.RetryNow(ctx, "retry/a"); err != nil {
			t.Fatal(err)
		}
		l = receive(t, q, "a")
	}
	if err := l.Retry(ctx, at, nil, failed); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Replay(ctx, "dead/a"); err != nil {
		t.Fatal(err)
	}
	if err := q.Remember(ctx, queue.StateWrite{Owner: "a", Key: "k", Value: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	if _, err := q.SetAside(ctx, queue.Rejected{Source: "s", Raw: make([]byte, 2*partSize)}); err != nil {
		t.Fatal(err)
	}
	line := q.line("a")
	line.mu.Lock()
	park := line.park(nil)
	line.mu.Unlock()
	if err := q.submit(ctx, park, park.ticket); err != nil {
		t.Fatal(err)
	}
	q.writeMeta()
}

// change writes or deletes records behind the queue's back.
func change(t *testing.T, q *Queue, fn func(txn *badger.Txn) error) {
	t.Helper()
	// The committer is idle: its next version is free.
	txn := q.store.db.NewTransactionAt(latest, true)
	if err := fn(txn); err != nil {
		t.Fatal(err)
	}
	q.store.mu.Lock()
	ts := q.store.visible
	q.store.mu.Unlock()
	if err := txn.CommitAt(ts, nil); err != nil {
		t.Fatal(err)
	}
}

// firstKey finds the first key of a kind.
func firstKey(t *testing.T, q *Queue, kind byte) (key, value []byte) {
	t.Helper()
	snap := q.store.snapshot()
	defer snap.release()
	err := scan(snap.Txn, []byte{kind}, nil, false, true, func(k []byte, item *badger.Item) (bool, error) {
		if kind == kindMeta && lineOf(k) == 0 {
			return true, nil
		}
		key = append([]byte(nil), k...)
		var err error
		value, err = item.ValueCopy(nil)
		return false, err
	})
	if err != nil || key == nil {
		t.Fatalf("no %c record: %v", kind, err)
	}
	return key, value
}

// TestAuditFindsDamage damages one record of each kind in each way, and wants the audit to name it.
func TestAuditFindsDamage(t *testing.T) {
	remove := func(t *testing.T, q *Queue, key, _ []byte) {
		change(t, q, func(txn *badger.Txn) error { return txn.Delete(key) })
	}
	flip := func(t *testing.T, q *Queue, key, value []byte) {
		value[len(value)-1] ^= 0x10
		change(t, q, func(txn *badger.Txn) error {
			return txn.SetEntry(&badger.Entry{Key: key, Value: value, UserMeta: byte(queue.Pending)})
		})
	}
	move := func(t *testing.T, q *Queue, key, value []byte) { // a good record under a key that is not its own
		other := append([]byte(nil), key...)
		other[len(other)-1] ^= 0x40
		change(t, q, func(txn *badger.Txn) error { return txn.Set(other, value) })
	}
	forge := func(t *testing.T, q *Queue, key, value []byte) { // the same, sealed for it
		other := append([]byte(nil), key...)
		other[len(other)-1] ^= 0x40
		seal(other, value)
		change(t, q, func(txn *badger.Txn) error { return txn.Set(other, value) })
	}
	for _, c := range []struct {
		name  string
		kind  byte
		ways  map[string]func(*testing.T, *Queue, []byte, []byte)
		names bool // the fault names the damaged key itself
	}{
		{"event", kindEvent, map[string]func(*testing.T, *Queue, []byte, []byte){"removed": remove, "flipped": flip, "moved": move, "forged": forge}, false},
		{"delivery", kindDelivery, map[string]func(*testing.T, *Queue, []byte, []byte){"removed": remove, "flipped": flip, "moved": move, "forged": forge}, true},
		{"timer", kindTimer, map[string]func(*testing.T, *Queue, []byte, []byte){"removed": remove, "flipped": flip, "moved": move, "forged": forge}, false},
		{"follower", kindFollower, map[string]func(*testing.T, *Queue, []byte, []byte){"removed": remove, "flipped": flip, "forged": forge}, false},
		{"dead letter", kindDead, map[string]func(*testing.T, *Queue, []byte, []byte){"removed": remove, "flipped": flip, "forged": forge}, false},
		{"attempt", kindAttempt, map[string]func(*testing.T, *Queue, []byte, []byte){"flipped": flip, "moved": move}, false},
		{"replay", kindReplay, map[string]func(*testing.T, *Queue, []byte, []byte){"removed": remove, "flipped": flip, "forged": forge}, false},
		{"identity", kindIdentity, map[string]func(*testing.T, *Queue, []byte, []byte){"flipped": flip, "moved": move}, true},
		{"rejected", kindRejected, map[string]func(*testing.T, *Queue, []byte, []byte){"removed": nil, "flipped": flip, "moved": move}, false},
		{"remembered", kindState, map[string]func(*testing.T, *Queue, []byte, []byte){"flipped": flip, "moved": move}, true},
		{"line", kindMeta, map[string]func(*testing.T, *Queue, []byte, []byte){"flipped": flip}, true},
	} {
		for way, damage := range c.ways {
			if damage == nil {
				continue
			}
			t.Run(c.name+" "+way, func(t *testing.T) {
				t.Parallel()
				q := openTest(t, nil)
				populate(t, q)
				if r, err := q.Audit(t.Context()); err != nil || r.FaultCount != 0 {
					t.Fatalf("before: %+v, %v", r, err)
				}
				key, value := firstKey(t, q, c.kind)
				damage(t, q, key, value)
				r, err := q.Audit(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if r.FaultCount == 0 {
					t.Fatalf("%s was %s and nothing is wrong", keyString(key), way)
				}
				if all := strings.Join(r.Faults, "\n"); c.names && way != "moved" && way != "forged" && !strings.Contains(all, keyString(key)) {
					t.Errorf("%s is not named in:\n%s", keyString(key), all)
				}
			})
		}
	}
}

// TestAuditFindsLowFloor raises a line's floor above something that waits.
func TestAuditFindsLowFloor(t *testing.T) {
	q := openTest(t, nil)
	enqueue(t, q, testEntry("1", "", "a"))
	change(t, q, func(txn *badger.Txn) error {
		key, record := appendMetaKey(nil, 1), lineMeta{floor: 9, pending: 1}.encode()
		seal(key, record)
		return txn.Set(key, record)
	})
	r, err := q.Audit(t.Context())
	if err != nil || r.FaultCount != 1 || !strings.Contains(r.Faults[0], "below the floor") {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestDamagedDelivery checks that a delivery whose event cannot be read is named and holds up no other.
func TestDamagedDelivery(t *testing.T) {
	q := openTest(t, func(o *Options) { o.HeldBytes = 1 }) // the first is held, the others are read
	enqueue(t, q, testEntry("0", "", "a"), testEntry("1", "", "a"), testEntry("2", "", "a"))
	key := appendEventKey(nil, 2)
	change(t, q, func(txn *badger.Txn) error { return txn.Set(key, []byte("not what was written")) })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var got []string
	var failed error
	for len(got) < 2 {
		leases, err := q.Receive(ctx, "a", 1)
		if err != nil {
			if failed != nil {
				t.Fatal(err)
			}
			failed = err
			continue
		}
		got = append(got, leases[0].Delivery().Event.ID)
	}
	if !errors.Is(failed, ErrCorrupt) || !strings.Contains(failed.Error(), keyString(key)) {
		t.Errorf("error %v, want one that names %s", failed, keyString(key))
	}
	if fmt.Sprint(got) != "[0 2]" {
		t.Errorf("received %v", got)
	}
	if d, _ := q.Depth(ctx); d["a"].Pending != 3 {
		t.Errorf("pending %d, want all 3", d["a"].Pending)
	}
}
