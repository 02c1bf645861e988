package powercut_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/plugboard/plugboard/gateway/faults/powercut"
)

func TestMain(m *testing.M) {
	powercut.Main()
	os.Exit(m.Run())
}

// TestWhatLasts does something to a disk on which the synced file "old" says "old", and cuts. want are the files left,
// and what they say; a byte that a file has and nobody wrote reads as ".".
func TestWhatLasts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(d disk)
		want string
	}{
		{"nothing", func(disk) {}, "old=old"},
		{"written and synced", func(d disk) { d.write("f", "abc").sync(); d.syncDir(".") }, "f=abc old=old"},
		{"written and fdatasynced", func(d disk) { d.write("f", "abc").datasync(); d.syncDir(".") }, "f=abc old=old"},
		{"written, name synced", func(d disk) { d.write("f", "abc"); d.syncDir(".") }, "f= old=old"},
		{"synced, name not", func(d disk) { d.write("f", "abc").sync() }, "old=old"},
		{"overwritten", func(d disk) { d.write("old", "new") }, "old=old"},
		{"overwritten and synced", func(d disk) { d.write("old", "new").sync() }, "old=new"},
		{"appended after the sync", func(d disk) { f := d.write("old", "older"); f.sync(); f.at(5, " still") }, "old=older"},
		{"closed", func(d disk) { d.write("old", "new").close() }, "old=old"},
		{"truncated", func(d disk) { d.truncate("old", 1) }, "old=old"},
		{"truncated and synced", func(d disk) { d.truncate("old", 1).sync() }, "old=o"},
		{"grown and synced", func(d disk) { d.truncate("old", 5).sync() }, "old=old.."},
		{"renamed", func(d disk) { d.rename("old", "new") }, "old=old"},
		{"renamed and synced", func(d disk) { d.rename("old", "new"); d.syncDir(".") }, "new=old"},
		{"replaced", func(d disk) { d.write("f", "new").sync(); d.rename("f", "old") }, "old=old"},
		{"replaced and synced", func(d disk) { d.write("f", "new").sync(); d.rename("f", "old"); d.syncDir(".") }, "old=new"},
		{"removed", func(d disk) { d.remove("old") }, "old=old"},
		{"removed and synced", func(d disk) { d.remove("old"); d.syncDir(".") }, ""},
		{"in a new folder", func(d disk) { d.mkdir("d"); d.write("d/f", "abc").sync(); d.syncDir("d") }, "old=old"},
		{"in a synced new folder", func(d disk) { d.mkdir("d"); d.write("d/f", "abc").sync(); d.syncDir("d"); d.syncDir(".") }, "d/f=abc old=old"},
		{"mapped and msynced", func(d disk) { m := d.mapped("old"); copy(m, "new"); d.msync(m) }, "old=new"},
		{"mapped", func(d disk) { copy(d.mapped("old"), "new") }, "old=old"},
		{"written back by the kernel", func(d disk) { m := d.mapped("old"); copy(m, "new"); d.writeBack("old") }, "old=old"},
		{"written back, then changed, then synced", func(d disk) {
			m := d.mapped("old")
			copy(m, "new")
			d.writeBack("old")
			copy(m, "now")
			d.msync(m)
		}, "old=now"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			put(t, filepath.Join(folder, "old"), "old")
			d := disk{t, start(t, folder)}
			c.do(d)
			if got := d.cut(powercut.Cut{Now: true}); got != c.want {
				t.Errorf("left: %s, want %s", got, c.want)
			}
		})
	}
}

// TestTornCut writes many pages back and none synced: some last, and which depends on the seed.
func TestTornCut(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, "old"), strings.Repeat("old ", 64<<10))
	seen := map[string]bool{}
	for seed := range uint64(3) {
		d := disk{t, start(t, folder)}
		m := d.mapped("old")
		copy(m, bytes.Repeat([]byte("new "), 64<<10))
		d.writeBack("old")
		left := d.cut(powercut.Cut{Now: true, Torn: true, Seed: seed})
		if !strings.Contains(left, "old old") || !strings.Contains(left, "new new") {
			t.Errorf("seed %d: all or nothing lasts", seed)
		}
		seen[left] = true
	}
	if len(seen) != 3 {
		t.Error("two seeds tear alike")
	}
}

