package replay_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/replay"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

// crm is a configuration of one destination that takes everything in the order of subjects.
type crm struct{}

func (crm) Destinations() []string                        { return []string{"crm"} }
func (crm) Key(_ string, ev *queue.Event) (string, error) { return ev.Subject, nil }
func (crm) Owed(*queue.Event) ([]queue.Owed, error)       { return nil, nil }
func (crm) Read(context.Context, queue.Rejected) ([]queue.Entry, []queue.StateWrite, bool, string) {
	return nil, nil, true, "there is no source"
}

// dead makes a store with n dead letters.
func dead(b testing.TB, n int) *badgerqueue.Queue {
	b.Helper()
	q, err := badgerqueue.Open(b.Context(), badgerqueue.Options{Dir: b.TempDir(), MinFree: -1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := q.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	for done := 0; done < n; {
		entries := make([]queue.Entry, min(500, n-done))
		for i := range entries {
			entries[i] = queue.Entry{Event: queue.Event{ID: fmt.Sprint("ev-", done+i), Source: "in", Type: "t", Subject: fmt.Sprint(i),
				Received: time.Now(), Body: []byte(`{"data":{}}`)}, Owed: []queue.Owed{{Destination: "crm", Route: "all"}}}
		}
		if _, err := q.Enqueue(b.Context(), entries...); err != nil {
			b.Fatal(err)
		}
		for settled := 0; settled < len(entries); {
			leases, err := q.Receive(b.Context(), "crm", 500)
			if err != nil {
				b.Fatal(err)
			}
			results := make(chan error, len(leases))
			for _, l := range leases {
				go func() {
					results <- l.Done(b.Context(), queue.Dead, queue.Attempt{Number: 1, Result: "dead", Error: "400"})
				}()
			}
			for range leases {
				if err := <-results; err != nil {
					b.Fatal(err)
				}
			}
			settled += len(leases)
		}
		done += len(entries)
	}
	return q
}

// all replays call by call.
func all(t testing.TB, r *replay.Runner, q replay.Request) (done int) {
	t.Helper()
	for {
		report, err := r.Replay(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		done += report.Done
		if q.Cursor = report.Next; q.Cursor == "" {
			return done
		}
	}
}

// BenchmarkReplay queues dead letters again, and cancels them then: what one costs, and what is on the heap after all of them
// over what was before.
//
//	go test ./gateway/replay -run '^$' -bench Replay -benchtime 20000x
func BenchmarkReplay(b *testing.B) {
	q := dead(b, b.N)
	r := &replay.Runner{Store: q, Setup: crm{}}
	before := heap()
	b.ReportAllocs()
	b.ResetTimer()
	if n := all(b, r, replay.Request{Filter: &queue.Filter{State: queue.Dead}}); n != b.N {
		b.Fatalf("%d of %d", n, b.N)
	}
	b.StopTimer()
	b.ReportMetric(float64(int64(heap()-before))/(1<<20), "MiB-more")
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkCancel cancels what waits.
func BenchmarkCancel(b *testing.B) {
	q := dead(b, b.N)
	r := &replay.Runner{Store: q, Setup: crm{}}
	all(b, r, replay.Request{Filter: &queue.Filter{State: queue.Dead}})
	b.ReportAllocs()
	for done, cursor := 0, ""; done < b.N; {
		report, err := r.Cancel(b.Context(), replay.Cancellation{Filter: &queue.Filter{Destination: "crm", State: queue.Pending}, Cursor: cursor})
		if err != nil {
			b.Fatal(err)
		}
		done += report.Done
		if cursor = report.Next; cursor == "" && done < b.N {
			b.Fatalf("%d of %d", done, b.N)
		}
	}
}

// FuzzCursor gives what is no cursor: it is refused or begins somewhere, and never panics.
func FuzzCursor(f *testing.F) {
	q := dead(f, 3)
	r := &replay.Runner{Store: q, Setup: crm{}}
	first, err := r.Replay(f.Context(), replay.Request{Filter: &queue.Filter{State: queue.Dead}, DryRun: true, Limit: 1})
	if err != nil || first.Next == "" {
		f.Fatal(first, err)
	}
	for _, s := range []string{"", first.Next, ".", "x", "1.", "zzzzzzzzzzzzzzzzzzzz.AAAA", first.Next + "A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		report, err := r.Replay(t.Context(), replay.Request{Filter: &queue.Filter{State: queue.Dead}, DryRun: true, Cursor: cursor})
		if err == nil && (report.Done > 3 || report.Done != report.Matched) {
			t.Errorf("%q: %+v", cursor, report)
		}
	})
}
