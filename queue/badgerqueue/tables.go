package badgerqueue

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
)

// ErrDamaged means that a file of the store does not hold what was written to it.
var ErrDamaged = errors.New("badgerqueue: a part of the store is damaged")

// ErrInUse means that another process has the folder open.
var ErrInUse = errors.New("is in use by another gateway")

func errInUse(dir string) error {
	return fmt.Errorf("badgerqueue: %s %w; stop it, or give this one a [queue] dir of its own", dir, ErrInUse)
}

// lockStore takes Badger's own lock for as long as its files are looked at: a store that runs changes them meanwhile.
func lockStore(dir string) (release func(), err error) {
	if err := makeFolders(dir); err != nil {
		return nil, err
	}
	d, err := os.Open(storePath(dir))
	if err != nil {
		return nil, fmt.Errorf("badgerqueue: %w", err)
	}
	if err := unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil { //nolint:gosec // a descriptor fits
		return nil, errors.Join(errInUse(dir), d.Close())
	}
	return func() {
		// Closing is not enough: a process that is being started has the descriptor too for a moment, and with it the lock.
		_ = unix.Flock(int(d.Fd()), unix.LOCK_UN) //nolint:gosec // a descriptor fits
		_ = d.Close()
	}, nil
}

// tableList is Badger's list of tables.
type tableList struct {
	compression map[uint64]options.CompressionType // by number
	keys        map[uint64]uint64                  // numbers of the keys that tables are sealed with; 0: none
	size        int64                              // bytes of the list
	whole       int64                              // bytes of it up to the end of its last entry
	newest      uint64                             // version in the tables; check finds it
}

func (l *tableList) has(id uint64) bool { _, ok := l.compression[id]; return ok }

func (l *tableList) ids() (ids []uint64) {
	for id := range l.compression {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// readTables reads the list. The error is fs.ErrNotExist when there is none.
func readTables(path string) (*tableList, error) {
	f, err := os.Open(filepath.Join(path, badger.ManifestFilename))
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	manifest, end, err := badger.ReplayManifestFile(f, 0, badger.DefaultOptions(path))
	if err != nil {
		return nil, err
	}
	l := &tableList{compression: map[uint64]options.CompressionType{}, keys: map[uint64]uint64{}, size: st.Size(), whole: end}
	for id, t := range manifest.Tables {
		l.compression[id], l.keys[id] = t.Compression, t.KeyID
	}
	return l, nil
}

// check reads the end of each table, where its index stands, or all of it, on all processors. Badger would do so too when
// it opens them, but in goroutines of its own, and it panics on a table that was cut: nobody could catch that. So it is told
// not to look.
func (l *tableList) check(path string, whole bool, keys *tableKeys) (bad []uint64, err error) {
	ids := l.ids()
	faults, newest := make([]error, len(ids)), make([]uint64, len(ids))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, id := range ids {
		group.Go(func() error {
			newest[i], faults[i] = checkTable(table.NewFilename(id, path), keys, l.keys[id], l.compression[id], whole)
			return nil
		})
	}
	_ = group.Wait() // faults are kept one by one
	for i, id := range ids {
		l.newest = max(l.newest, newest[i])
		if faults[i] != nil {
			bad, err = append(bad, id), cmp.Or(err, faults[i])
		}
	}
	if err != nil {
		err = fmt.Errorf("%w: %d of %d tables in %s cannot be read, such as %w", ErrDamaged, len(bad), len(ids), path, err)
	}
	return bad, err
}

// checkTable reads a table's index, and whole all of it, and gives the newest version in it. What it is given to read may be anything, and Badger trusts it.
func checkTable(name string, keys *tableKeys, key uint64, compression options.CompressionType, whole bool) (newest uint64, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a page that is not there is a panic, not the process's end
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("what it holds makes no sense: it was cut or overwritten")
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
	}()
	f, err := z.OpenMmapFile(name, os.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close(-1) //nolint:errcheck // only read
	o := table.Options{ReadOnly: true, ChkMode: options.NoVerification, Compression: compression, BlockSize: 4 << 10}
	if err := keys.use(&o, key); err != nil {
		return 0, err
	}
	t, err := table.OpenTable(f, o)
	if err != nil {
		return 0, err
	}
	if whole {
		err = t.VerifyChecksum()
	}
	return t.MaxVersion(), err
}

// drop takes damaged tables out of Badger's list and keeps their files aside, for whoever wants to look.
func (l *tableList) drop(dir string, ids []uint64) error {
	set := &pb.ManifestChangeSet{}
	for _, id := range ids {
		set.Changes = append(set.Changes, &pb.ManifestChange{Id: id, Op: pb.ManifestChange_DELETE})
	}
	body, err := proto.Marshal(set)
	if err != nil {
		return err
	}
	entry := binary.BigEndian.AppendUint32(nil, uint32(len(body))) //nolint:gosec // some bytes for each table
	entry = binary.BigEndian.AppendUint32(entry, crc32.Checksum(body, castagnoli))
	f, err := os.OpenFile(filepath.Join(storePath(dir), badger.ManifestFilename), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	if err = f.Truncate(l.whole); err == nil {
		_, err = f.Write(append(entry, body...))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	return keepAside(dir, ids)
}

// keepAside moves files of tables where Badger does not look.
func keepAside(dir string, ids []uint64) error {
	if len(ids) == 0 {
		return nil
	}
	aside := filepath.Join(dir, "aside")
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	for _, id := range ids {
		from := table.NewFilename(id, storePath(dir))
		if err := os.Rename(from, filepath.Join(aside, filepath.Base(from))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("badgerqueue: %w", err)
		}
	}
	return nil
}

// others gives the tables that lie on disk and are not on the list.
func (l *tableList) others(path string) (ids []uint64) {
	names, _ := filepath.Glob(filepath.Join(path, "*.sst")) // the pattern is good
	for _, name := range names {
		if id, ok := table.ParseFileID(filepath.Base(name)); ok && !l.has(id) {
			ids = append(ids, id)
		}
	}
	return ids
}
