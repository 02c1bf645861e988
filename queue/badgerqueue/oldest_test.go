package badgerqueue

import (
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Before anything of a line is in memory, as right after opening, the age of what waits is known from the disk: of what was
// never tried, and of what waits for a retry.
func TestOldestBeforeAnythingIsInMemory(t *testing.T) {
	t.Parallel()
	for what, tried := range map[string]bool{"nothing was tried": false, "the second was tried": true} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			q := openTest(t, nil)
			for _, id := range []string{"done", "first", "second"} {
				enqueue(t, q, testEntry(id, "", "a"))
			}
			end(t, receive(t, q, "a"))
			if tried {
				first, second := receive(t, q, "a"), receive(t, q, "a")
				if err := second.Retry(t.Context(), time.Now().Add(time.Hour), nil, queue.Attempt{}); err != nil {
					t.Fatal(err)
				}
				first.Release(time.Now())
			}
			want, err := q.Depth(t.Context())
			if err != nil || want["a"].Oldest.IsZero() {
				t.Fatal(want, err)
			}
			if err := q.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			bare, err := load(q.opt) // what Open does before it fills the lines
			if err != nil {
				t.Fatal(err)
			}
			got, err := bare.Depth(t.Context())
			if err != nil || got["a"] != want["a"] {
				t.Errorf("%+v, %v; want %+v", got["a"], err, want["a"])
			}
			if l, _ := bare.lines["a"].depth(); l.Oldest.Equal(want["a"].Oldest) {
				t.Error("it was in memory, so nothing is shown here")
			}
			if err := bare.store.shut(); err != nil {
				t.Error(err)
			}
		})
	}
}
