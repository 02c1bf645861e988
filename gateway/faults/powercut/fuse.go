package powercut

import (
	"maps"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// system answers the kernel. Whoever holds mu has the image to itself; a cut keeps it for good.
type system struct {
	fuse.RawFileSystem // says of all other requests that it does not know them

	mu    sync.Mutex
	image *image
	cut   *cut // ordered, and not yet come
}

func newSystem() *system {
	return &system{RawFileSystem: fuse.NewDefaultRawFileSystem(), image: newImage()}
}

// enter gives the inode of a request that reads. Leave with s.mu.Unlock.
func (s *system) enter(id uint64) *inode {
	s.mu.Lock()
	return s.image.inodes[id-1]
}

// change gives the inode of a request that changes something, unless a cut comes first. name says that it changes a name.
func (s *system) change(id uint64, name bool) *inode {
	n := s.enter(id)
	if s.cut != nil && s.cut.isNow(name) {
		s.cut.come(s.image)
	}
	return n
}

// forever is how long the kernel may rely on what it was told: nobody else changes anything.
const forever = time.Hour

func (n *inode) attr(out *fuse.Attr) {
	*out = fuse.Attr{Ino: n.id, Size: uint64(n.seen.size), Mode: n.mode | syscall.S_IFREG, Nlink: 1, Blksize: pageSize}
	out.Blocks = uint64(len(n.seen.pages)) * (pageSize / 512)
	if n.names != nil {
		out.Mode = n.mode | syscall.S_IFDIR
	}
	out.Owner = fuse.Owner{Uid: uint32(syscall.Geteuid()), Gid: uint32(syscall.Getegid())}
	out.SetTimes(&n.mtime, &n.mtime, &n.mtime)
}

func (n *inode) entry(out *fuse.EntryOut) fuse.Status {
	out.NodeId, out.Generation = n.id, 1
	out.SetEntryTimeout(forever)
	out.SetAttrTimeout(forever)
	n.attr(&out.Attr)
	return fuse.OK
}

func (s *system) Lookup(_ <-chan struct{}, in *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	n := s.enter(in.NodeId).names[name]
	defer s.mu.Unlock()
	if n == nil {
		return fuse.ENOENT
	}
	return n.entry(out)
}

func (s *system) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	n := s.enter(in.NodeId)
	defer s.mu.Unlock()
	out.SetTimeout(forever)
	n.attr(&out.Attr)
	return fuse.OK
}

func (s *system) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	n := s.change(in.NodeId, false)
	defer s.mu.Unlock()
	if mode, ok := in.GetMode(); ok {
		n.mode = mode & 0o7777
	}
	if t, ok := in.GetMTime(); ok {
		n.mtime = t
	}
	if size, ok := in.GetSize(); ok {
		s.image.resize(n, int64(size)) //nolint:gosec // no file has 2^63 bytes
	}
	out.SetTimeout(forever)
	n.attr(&out.Attr)
	return fuse.OK
}

func (s *system) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	dir := s.change(in.NodeId, true)
	defer s.mu.Unlock()
	n := s.image.newInode(in.Mode&0o7777, true)
	s.image.link(dir, name, n)
	return n.entry(out)
}

func (s *system) Create(_ <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	dir := s.change(in.NodeId, true)
	defer s.mu.Unlock()
	n := s.image.newInode(in.Mode&0o7777, false)
	s.image.link(dir, name, n)
	return n.entry(&out.EntryOut)
}

func (s *system) Unlink(_ <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	dir := s.change(in.NodeId, true)
	defer s.mu.Unlock()
	s.image.unlink(dir, name)
	return fuse.OK
}

func (s *system) Rmdir(_ <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	dir := s.change(in.NodeId, true)
	defer s.mu.Unlock()
	if len(dir.names[name].names) > 0 {
		return fuse.Status(syscall.ENOTEMPTY)
	}
	s.image.unlink(dir, name)
	return fuse.OK
}

func (s *system) Rename(_ <-chan struct{}, in *fuse.RenameIn, name, newName string) fuse.Status {
	from := s.change(in.NodeId, true)
	defer s.mu.Unlock()
	if in.Flags != 0 {
		return fuse.EINVAL
	}
	s.image.rename(from, name, s.image.inodes[in.Newdir-1], newName)
	return fuse.OK
}

func (s *system) Open(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	n := s.change(in.NodeId, false)
	defer s.mu.Unlock()
	if in.Flags&syscall.O_TRUNC != 0 {
		s.image.resize(n, 0)
		return fuse.OK
	}
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	return fuse.OK
}

func (s *system) Read(_ <-chan struct{}, in *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	n := s.enter(in.NodeId)
	defer s.mu.Unlock()
	return fuse.ReadResultData(buf[:n.read(int64(in.Offset), buf)]), fuse.OK //nolint:gosec // no file has 2^63 bytes
}

func (s *system) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	n := s.change(in.NodeId, false)
	defer s.mu.Unlock()
	s.image.write(n, int64(in.Offset), data) //nolint:gosec // no file has 2^63 bytes
	return uint32(len(data)), fuse.OK        //nolint:gosec // at most MaxWrite
}

func (s *system) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	n := s.change(in.NodeId, false)
	defer s.mu.Unlock()
	s.image.sync(n)
	return fuse.OK
}

func (s *system) FsyncDir(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	n := s.change(in.NodeId, true)
	defer s.mu.Unlock()
	s.image.sync(n)
	return fuse.OK
}

func (s *system) OpenDir(<-chan struct{}, *fuse.OpenIn, *fuse.OpenOut) fuse.Status { return fuse.OK }

func (s *system) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	dir := s.enter(in.NodeId)
	defer s.mu.Unlock()
	names := slices.Sorted(maps.Keys(dir.names))
	for _, name := range names[min(in.Offset, uint64(len(names))):] {
		var a fuse.Attr
		dir.names[name].attr(&a)
		if !out.AddDirEntry(fuse.DirEntry{Name: name, Ino: a.Ino, Mode: a.Mode}) {
			break
		}
	}
	return fuse.OK
}

func (s *system) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	const blocks = 1 << 30 / pageSize // room enough: a full disk is another test
	*out = fuse.StatfsOut{Blocks: blocks, Bfree: blocks, Bavail: blocks, Files: 1 << 20, Ffree: 1 << 20, Bsize: pageSize, Frsize: pageSize, NameLen: 255}
	return fuse.OK
}
