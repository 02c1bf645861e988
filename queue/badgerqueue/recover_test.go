package badgerqueue

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// crashed opens a copy of a queue's folder as it stands: what a kill at this moment would leave.
func crashed(t *testing.T, q *Queue) *Queue {
	t.Helper()
	dir := t.TempDir()
	q.marking.Lock() // no mark is written, and no segment removed, while their files are copied one after the other
	err := os.CopyFS(dir, os.DirFS(q.opt.Dir))
	q.marking.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "badger", "LOCK")); err != nil {
		t.Fatal(err)
	}
	opt := q.opt
	opt.Dir = dir
	again, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close(context.Background()) })
	return again
}

func end(t *testing.T, l queue.Lease) string {
	t.Helper()
	if err := l.Done(t.Context(), queue.Delivered, queue.Attempt{}); err != nil {
		t.Fatal(err)
	}
	return l.Delivery().ID
}

// TestNumbersGoOn checks after a crash that no number is given out twice: not that of a replay, which no event has, nor
// those of events that are gone.
func TestNumbersGoOn(t *testing.T) {
	q := openTest(t, nil)
	enqueue(t, q, testEntry("1", "", "a"))
	end(t, receive(t, q, "a"))
	id, err := q.Replay(t.Context(), "1/a")
	if err != nil {
		t.Fatal(err)
	}
	again := crashed(t, q)
	enqueue(t, again, testEntry("2", "", "a"))
	for _, want := range []string{id, "2/a"} {
		if got := end(t, receive(t, again, "a")); got != want {
			t.Errorf("received %s, want %s", got, want)
		}
	}
	last := again.seq
	if gone, err := again.retire(-time.Hour, 1<<62); err != nil || gone == 0 {
		t.Fatal(gone, err)
	}
	third := crashed(t, again)
	if third.seq < last {
		t.Errorf("after all is gone and a crash the next number is %d, the last was %d", third.seq+1, last)
	}
	enqueue(t, third, testEntry("3", "", "a"))
	end(t, receive(t, third, "a"))
}

// TestCrashWithHotKey parks the followers of a key whose head is in flight and has never failed: after a crash the head
// comes first.
func TestCrashWithHotKey(t *testing.T) {
	q := openTest(t, func(o *Options) { o.Window = 32 })
	const n = 200
	for i := range n {
		enqueue(t, q, testEntry(fmt.Sprint(i), "hot", "a"))
	}
	enqueue(t, q, testEntry("cold", "cold", "a"))
	head := receive(t, q, "a")
	if got := end(t, receive(t, q, "a")); got != "cold/a" {
		t.Fatalf("received %s beside the hot key", got)
	}
	again := crashed(t, q)
	if r, err := again.Audit(t.Context()); err != nil || r.FaultCount > 0 {
		t.Errorf("audit: %+v, %v", r, err)
	}
	for i := range n {
		if got := end(t, receive(t, again, "a")); got != fmt.Sprint(i, "/a") {
			t.Fatalf("received %s, want %d/a", got, i)
		}
	}
	end(t, head)
	if d, err := again.Depth(t.Context()); err != nil || d["a"].Pending != 0 {
		t.Errorf("depth %+v, %v", d, err)
	}
}

// TestFloor checks what a line says of itself: with something beyond the cursor, nothing below may be skipped.
func TestFloor(t *testing.T) {
	l := newLine(&Queue{}, 1, "a")
	l.last, l.cursor, l.spilled = 100, 40, true
	if m := l.meta(); m.floor != 41 {
		t.Errorf("floor %d with a cursor of 40, want 41", m.floor)
	}
	l.spilled = false
	if m := l.meta(); m.floor != 101 || m.timers != never.wake {
		t.Errorf("of an empty line: %+v", m)
	}
	l.live[30] = &entry{seq: 30}
	l.live[20] = &entry{seq: 20, follower: true}
	l.live[10] = &entry{seq: 10, due: 7}
	if m := l.meta(); m.floor != 30 || m.timers != 7 {
		t.Errorf("with entries: %+v", m)
	}
}
