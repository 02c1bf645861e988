package badgerqueue

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/queue"
)

// TestNewNamesAreSynced has a table written: the list of tables was synced by way of our function. gateway/faults cuts the
// power to see what that is good for.
func TestNewNamesAreSynced(t *testing.T) {
	if syncManifest == nil {
		t.Fatal("Badger has no syncFunc any more: the name of a new table is not synced")
	}
	synced := 0
	defer func(was func(*os.File) error) { syncManifest = was }(syncManifest)
	was := syncManifest
	syncManifest = func(f *os.File) error { synced++; return was(f) }
	opt := crashOptions(t.TempDir())
	opt.MemTable = 1 << 20
	q, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		e := queue.Event{ID: strings.Repeat("x", i+1), Source: "s", Body: noise(60 << 10)}
		if _, err := q.Enqueue(context.Background(), queue.Entry{Event: e}); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Close(context.Background()); err != nil { // writes the last log into a table
		t.Fatal(err)
	}
	if synced == 0 {
		t.Error("Badger does not sync its list of tables by syncFunc any more: the name of a new table is not synced")
	}
}

// TestEmptyLog opens a store in which Badger was stopped between making a log and giving it a size.
func TestEmptyLog(t *testing.T) {
	for _, name := range []string{"00007.mem", "000001.vlog"} {
		dir := t.TempDir()
		for range 2 {
			q, err := Open(context.Background(), crashOptions(dir))
			if err != nil {
				t.Fatalf("%s is empty: %v", name, err)
			}
			if err := q.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(storePath(dir), name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
