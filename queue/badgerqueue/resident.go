package badgerqueue

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
	"golang.org/x/sys/unix"
)

// Badger maps every table into memory. The kernel counts each page that was touched as resident until it runs short, so
// that a process with a large store looks as large as the store, and a container's limit is met by what could be dropped at
// any time. So the pages of tables are let go again: they stay in the kernel's page cache, and the next touch maps them
// back, sixteen at a time. A page that compaction has just written stays in the cache until it is on disk.

// What is mapped and no table in use is let go another way: tables that are being written and the write buffers' logs cannot be
// held, so that an address may be another's by the time it is used. The kernel is asked to reclaim there, which loses nothing
// whatever has come to stand there.

// residentEvery is how often the mapped files are looked at, and residentLimit what may be resident of them, in bytes.
const (
	residentEvery = 100 * time.Millisecond
	residentLimit = 64 << 20
)

// tables gives a view on Badger's tables.
type tables struct {
	levels []*sync.RWMutex
	tables []*[]*table.Table
}

// newTables finds Badger's levels; nil where a later Badger keeps them otherwise: then more is resident, and nothing is
// checked in the background.
func newTables(db *badger.DB) *tables {
	lc := reflect.ValueOf(db).Elem().FieldByName("lc")
	if lc.Kind() != reflect.Pointer || lc.IsNil() {
		return nil
	}
	levels := lc.Elem().FieldByName("levels")
	if levels.Kind() != reflect.Slice {
		return nil
	}
	r := &tables{}
	for i := range levels.Len() {
		l := levels.Index(i)
		if l.Kind() != reflect.Pointer || l.IsNil() {
			return nil
		}
		lock, list := l.Elem().FieldByName("RWMutex"), l.Elem().FieldByName("tables")
		if !lock.IsValid() || !list.IsValid() || lock.Type() != reflect.TypeFor[sync.RWMutex]() || list.Type() != reflect.TypeFor[[]*table.Table]() {
			return nil
		}
		r.levels = append(r.levels, (*sync.RWMutex)(unsafe.Pointer(lock.UnsafeAddr())))
		r.tables = append(r.tables, (*[]*table.Table)(unsafe.Pointer(list.UnsafeAddr())))
	}
	return r
}

// each calls fn with the tables of a level until one fails. All are held meanwhile, so that nobody unmaps them.
func (r *tables) each(level int, fn func(*table.Table) error) (err error) {
	r.levels[level].RLock()
	held := append([]*table.Table(nil), *r.tables[level]...)
	for _, t := range held {
		t.IncrRef()
	}
	r.levels[level].RUnlock()
	for _, t := range held {
		if err == nil {
			err = fn(t)
		}
		if e := t.DecrRef(); err == nil { // the last one deletes a table that was merged meanwhile
			err = e
		}
	}
	return err
}

// eachSlowly is each for what takes long: it holds one table at a time, so that the others can be deleted when they are
// merged, and leaves out those that were.
func (r *tables) eachSlowly(level int, fn func(*table.Table) error) error {
	var ids []uint64
	r.levels[level].RLock()
	for _, t := range *r.tables[level] {
		ids = append(ids, t.ID())
	}
	r.levels[level].RUnlock()
	for _, id := range ids {
		r.levels[level].RLock()
		i := slices.IndexFunc(*r.tables[level], func(t *table.Table) bool { return t.ID() == id })
		if i < 0 {
			r.levels[level].RUnlock()
			continue
		}
		t := (*r.tables[level])[i]
		t.IncrRef()
		r.levels[level].RUnlock()
		if err := errors.Join(fn(t), t.DecrRef()); err != nil {
			return err
		}
	}
	return nil
}

// shrink lets pages go when more than limit bytes of mapped files are resident: of the tables in use, and if that is not
// enough, of all other files mapped in the store's folder.
func (r *tables) shrink(path string, limit int64) error {
	if mapped, err := residentFile(); err != nil || mapped <= limit {
		return err
	}
	used := map[string]bool{}
	for level := range r.levels {
		err := r.each(level, func(t *table.Table) error {
			if t.MmapFile == nil || len(t.Data) == 0 {
				return nil
			}
			used[filepath.Join(path, filepath.Base(t.Fd.Name()))] = true
			return unix.Madvise(t.Data, unix.MADV_DONTNEED)
		})
		if err != nil {
			return err
		}
	}
	if mapped, err := residentFile(); err != nil || mapped <= limit {
		return err
	}
	return reclaim(path, used)
}

// reclaim asks for the pages of the files that are mapped in a folder, but for some.
func reclaim(path string, but map[string]bool) error {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(maps)) {
		at := strings.Index(line, path+"/")
		if at < 0 {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimSpace(line[at:]), " (deleted)")
		var from, to uintptr
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil || but[name] {
			continue
		}
		// What this gives is of no matter: a kernel that cannot, or a file that is gone, only leaves more resident.
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_PAGEOUT)
	}
	return nil
}

// keepSmall shrinks what is resident until the queue is closed.
func (q *Queue) keepSmall(r *tables) {
	path, err := filepath.Abs(q.store.path)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		path = q.store.path
	}
	q.every(residentEvery, func() {
		if err := r.shrink(path, residentLimit); err != nil {
			q.opt.Logger.Warn("resident memory cannot be bounded", "err", err)
		}
	})
}

// residentFile gives the bytes of mapped files that are resident.
func residentFile() (int64, error) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var size, all, file int64
	if _, err := fmt.Fscan(bytes.NewReader(b), &size, &all, &file); err != nil {
		return 0, err
	}
	return file * int64(os.Getpagesize()), nil
}
