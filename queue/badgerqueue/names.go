package badgerqueue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	_ "unsafe" // for go:linkname
)

// Badger syncs what is in its tables, but not the name of a new one: after a power cut a file may be there without its
// name. On most file systems the sync of a new file keeps its name as well; none promises it. What Badger leaves out is done
// here.

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

// removeLogs removes Badger's logs: the journal has what was in them. And a value log without a byte, which Badger makes
// before it gives it a size; it does not open a store in which it was stopped between the two.
func removeLogs(path string) error {
	logs, _ := filepath.Glob(filepath.Join(path, "*.mem")) // the pattern is good
	values, _ := filepath.Glob(filepath.Join(path, "*.vlog"))
	for _, name := range values {
		if st, err := os.Stat(name); err == nil && st.Size() == 0 {
			logs = append(logs, name)
		}
	}
	for _, name := range logs {
		if err := os.Remove(name); err != nil {
			return fmt.Errorf("badgerqueue: %w", err)
		}
	}
	return nil
}

// makeFolders makes the store's folders in dir, and syncs the names on the way to them.
func makeFolders(dir string) error {
	fresh := []string{dir, storePath(dir)} // also if they are there: whoever made them may have been stopped before the sync
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		if _, err := os.Stat(up); err == nil || up == filepath.Dir(up) {
			break
		}
		fresh = append(fresh, up)
	}
	for _, path := range []string{storePath(dir), journalPath(dir)} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return fmt.Errorf("badgerqueue: %w", err)
		}
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
