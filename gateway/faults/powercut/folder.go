package powercut

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// load reads a folder into a directory of the image, synced.
func (m *image) load(dir *inode, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		n := m.newInode(0o700, e.IsDir())
		if e.IsDir() {
			err = m.load(n, path)
		} else {
			err = n.load(path)
		}
		if err != nil {
			return err
		}
		dir.names[e.Name()], dir.lasting[e.Name()] = n, n
	}
	return nil
}

// load reads a file, its holes left out.
func (f *inode) load(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	st, err := file.Stat()
	if err != nil {
		return err
	}
	f.mode, f.mtime = uint32(st.Mode().Perm()), st.ModTime()
	f.seen.size, f.lasts.size = st.Size(), st.Size()
	for at := int64(0); at < st.Size(); {
		from, err := unix.Seek(int(file.Fd()), at, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			return nil // a hole up to the end
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		hole, err := unix.Seek(int(file.Fd()), from, unix.SEEK_HOLE)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for at = from / pageSize * pageSize; at < hole; at += pageSize {
			p := new(page)
			if _, err := file.ReadAt(p[:], at); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if *p != (page{}) {
				f.seen.pages[at/pageSize], f.lasts.pages[at/pageSize] = p, p
			}
		}
	}
	return nil
}

// store writes what lasts of a directory into a new folder.
func (dir *inode) store(folder string) error {
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for name, n := range dir.lasting {
		path := filepath.Join(folder, name)
		if n.lasting != nil {
			if err := n.store(path); err != nil {
				return err
			}
			continue
		}
		if err := n.lasts.store(path, fs.FileMode(n.mode).Perm()); err != nil {
			return err
		}
	}
	return nil
}

func (c *content) store(path string, mode fs.FileMode) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	err = file.Truncate(c.size)
	for i, p := range c.pages {
		if at := i * pageSize; err == nil && at < c.size {
			_, err = file.WriteAt(p[:min(pageSize, c.size-at)], at)
		}
	}
	return errors.Join(err, file.Close())
}
