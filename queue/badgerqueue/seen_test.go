package badgerqueue

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
)

func identities(source string, n int) []identity {
	ids := make([]identity, n)
	for i := range ids {
		ids[i] = identityOf(source, fmt.Sprint(i))
	}
	return ids
}

// TestSeen fills filters: none that was added is ruled out, and of others all but a few are.
func TestSeen(t *testing.T) {
	s := newSeen(10_000, 4)
	s.loading = false
	old, strange := identities("a", 30_000), identities("b", 30_000) // the same ids, of another source
	for _, id := range old {
		s.add(id, 100, 0)
	}
	for i, id := range old {
		if !s.maybe(id, 50) {
			t.Fatalf("number %d is ruled out", i)
		}
	}
	wrong := 0
	for _, id := range strange {
		if s.maybe(id, 50) {
			wrong++
		}
	}
	if most := len(strange) / 40; wrong > most { // three full filters, 1 in 200 each
		t.Errorf("%d of %d that never came are not ruled out, want at most %d", wrong, len(strange), most)
	}
	t.Logf("%d of %d not ruled out", wrong, len(strange))
}

// TestSeenForgets lets filters go: those whose windows have ended at once, others for want of room, and then nothing is
// ruled out before their windows have ended, too.
func TestSeenForgets(t *testing.T) {
	s := newSeen(100, 2)
	s.loading = false
	ids, fresh := identities("a", 500), identityOf("b", "x")
	add := func(from int, ends, now int64) {
		for _, id := range ids[from : from+100] {
			s.add(id, ends, now)
		}
	}
	add(0, 10, 0)
	add(100, 20, 10) // the first windows have just ended
	if s.maybe(ids[0], 10) || !s.maybe(ids[100], 10) {
		t.Error("the filter of windows that have ended is still there, or the other one is not")
	}
	add(200, 30, 11)
	add(300, 40, 12) // a third filter, for which there is no room
	if !s.maybe(fresh, 19) || !s.maybe(ids[100], 19) {
		t.Error("ruled out, though there was no room to remember all")
	}
	if s.maybe(fresh, 20) || !s.maybe(ids[200], 20) || !s.maybe(ids[300], 20) {
		t.Error("not ruled out, though all that has a window open is there")
	}
	if s.add(fresh, 5, 6); s.maybe(fresh, 20) {
		t.Error("a window that has ended was taken in")
	}
}

// TestSeenAfterOpening finds repeats of what came before the opening, while that is taken in and after.
func TestSeenAfterOpening(t *testing.T) {
	q := openTest(t, nil)
	const n = 2000
	repeat := func(q *Queue, i int) bool {
		e := queue.Entry{Event: queue.Event{ID: fmt.Sprint(i), Source: "s", Window: time.Hour}}
		r, err := q.Enqueue(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		return r[0].Repeat
	}
	for i := range n {
		if repeat(q, i) {
			t.Fatalf("number %d is new", i)
		}
	}
	again := crashed(t, q)
	for i := range 2 * n {
		if repeat(again, i) != (i < n) {
			t.Fatalf("number %d: repeat %v", i, i >= n)
		}
	}
	for loading := true; loading; { // until it is told that the store has nothing more
		again.seen.mu.RLock()
		loading = again.seen.loading
		again.seen.mu.RUnlock()
		runtime.Gosched()
	}
	for i := range 3 * n {
		if repeat(again, i) != (i < 2*n) {
			t.Fatalf("once all is taken in, number %d: repeat %v", i, i >= 2*n)
		}
	}
}

// FuzzSeen adds identities of any kind and asks for them again.
func FuzzSeen(f *testing.F) {
	f.Add("zendesk", "0197c2f4-7a01-7c3e-9d55-000000000001")
	f.Add("", "")
	s := newSeen(1000, 4)
	s.loading = false
	f.Fuzz(func(t *testing.T, source, id string) {
		i := identityOf(source, id)
		if s.add(i, 2, 1); !s.maybe(i, 1) {
			t.Errorf("%q %q is ruled out", source, id)
		}
	})
}

func BenchmarkSeen(b *testing.B) {
	for _, filters := range []int{1, 16} {
		b.Run(fmt.Sprint(filters), func(b *testing.B) {
			s := newSeen(seenEach/8, seenMost)
			s.loading = false
			for _, id := range identities("a", filters*s.each) {
				s.add(id, 2, 1)
			}
			ids := identities("b", 1<<16)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				s.maybe(ids[i&(1<<16-1)], 1)
			}
		})
	}
}
