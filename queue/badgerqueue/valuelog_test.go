package badgerqueue

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/plugboard/plugboard/queue"
)

// TestNothingGoesToTheValueLog stores the largest events that fit, and finds Badger's value log with nothing but its
// header: nobody syncs it.
func TestNothingGoesToTheValueLog(t *testing.T) {
	dir := t.TempDir()
	q, err := Open(t.Context(), Options{Dir: dir, MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{100, 256 << 10, 1 << 20, 4 << 20} {
		e := queue.Entry{Event: queue.Event{ID: "large", Source: "s", Body: bytes.Repeat([]byte{'x'}, size)}}
		if _, err := q.Enqueue(t.Context(), e); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
	}
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "badger", "*.vlog"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("value logs: %v, %v; want one", logs, err)
	}
	info, err := os.Stat(logs[0])
	if err != nil || info.Size() > 64 { // its header is 20 bytes
		t.Errorf("the value log has %d bytes, %v; something was written to it", info.Size(), err)
	}
}
