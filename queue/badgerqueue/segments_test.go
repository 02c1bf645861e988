package badgerqueue

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// segmentOf gives the segment in which an event's body stands.
func segmentOf(t *testing.T, q *Queue, seq uint64) uint64 {
	t.Helper()
	snap := q.store.snapshot()
	defer snap.release()
	r, err := q.store.readEvent(snap.Txn, seq, true)
	if err != nil || r == nil {
		t.Fatal(seq, r, err)
	}
	return r.place.Segment
}

// TestSegmentsGo retires most of what a journal holds: whole segments go, what still waits is moved out of those of which
// little stands, and all of it is there after a crash.
func TestSegmentsGo(t *testing.T) {
	q := openTest(t, func(o *Options) { o.Segment, o.MemTable = 1<<20, 4<<20 })
	const n = 200
	var waits []uint64
	for i := range n {
		e := testEntry(fmt.Sprint(i), "", "a")
		if e.Event.Body = noise(50 << 10); i%20 == 0 {
			e.Owed[0].Destination = "b"
			waits = append(waits, uint64(i+1))
		}
		enqueue(t, q, e)
		if i%20 != 0 {
			end(t, receive(t, q, "a"))
		}
	}
	first := q.store.journal.Segments()
	if len(first) < 8 {
		t.Fatalf("%d segments for %d KiB", len(first), n*50)
	}
	// The time of Retain is over for what has ended, and the writer of marks is held up, so that this test is.
	if gone, err := q.retire(-time.Hour, 1<<62); err != nil || gone < (n-10)*50<<10 {
		t.Fatal(gone, err)
	}
	if err := q.giveBack(); err != nil {
		t.Fatal(err)
	}
	writeMark(t, q)
	if left := q.store.journal.Segments(); len(left) > 4 || left[0].Number <= first[len(first)-2].Number {
		t.Errorf("%d segments for 500 KiB that stand: %v; there were %d", len(left), left, len(first))
	}
	again := crashed(t, q)
	for _, q := range []*Queue{q, again} {
		if r, err := q.Audit(t.Context()); err != nil || r.FaultCount > 0 || r.Events != len(waits) {
			t.Errorf("audit: %+v, %v", r, err)
		}
		for _, seq := range waits {
			if s := segmentOf(t, q, seq); s <= first[len(first)-2].Number {
				t.Errorf("event %d still stands in segment %d", seq, s)
			}
		}
	}
	for _, seq := range waits {
		if got := end(t, receive(t, again, "b")); got != fmt.Sprint(seq-1, "/b") {
			t.Errorf("received %s, want that of event %d", got, seq)
		}
	}
}

// TestSegmentKeepsItsRoomWhileRetired leaves a segment alone from which events went since it was last looked at: the rest
// will go by itself.
func TestSegmentKeepsItsRoomWhileRetired(t *testing.T) {
	q := openTest(t, func(o *Options) { o.Segment, o.SweepEvery = 1<<20, time.Hour })
	for i := range 30 {
		e := testEntry(fmt.Sprint(i), "", "a")
		e.Event.Body = noise(50 << 10)
		enqueue(t, q, e)
		if i < 15 {
			end(t, receive(t, q, "a"))
		}
	}
	if err := q.moveOld(false); err != nil {
		t.Fatal(err)
	}
	if _, err := q.retire(-time.Hour, 1<<62); err != nil {
		t.Fatal(err)
	}
	was := segmentOf(t, q, 16)
	for look, want := range []bool{true, false} {
		if err := q.moveOld(false); err != nil {
			t.Fatal(err)
		}
		if same := segmentOf(t, q, 16) == was; same != want {
			t.Errorf("look %d: in its place: %v", look, same)
		}
	}
}

// TestFlush has what was committed written into tables, though the buffer is far from full, and finds nothing to replay
// after a crash.
func TestFlush(t *testing.T) {
	q := openTest(t, nil)
	if !fillBuffer(q.store.db) {
		t.Fatal("this Badger has its write buffer elsewhere: segments of the journal stay until it is full")
	}
	for i := range 10 {
		enqueue(t, q, testEntry(fmt.Sprint(i), "", "a"))
	}
	version := q.store.version()
	if ok, err := q.flush(); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if at := q.store.flushed(); at < version {
		t.Errorf("the tables have commits up to %d, want %d", at, version)
	}
	if r, err := crashed(t, q).Audit(t.Context()); err != nil || r.FaultCount > 0 || r.Events != 10 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestTailIsBounded writes much that fills no buffer: the journal's part that opening would have to read stays short.
func TestTailIsBounded(t *testing.T) {
	q := openTest(t, func(o *Options) { o.Segment = 1 << 20 })
	for i := range 3 * tailSegments {
		e := testEntry(fmt.Sprint(i), "", "a")
		e.Event.Body = noise(1 << 20)
		enqueue(t, q, e)
		writeMark(t, q)
	}
	enqueue(t, q, testEntry("last", "", "a"))
	for range 500 {
		if q.store.flushed() > tailSegments {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d bytes of journal, of which the tables have commits up to %d of %d",
		q.store.journal.Since(0), q.store.flushed(), q.store.version())
}

// TestReadWhileMoved reads an event by a snapshot from before it was moved.
func TestReadWhileMoved(t *testing.T) {
	q := openTest(t, func(o *Options) { o.Segment, o.SweepEvery = 1<<20, time.Hour })
	for i := range 50 {
		e := testEntry(fmt.Sprint(i), "", "a")
		e.Event.Body = noise(50 << 10)
		enqueue(t, q, e)
	}
	snap := q.store.snapshot()
	defer snap.release()
	for range 12 {
		end(t, receive(t, q, "a"))
	}
	if _, err := q.retire(-time.Hour, 1<<62); err != nil {
		t.Fatal(err)
	}
	if err := q.giveBack(); err != nil {
		t.Fatal(err)
	}
	writeMark(t, q)
	if n := q.store.journal.Segments()[0].Number; n == 1 {
		t.Fatal("nothing was removed")
	}
	if r, err := q.store.readEvent(snap.Txn, 15, true); err != nil || r == nil || len(r.event.Body) != 50<<10 {
		t.Errorf("an event that was moved: %+v, %v", r, err)
	}
	if r, err := q.store.readEvent(snap.Txn, 5, true); err != nil || r != nil {
		t.Errorf("an event that has gone: %+v, %v", r, err)
	}
	if _, _, err := q.Delivery(context.Background(), "4/a"); err == nil {
		t.Error("its delivery is still there")
	}
}