// TestCutComesByItself cuts a disk that nobody uses, and one on which a name is changed.
func TestCutComesByItself(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, "old"), "old")
	for seed := range uint64(4) {
		d := disk{t, start(t, folder)}
		go func() { // hangs from the cut on, and fails when the disk is gone
			for os.Rename(d.path("old"), d.path("new")) == nil && os.Rename(d.path("new"), d.path("old")) == nil {
				continue
			}
		}()
		if left := d.cut(powercut.Cut{Seed: seed}); left != "old=old" {
			t.Errorf("seed %d: left %s", seed, left)
		}
	}
}

// disk does things to a disk; what fails fails the test.
type disk struct {
	*testing.T
	*powercut.Disk
}

func start(t *testing.T, folder string) *powercut.Disk {
	t.Helper()
	d, err := powercut.Start(folder)
	if errors.Is(err, powercut.ErrCannotMount) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Kill)
	return d
}

// cut gives what is left as "name=text name=text".
func (d disk) cut(c powercut.Cut) string {
	d.Helper()
	c.Left = filepath.Join(d.TempDir(), "left")
	said, err := d.Cut(c)
	d.must(err)
	d.Kill()
	d.Log(said)
	var left []string
	d.must(filepath.WalkDir(c.Left, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(c.Left, path)
		left = append(left, name+"="+strings.ReplaceAll(string(text), "\x00", "."))
		return err
	}))
	return strings.Join(left, " ")
}

func (d disk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d disk) path(name string) string { return filepath.Join(d.Dir, name) }

// file is an open one.
type file struct {
	d disk
	f *os.File
}

func (d disk) open(name string) file {
	d.Helper()
	f, err := os.OpenFile(d.path(name), os.O_CREATE|os.O_RDWR, 0o600)
	d.must(err)
	d.Cleanup(func() { _ = f.Close() }) // the disk is gone by then
	return file{d, f}
}

func (d disk) write(name, text string) file {
	d.Helper()
	f := d.open(name)
	f.at(0, text)
	return f
}

func (d disk) truncate(name string, size int64) file {
	d.Helper()
	f := d.open(name)
	d.must(f.f.Truncate(size))
	return f
}

func (f file) at(off int64, text string) {
	f.d.Helper()
	_, err := f.f.WriteAt([]byte(text), off)
	f.d.must(err)
}

func (f file) sync()     { f.d.Helper(); f.d.must(f.f.Sync()) }
func (f file) datasync() { f.d.Helper(); f.d.must(unix.Fdatasync(int(f.f.Fd()))) }
func (f file) close()    { f.d.Helper(); f.d.must(f.f.Close()) }

func (d disk) mkdir(name string)       { d.Helper(); d.must(os.Mkdir(d.path(name), 0o700)) }
func (d disk) remove(name string)      { d.Helper(); d.must(os.Remove(d.path(name))) }
func (d disk) rename(name, now string) { d.Helper(); d.must(os.Rename(d.path(name), d.path(now))) }

func (d disk) syncDir(name string) {
	d.Helper()
	f, err := os.Open(d.path(name))
	d.must(err)
	d.must(f.Sync())
	d.must(f.Close())
}

// mapped gives a file's bytes, shared.
func (d disk) mapped(name string) []byte {
	d.Helper()
	f := d.open(name).f
	st, err := f.Stat()
	d.must(err)
	m, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	d.must(err)
	d.Cleanup(func() { _ = unix.Munmap(m) })
	return m
}

func (d disk) msync(m []byte) { d.Helper(); d.must(unix.Msync(m, unix.MS_SYNC)) }

// writeBack has the kernel write a file's pages, and waits for it; it is no sync.
func (d disk) writeBack(name string) {
	d.Helper()
	const how = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
	d.must(unix.SyncFileRange(int(d.open(name).f.Fd()), 0, 0, how))
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
