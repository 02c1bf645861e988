package badgerqueue

import (
	"io/fs"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// largestReserve bounds the default of Options.MinFree: a tenth of a large disk is more than anyone wants to keep free.
const largestReserve = 5 << 30

// space watches the disk. Badger maps its files into memory: on a full disk it does not get an error but a SIGBUS, so
// acceptance has to stop before.
type space struct {
	full    atomic.Bool
	crowded atomic.Bool // the folder is at MaxDisk and no history is left to go
}

// look measures the file system.
func (s *space) look(q *Queue) {
	low := false
	if q.opt.MinFree >= 0 {
		var st unix.Statfs_t
		if err := unix.Statfs(q.opt.Dir, &st); err != nil {
			q.opt.Logger.Error("cannot measure the disk", "dir", q.opt.Dir, "err", err)
			return
		}
		size := uint64(st.Bsize) //nolint:gosec // a block's size is positive
		need := uint64(q.opt.MinFree)
		if need == 0 {
			need = min(st.Blocks*size/10, largestReserve)
		}
		low = st.Bavail*size < need
	}
	full := low || s.crowded.Load()
	if s.full.Swap(full) != full {
		if full {
			q.opt.Logger.Error("no room on disk: nothing is accepted, deliveries go on", "dir", q.opt.Dir, "low", low)
		} else {
			q.opt.Logger.Info("room on disk again", "dir", q.opt.Dir)
		}
	}
}

// size measures what the store takes on disk. Badger's own figure ignores the files it has just begun; their size on
// paper counts what was reserved and never written.
func (s *store) size() int64 {
	var total int64
	_ = filepath.WalkDir(s.path, func(path string, d fs.DirEntry, err error) error {
		var st unix.Stat_t
		if err == nil && !d.IsDir() && unix.Lstat(path, &st) == nil {
			total += st.Blocks * 512
		}
		return nil // a table that compaction removed meanwhile
	})
	return total
}
