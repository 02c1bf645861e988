package powercut

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

const pageSize = 4096

type page = [pageSize]byte

// content is a file's bytes. A page that is not there holds zeros. Pages are shared between contents: whoever changes one
// that another content may have puts a copy in its place.
type content struct {
	size  int64
	pages map[int64]*page
}

// inode is a file or a directory, as it is seen and as it lasts.
type inode struct {
	id    uint64
	mode  uint32
	mtime time.Time

	seen, lasts content
	dirty       map[int64]bool // pages of seen that may differ from those of lasts, which has none of them

	names, lasting map[string]*inode // of a directory; nil in a file
}

// change is one to names or to a size that was not synced.
type change struct {
	of    []*inode // whose sync makes it last
	apply func()   // to what lasts
}

// image is all files. Not safe for concurrent use.
type image struct {
	inodes  []*inode // by number, from 1; they are never given up
	pending []change // in order
}

const rootID = 1

func newImage() *image {
	m := &image{}
	m.newInode(0o700, true)
	return m
}

func (m *image) root() *inode { return m.inodes[rootID-1] }

func (m *image) newInode(mode uint32, dir bool) *inode {
	n := &inode{id: uint64(len(m.inodes)) + 1, mode: mode, mtime: time.Now()}
	if dir {
		n.names, n.lasting = map[string]*inode{}, map[string]*inode{}
	} else {
		n.seen.pages, n.lasts.pages, n.dirty = map[int64]*page{}, map[int64]*page{}, map[int64]bool{}
	}
	m.inodes = append(m.inodes, n)
	return n
}

// link gives an inode a name; unlink takes one away; rename does both in one change.
func (m *image) link(dir *inode, name string, n *inode) {
	dir.names[name] = n
	m.later(func() { dir.lasting[name] = n }, dir)
}

func (m *image) unlink(dir *inode, name string) {
	delete(dir.names, name)
	m.later(func() { delete(dir.lasting, name) }, dir)
}

func (m *image) rename(from *inode, name string, to *inode, newName string) {
	n := from.names[name]
	delete(from.names, name)
	to.names[newName] = n
	m.later(func() {
		delete(from.lasting, name)
		to.lasting[newName] = n
	}, from, to)
}

func (m *image) later(apply func(), of ...*inode) {
	for _, n := range of {
		n.mtime = time.Now()
	}
	m.pending = append(m.pending, change{of, apply})
}

// resize makes a file shorter or longer.
func (m *image) resize(f *inode, size int64) {
	for i := range f.seen.pages {
		if (i+1)*pageSize > size {
			f.dirty[i] = true
		}
	}
	f.seen.resize(size)
	m.later(func() { f.lasts.resize(size) }, f)
}

func (c *content) resize(size int64) {
	for i, p := range c.pages {
		switch {
		case i*pageSize >= size:
			delete(c.pages, i)
		case (i+1)*pageSize > size:
			cut := *p
			clear(cut[size-i*pageSize:])
			c.pages[i] = &cut
		}
	}
	c.size = size
}

func (m *image) write(f *inode, off int64, data []byte) {
	f.mtime = time.Now()
	if end := off + int64(len(data)); end > f.seen.size {
		f.seen.size = end
		m.later(func() { f.lasts.size = max(f.lasts.size, end) }, f)
	}
	for len(data) > 0 {
		i, at := off/pageSize, off%pageSize
		n := copy(f.own(i)[at:], data)
		off, data = off+int64(n), data[n:]
	}
}

// own gives a page that may be written to: a copy, if what lasts may have it too.
func (f *inode) own(i int64) *page {
	p := f.seen.pages[i]
	if p != nil && f.dirty[i] {
		return p
	}
	fresh := new(page)
	if p != nil {
		*fresh = *p
	}
	f.seen.pages[i], f.dirty[i] = fresh, true
	return fresh
}

// read fills b and says how much of it is in the file.
func (f *inode) read(off int64, b []byte) int {
	b = b[:max(0, min(int64(len(b)), f.seen.size-off))]
	for done := 0; done < len(b); {
		i, at := (off+int64(done))/pageSize, (off+int64(done))%pageSize
		if p := f.seen.pages[i]; p != nil {
			done += copy(b[done:], p[at:])
			continue
		}
		n := min(len(b)-done, int(pageSize-at))
		clear(b[done : done+n])
		done += n
	}
	return len(b)
}

// sync makes what is seen of a file, or of a directory's names, last.
func (m *image) sync(n *inode) {
	m.pending = slices.DeleteFunc(m.pending, func(c change) bool {
		if !slices.Contains(c.of, n) {
			return false
		}
		c.apply()
		return true
	})
	for i := range n.dirty {
		n.keep(i)
	}
	clear(n.dirty)
}

// keep makes a page last.
func (f *inode) keep(i int64) {
	if p := f.seen.pages[i]; p != nil {
		f.lasts.pages[i] = p
	} else {
		delete(f.lasts.pages, i)
	}
}

// tear makes a random part of what was not synced last, and says how much of how much.
func (m *image) tear(rng *rand.Rand) (pages, ofPages, changes, ofChanges int) {
	ofChanges = len(m.pending)
	changes = rng.IntN(ofChanges + 1)
	for _, c := range m.pending[:changes] {
		c.apply()
	}
	m.pending = nil
	for _, n := range m.inodes {
		for _, i := range slices.Sorted(maps.Keys(n.dirty)) {
			ofPages++
			if rng.IntN(2) == 0 {
				pages++
				n.keep(i)
			}
		}
		clear(n.dirty)
	}
	return pages, ofPages, changes, ofChanges
}
