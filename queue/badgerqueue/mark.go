package badgerqueue

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
)

// mark says, in a file of its own beside Badger's folder, what was there a second ago at most. Badger opens without a
// word when the end of its list of tables is damaged, and deletes the tables that the list has lost; and of a journal nobody
// could tell that its last segment is missing.
type mark struct {
	Version  uint64   // of the last commit
	Flushed  uint64   // commits up to this one are in the tables, or were before they were merged away
	Known    []uint64 `json:",omitempty"` // segments of the journal that are damaged, which was accepted
	Clean    bool     // the store was closed in order: Tables is all there is, and nothing has been written since
	Tables   []uint64 // by number
	Manifest int64    // bytes of the list of tables

	Pending map[string]int `json:",omitempty"` // deliveries that wait, by destination; nil when something was written since they were counted
}

// ErrBehind means that what is on disk is older than what was committed.
var ErrBehind = errors.New("badgerqueue: a part of the store is missing")

func markPath(dir string) string { return filepath.Join(dir, "mark") }

// readMark gives nil when there is none: a new store.
func readMark(dir string) (*mark, error) {
	b, err := os.ReadFile(markPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("badgerqueue: %w", err)
	}
	var sum uint32
	var m mark
	if n, err := fmt.Sscanf(string(b[:min(len(b), 9)]), "%08x ", &sum); n != 1 || err != nil || len(b) < 9 ||
		sum != crc32.Checksum(b[9:], castagnoli) || json.Unmarshal(b[9:], &m) != nil {
		return nil, fmt.Errorf("%w: %s cannot be read, so nobody knows what should be there", ErrBehind, markPath(dir))
	}
	return &m, nil
}

// write replaces the mark, synced.
func (m *mark) write(dir string, steps steps) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(markPath(dir)+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%08x %s", crc32.Checksum(body, castagnoli), body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	steps.at(StepMark)
	if err := os.Rename(f.Name(), markPath(dir)); err != nil {
		return err
	}
	steps.at(StepMarked)
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// unclean notes that the store is about to be opened. How much waits is true until something is written.
func (m *mark) unclean(dir string) error {
	if m == nil || !m.Clean {
		return nil
	}
	now := *m
	now.Clean = false
	return now.write(dir, nil)
}

// check compares the mark with the list of tables before Badger sees it: then nothing has been deleted yet.
func (m *mark) check(path string, list *tableList) error {
	var missing []string
	for _, id := range m.Tables {
		if list.has(id) {
			continue
		}
		// Tables that were merged leave the list first and the disk after that. An entry that a power cut tore was being
		// written then: everything up to the mark must be whole.
		_, gone := os.Stat(table.NewFilename(id, path))
		if m.Clean || list.whole < m.Manifest && gone == nil {
			missing = append(missing, table.IDToFilename(id))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: the MANIFEST of %s has lost %d of %d tables, such as %s", ErrBehind, path, len(missing), len(m.Tables), missing[0])
	}
	return nil
}

// writeMark notes what is on disk now. Without room the old mark stays: it is still true.
func (q *Queue) writeMark() error {
	q.marking.Lock()
	defer q.marking.Unlock()
	snap := q.store.snapshot()
	defer snap.release()
	m := mark{Version: snap.ts, Flushed: q.marked[1], Known: q.store.known}
	for _, t := range q.store.db.Tables() {
		m.Tables = append(m.Tables, t.ID)
		m.Flushed = max(m.Flushed, t.MaxVersion)
	}
	if q.usableNow() != nil || q.marked == [2]uint64{m.Version, m.Flushed} {
		return nil
	}
	if st, err := os.Stat(filepath.Join(q.store.path, badger.ManifestFilename)); err == nil {
		m.Manifest = st.Size()
	}
	if err := m.write(q.opt.Dir, q.opt.Step); err != nil {
		return err
	}
	q.marked = [2]uint64{m.Version, m.Flushed}
	q.boundTail(m.Flushed)
	return q.dropSegments(m.Flushed)
}

// close closes Badger and notes what a store closed in order has.
func (s *store) close(dir string, pending map[string]int) error {
	if err := s.shut(); err != nil {
		return err
	}
	list, err := readTables(s.path)
	if err != nil {
		return fmt.Errorf("badgerqueue: after closing %s: %w", s.path, err)
	}
	m := mark{Version: s.version(), Flushed: s.version(), Known: s.known, Clean: true, Tables: list.ids(), Manifest: list.size, Pending: pending}
	return m.write(dir, nil)
}
