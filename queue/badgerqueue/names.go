package badgerqueue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	_ "unsafe" // for go:linkname
)

// Badger syncs what is in its files, but of a new log, a new table and an emptied log not the names: after a power cut a
// file may be there without its name, or its name without its size. On most file systems the sync of a new file keeps its
// name as well; none promises it. What Badger leaves out is done here.

// syncManifest is how Badger syncs its list of tables. It is a variable of Badger's so that its own tests can put
// something else there. Where a later Badger has none of that name it is nil here, and TestNewTableIsSynced fails.
//
//go:linkname syncManifest github.com/dgraph-io/badger/v4.syncFunc
var syncManifest func(*os.File) error

// A table is named on disk before the list of tables names it: else the store cannot be opened.
func init() {
	sync := syncManifest
	if sync == nil {
		return
	}
	syncManifest = func(list *os.File) error {
		if err := syncFolder(filepath.Dir(list.Name())); err != nil {
			return err
		}
		return sync(list)
	}
}

// syncNewLog syncs the name of a log that the last commit began. Called for each commit before it is told to anybody.
func (s *store) syncNewLog() error {
	if _, err := os.Lstat(s.logName(s.log + 1)); err != nil {
		return nil // the commit went to the log that is known
	}
	s.log++
	return syncFolder(s.path)
}

func (s *store) logName(n int) string { return filepath.Join(s.path, fmt.Sprintf("%05d.mem", n)) }

// syncOpened syncs the names that opening left, that of the log of the first commits among them.
func (s *store) syncOpened() error {
	logs, _ := filepath.Glob(filepath.Join(s.path, "*.mem")) // the pattern is good
	for _, name := range logs {
		var n int
		if _, err := fmt.Sscanf(filepath.Base(name), "%d.mem", &n); err == nil {
			s.log = max(s.log, n)
		}
	}
	return syncFolder(s.path)
}

// removeEmptied removes logs without a byte. Badger empties a log before it removes it, and makes one before it gives it
// a size; it does not open a store in which it was stopped between the two. Nothing that was accepted is in them.
func removeEmptied(path string) error {
	for _, pattern := range []string{"*.mem", "*.vlog"} {
		names, _ := filepath.Glob(filepath.Join(path, pattern)) // the pattern is good
		for _, name := range names {
			if st, err := os.Stat(name); err != nil {
				return fmt.Errorf("badgerqueue: %w", err)
			} else if st.Size() > 0 {
				continue
			}
			if err := os.Remove(name); err != nil {
				return fmt.Errorf("badgerqueue: %w", err)
			}
		}
	}
	return nil
}

// makeFolder makes the store's folder below dir, and syncs the names on the way to it.
func makeFolder(dir, path string) error {
	fresh := []string{dir, path} // also if they are there: whoever made them may have been stopped before the sync
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		if _, err := os.Stat(up); err == nil || up == filepath.Dir(up) {
			break
		}
		fresh = append(fresh, up)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	for _, name := range fresh {
		if err := syncFolder(filepath.Dir(name)); err != nil && !errors.Is(err, fs.ErrPermission) { // then it is not ours
			return err
		}
	}
	return nil
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("badgerqueue: sync %s: %w", path, err)
	}
	return nil
}
