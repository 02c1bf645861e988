package badgerqueue

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// What replaces costs the same however much waits: a hundred entries a commit, for a line in which so many wait already. Of a line
// that is longer than what is kept of it in memory, what is replaced is read first: that is the step from 0 to 20,000, and from
// there on nothing grows but Badger's levels.
func BenchmarkEnqueueReplaces(b *testing.B) {
	for _, waiting := range []int{0, 20_000} {
		for _, replaces := range []bool{false, true} {
			b.Run(fmt.Sprintf("waiting=%d/replaces=%v", waiting, replaces), func(b *testing.B) {
				q, err := Open(b.Context(), Options{Dir: b.TempDir(), MinFree: -1, Logger: slog.New(slog.DiscardHandler)})
				if err != nil {
					b.Fatal(err)
				}
				defer q.Close(b.Context()) //nolint:errcheck // nothing is measured after it
				n := 0
				commit := func(replaces bool) {
					entries := make([]queue.Entry, 100)
					for i := range entries {
						n++
						entries[i] = testEntry(fmt.Sprint(n), fmt.Sprint("agent/", n%1000), "a")
						entries[i].Event.Window, entries[i].Owed[0].Replaces = time.Minute, replaces
					}
					if _, err := q.Enqueue(b.Context(), entries...); err != nil {
						b.Fatal(err)
					}
				}
				for n < waiting {
					commit(false)
				}
				b.ReportAllocs()
				for b.Loop() {
					commit(replaces)
				}
			})
		}
	}
}
