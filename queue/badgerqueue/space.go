package badgerqueue

import (
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/plugboard/plugboard/queue"
)

// largestReserve bounds the default of Options.MinFree: a tenth of a large disk is more than anyone wants to keep free.
const largestReserve = 5 << 30

// space watches the disk. Badger maps its files into memory: on a full disk it does not get an error but a SIGBUS, so
// acceptance has to stop before.
type space struct {
	full     atomic.Bool
	crowded  atomic.Bool  // the folder is at MaxDisk and no history is left to go
	left     atomic.Int64 // bytes that may still be accepted before the next look
	inFlight atomic.Int64 // bytes accepted and not yet written, so that a look does not see them
}

// growth is how many bytes of disk a byte accepted may take: in the log, in the table that it goes to from there, and for
// what becomes of it until then.
const growth = 3

// admit asks for room for an op; every nil wants one release when the op is written.
func (s *space) admit(bytes int) error {
	s.inFlight.Add(int64(bytes))
	if s.full.Load() || s.left.Add(-growth*int64(bytes)) < 0 {
		s.release(bytes)
		return queue.ErrFull
	}
	return nil
}

func (s *space) release(bytes int) { s.inFlight.Add(-int64(bytes)) }

// look measures the file system. Beyond what is to stay free, the journal will want its next segment, and Badger room for
// what it will write again: each log becomes a table, and the tables of the highest level are merged before they go.
func (s *space) look(q *Queue) {
	low, left := false, int64(math.MaxInt64/2)
	if q.opt.MinFree >= 0 {
		var st unix.Statfs_t
		if err := unix.Statfs(q.opt.Dir, &st); err != nil {
			q.opt.Logger.Error("cannot measure the disk", "dir", q.opt.Dir, "err", err)
			return
		}
		size := int64(st.Bsize) //nolint:unconvert // narrower on other systems
		need := q.opt.MinFree
		if need == 0 {
			need = min(int64(st.Blocks)*size/10, largestReserve) //nolint:gosec // no disk has 2^63 bytes
		}
		need += q.opt.Segment + 2*logSize(q.store.path) + q.store.db.Levels()[0].Size
		left = int64(st.Bavail)*size - need - growth*s.inFlight.Load() //nolint:gosec // as above
		low = left <= 0
	}
	s.left.Store(left)
	full := low || s.crowded.Load()
	if s.full.Swap(full) != full {
		if full {
			q.opt.Logger.Error("no room on disk: nothing is accepted, deliveries go on", "dir", q.opt.Dir, "low", low)
		} else {
			q.opt.Logger.Info("room on disk again", "dir", q.opt.Dir)
		}
	}
}

// logSize measures Badger's logs: what opening or closing the store writes into tables.
func logSize(path string) (total int64) {
	names, _ := filepath.Glob(filepath.Join(path, "*.mem")) // the pattern is good
	for _, name := range names {
		var st unix.Stat_t
		if unix.Lstat(name, &st) == nil { // else it has just become a table
			total += st.Blocks * 512
		}
	}
	return total
}

// openReserve is what opening a store takes beside the tables that it writes.
const openReserve = 1 << 20

// segmentSize is how large a file of the journal is: small on a small disk, of which two of them are to be a small part.
func (o *Options) segmentSize() int64 {
	size := min(32<<20, o.MemTable)
	if o.MaxDisk > 0 {
		size = min(size, o.MaxDisk/32)
	}
	var st unix.Statfs_t
	for dir := filepath.Clean(o.Dir); ; dir = filepath.Dir(dir) {
		if err := unix.Statfs(dir, &st); err == nil {
			size = min(size, int64(st.Blocks)*int64(st.Bsize)/64) //nolint:gosec,unconvert // no disk has 2^63 bytes
			break
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return max(size, 1<<20)
}

// roomToOpen refuses to open a store on a disk that is so full that Badger would not live through it.
func roomToOpen(path string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return fmt.Errorf("badgerqueue: measure the disk of %s: %w", path, err)
	}
	free, need := int64(st.Bavail)*int64(st.Bsize), logSize(path)+openReserve //nolint:gosec,unconvert // no disk has 2^63 bytes
	if free < need {
		return fmt.Errorf("badgerqueue: the disk of %s is full: %d bytes are free and opening takes %d; make room", path, free, need)
	}
	return nil
}

// size measures what the store takes on disk. Badger's own figure ignores the files it has just begun; their size on
// paper counts what was reserved and never written.
func (s *store) size() int64 {
	var total int64
	_ = filepath.WalkDir(filepath.Dir(s.path), func(path string, d fs.DirEntry, err error) error {
		var st unix.Stat_t
		if err == nil && !d.IsDir() && unix.Lstat(path, &st) == nil {
			total += st.Blocks * 512
		}
		return nil // a table that compaction removed meanwhile
	})
	return total
}
