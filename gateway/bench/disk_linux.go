package bench

import (
	"os"

	"golang.org/x/sys/unix"
)

func reserve(f *os.File, size int64) error { return unix.Fallocate(int(f.Fd()), 0, 0, size) }

func syncData(f *os.File) error { return unix.Fdatasync(int(f.Fd())) }

// inMemory tells a folder whose files are in memory only: syncing them costs nothing and means nothing.
func inMemory(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) == nil && (fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC)
}
