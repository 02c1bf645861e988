package badgerqueue

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// storeOf makes a store of some tables in a folder and closes it.
func storeOf(t *testing.T, dir string) Options {
	t.Helper()
	o := Options{Dir: dir, MemTable: 1 << 20, Cache: 1 << 20, MinFree: -1, Logger: slog.New(slog.DiscardHandler)}
	q, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		e := testEntry(fmt.Sprint(i), "", "a")
		e.Event.Body = noise(8 << 10)
		enqueue(t, q, e)
	}
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o
}

// tableFiles lists the files of a store's tables.
func tableFiles(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(storePath(dir), "*.sst"))
	if err != nil || len(names) == 0 {
		t.Fatalf("tables: %v, %v", names, err)
	}
	return names
}

// segmentFiles lists the files of a store's journal.
func segmentFiles(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(journalPath(dir), "*.seg"))
	if err != nil || len(names) == 0 {
		t.Fatalf("segments: %v, %v", names, err)
	}
	return names
}

func cut(t *testing.T, name string) {
	t.Helper()
	st, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, st.Size()*2/3); err != nil {
		t.Fatal(err)
	}
}

func flip(t *testing.T, name string, at int) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 4
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDamageIsNamed damages stores in ways that Badger opens, or panics on, and wants each told before Badger sees it, and
// forgiven when that is wanted.
func TestDamageIsNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, o Options)
		want   error
		says   string
	}{
		{"table cut", func(t *testing.T, o Options) { cut(t, tableFiles(t, o.Dir)[0]) }, ErrDamaged, "000001.sst: what it holds makes no sense"},
		{"table flipped", func(t *testing.T, o Options) { flip(t, tableFiles(t, o.Dir)[0], 1000) }, ErrDamaged, "checksum"},
		{"table removed", func(t *testing.T, o Options) { remove(t, tableFiles(t, o.Dir)[0]) }, ErrDamaged, "no such file"},
		{"mark removed", func(t *testing.T, o Options) { remove(t, markPath(o.Dir)) }, ErrBehind, "mark is gone"},
		{"mark cut", func(t *testing.T, o Options) { cut(t, markPath(o.Dir)) }, ErrBehind, "mark cannot be read"},
		{"MANIFEST removed", func(t *testing.T, o Options) { remove(t, filepath.Join(storePath(o.Dir), "MANIFEST")) }, ErrBehind, "has no MANIFEST"},
		{"segment cut", func(t *testing.T, o Options) { cut(t, segmentFiles(t, o.Dir)[0]) }, ErrDamaged, "it was cut"},
		{"segment flipped", func(t *testing.T, o Options) { flip(t, segmentFiles(t, o.Dir)[0], 1000) }, ErrDamaged, "was whole once"},
		{"segment removed", func(t *testing.T, o Options) { remove(t, segmentFiles(t, o.Dir)[0]) }, ErrDamaged, "segment 1 of the journal is missing"},
		{"journal removed", func(t *testing.T, o Options) {
			for _, name := range segmentFiles(t, o.Dir) {
				remove(t, name)
			}
		}, ErrBehind, "has no journal"},
		{"other counts", func(t *testing.T, o Options) {
			m, err := readMark(o.Dir)
			if err == nil {
				m.Pending["a"]++
				err = m.unclean(o.Dir)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, ErrBehind, "200 deliveries wait for a in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := storeOf(t, t.TempDir())
			c.damage(t, o)
			for range 2 { // looking at it changes nothing
				q, err := Open(t.Context(), o)
				if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
					t.Fatalf("opened: %v, %v; want %v with %q", q, err, c.want, c.says)
				}
			}
			o.AcceptLoss = true
			q, err := Open(t.Context(), o)
			if err != nil {
				t.Fatalf("with what is left: %v", err)
			}
			enqueue(t, q, testEntry("new", "", "a"))
			if err := q.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			o.AcceptLoss = false
			if q, err = Open(t.Context(), o); err != nil {
				t.Fatalf("what was accepted once is not asked again: %v", err)
			}
			if err := q.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedTableIsKept checks that a table which is given up lies aside for who wants to look.
func TestDamagedTableIsKept(t *testing.T) {
	o := storeOf(t, t.TempDir())
	name := tableFiles(t, o.Dir)[0]
	cut(t, name)
	o.AcceptLoss = true
	q, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(o.Dir, "aside", filepath.Base(name))); err != nil {
		t.Error(err)
	}
}
