package badgerqueue

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
)

// TestTornEntryIsNoLoss has a table that the mark knows and that was merged since: off the list, still on disk. When a
// power cut tears the entry that was being written, everything up to the mark is whole, and nothing is missing. When the
// list ends before the mark, something is.
func TestTornEntryIsNoLoss(t *testing.T) {
	dir := t.TempDir()
	q, err := Open(t.Context(), Options{Dir: dir, MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := storePath(dir)
	was, err := readTables(path)
	if err != nil || len(was.ids()) == 0 || was.whole != was.size {
		t.Fatal(was, err)
	}
	size := was.size
	const merged = 999
	if err := os.WriteFile(table.NewFilename(merged, path), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := os.OpenFile(filepath.Join(path, badger.ManifestFilename), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close() //nolint:errcheck // it is a test's
	m := mark{Tables: append(was.ids(), merged), Manifest: size}
	if _, err := list.WriteAt([]byte{0, 0, 0, 9, 1, 2, 3, 4, 5}, size); err != nil {
		t.Fatal(err)
	}
	if err := check(t, m, path); err != nil {
		t.Errorf("an entry after the mark is torn: %v", err)
	}
	if err := list.Truncate(size - 3); err != nil {
		t.Fatal(err)
	}
	if err := check(t, m, path); !errors.Is(err, ErrBehind) {
		t.Errorf("an entry before the mark is torn: %v, want ErrBehind", err)
	}
}

func check(t *testing.T, m mark, path string) error {
	t.Helper()
	list, err := readTables(path)
	if err != nil {
		t.Fatal(err)
	}
	return m.check(path, list)
}
