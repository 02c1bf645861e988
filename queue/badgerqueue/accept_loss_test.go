package badgerqueue

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/plugboard/plugboard/queue"
)

// TestLossIsAcceptedOnlyWhenSaid cuts the list of tables of a store, which Badger takes for an empty one. Opening says so,
// and goes on with what is left when it is told to.
func TestLossIsAcceptedOnlyWhenSaid(t *testing.T) {
	dir := t.TempDir()
	o := Options{Dir: dir, MinFree: -1}
	q, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		e := queue.Entry{Event: queue.Event{ID: fmt.Sprint(i), Source: "s", Body: []byte("{}")}}
		if _, err := q.Enqueue(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(dir, "badger", "MANIFEST")
	info, err := os.Stat(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(manifest, info.Size()-3); err != nil {
		t.Fatal(err)
	}
	if q, err = Open(t.Context(), o); !errors.Is(err, ErrBehind) {
		t.Fatalf("opening a store that lacks its tables: %v, %v; want ErrBehind", q, err)
	}
	o.AcceptLoss = true
	if q, err = Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Enqueue(t.Context(), queue.Entry{Event: queue.Event{ID: "new", Source: "s", Body: []byte("{}")}}); err != nil {
		t.Error(err)
	}
	if err := q.Close(t.Context()); err != nil {
		t.Error(err)
	}
	o.AcceptLoss = false
	if q, err = Open(t.Context(), o); err != nil {
		t.Fatalf("what was accepted once is not asked again: %v", err)
	}
	if _, err := q.Event(t.Context(), "new"); err != nil {
		t.Error(err)
	}
	if err := q.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
