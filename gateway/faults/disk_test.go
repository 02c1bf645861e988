package faults_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

const (
	smallDisk = 64 << 20
	others    = 16 << 20 // what others have on it, in TestDiskFills
)

// TestDiskFills runs the gateway on a disk of 64 MiB under load. It answers 503 with Retry-After before the disk is full,
// lives on, stops in order, starts again while there is no room, and takes events as soon as others have made some.
func TestDiskFills(t *testing.T) {
	disk := mountSmall(t)
	if err := os.WriteFile(filepath.Join(disk, "others"), make([]byte, others), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, filepath.Join(disk, "queue"), "")
	g := s.start(t)
	l := s.load(t, g.in, 8, 16<<10)
	select {
	case <-l.First:
	case <-g.exited:
		t.Fatalf("the gateway ended: %v\n%s", g.err, tail(g.log.String()))
	case <-time.After(20 * time.Second):
		t.Fatalf("%d events of 16 KiB on a disk of 64 MiB, and none refused", l.Accepted.Load())
	}
	if g.gone(2 * time.Second) { // refusing all the while
		t.Fatalf("the gateway ended: %v\n%s", g.err, tail(g.log.String()))
	}
	l.End()
	if l.Advised.Load() != l.Refused.Load() {
		t.Errorf("%d of %d refusals without Retry-After", l.Refused.Load()-l.Advised.Load(), l.Refused.Load())
	}
	g.kill()
	leaveFree(t, disk, logs(t, disk)+5<<18) // enough to open the store and no more
	g = s.start(t)
	if answers(t, g.in) {
		t.Error("an event was accepted after a restart, though there is still no room")
	}
	for _, name := range []string{"ballast", "others"} { // the gateway's own files alone may be too much for it
		if err := os.Remove(filepath.Join(disk, name)); err != nil {
			t.Fatal(err)
		}
	}
	again := until(30*time.Second, func() bool { return answers(t, g.in) })
	g.stop(t)
	if !again {
		t.Errorf("nothing is accepted 30 s after room was made\n%s", tail(g.log.String()))
	}
	s.mustHoldAll(t)
}

// TestDiskFullAtStart starts the gateway on a disk with nothing free: it ends with a clear word, not a crash, and starts
// once there is room.
func TestDiskFullAtStart(t *testing.T) {
	disk := mountSmall(t)
	s := newSite(t, filepath.Join(disk, "queue"), "")
	g := s.start(t)
	l := s.load(t, g.in, 4, 512)
	if !until(10*time.Second, func() bool { return l.Accepted.Load() > 100 }) {
		t.Fatalf("nothing is accepted\n%s", tail(g.log.String()))
	}
	g.kill()
	l.End()
	leaveFree(t, disk, 0)
	if _, err := start(t, "gateway", s.config, ""); err == nil || !strings.Contains(err.Error(), "make room") {
		t.Errorf("started on a full disk: %v", err)
	}
	if err := os.Remove(filepath.Join(disk, "ballast")); err != nil {
		t.Fatal(err)
	}
	s.start(t).stop(t)
	s.mustHoldAll(t)
}

// leaveFree fills a disk up but for some bytes.
func leaveFree(t *testing.T, disk string, free int64) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(disk, &st); err != nil {
		t.Fatal(err)
	}
	err := os.WriteFile(filepath.Join(disk, "ballast"), make([]byte, max(0, int64(st.Bavail)*st.Bsize-free)), 0o600)
	if err != nil && (free > 0 || !errors.Is(err, syscall.ENOSPC)) {
		t.Fatal(err)
	}
}

// logs measures the engine's logs under a folder: what they hold is written again when it opens its store.
func logs(t *testing.T, dir string) (total int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		var st syscall.Stat_t
		if err == nil && filepath.Ext(path) == ".mem" {
			err = syscall.Stat(path, &st)
			total += st.Blocks * 512
		}
		return err
	})
	if err != nil || total == 0 {
		t.Fatal("no logs", err)
	}
	return total
}

// TestDiskFillsControl writes to the same disk without regard for room: the process does not live through it.
func TestDiskFillsControl(t *testing.T) {
	p, err := start(t, "careless", filepath.Join(mountSmall(t), "queue"), "")
	if err != nil {
		t.Fatal(err)
	}
	if !p.gone(30 * time.Second) {
		t.Fatal("the engine still writes")
	}
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) {
		t.Error("an engine that fills its disk ended well; the test above shows nothing")
	}
	t.Logf("it ended with %v", p.err)
}

func init() { roles["careless"], roles["mount"] = careless, mount }

// careless enqueues until it cannot, with the watch over room switched off.
func careless(dir string) error {
	q, err := badgerqueue.Open(context.Background(), badgerqueue.Options{Dir: dir, MinFree: -1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	fmt.Println("open")
	for i := range smallDisk / (16 << 10) * 2 {
		body := make([]byte, 16<<10)
		if _, err := rand.Read(body); err != nil { // what could be packed would not fill the disk
			return err
		}
		e := queue.Event{ID: fmt.Sprint(i), Source: "s", Received: time.Now(), Body: body}
		if _, err := q.Enqueue(context.Background(), queue.Entry{Event: e, Owed: []queue.Owed{{Destination: "a"}}}); err != nil {
			return err
		}
	}
	return q.Close(context.Background())
}

// mountSmall gives a folder on a file system of 64 MiB, which lives in a mount namespace that nobody else sees.
func mountSmall(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	p := &process{cmd: exec.Command(os.Args[0]), log: new(bytes.Buffer), exited: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), roleEnv+"=mount", subjectEnv+"="+dir)
	p.cmd.Stderr = p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.begin(t); err != nil {
		if os.Geteuid() != 0 || errors.Is(err, syscall.EPERM) {
			t.Skipf("may not make a mount namespace; run as root: %v", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return fmt.Sprintf("/proc/%d/root%s", p.cmd.Process.Pid, dir)
}

// mount puts a small file system on a folder and keeps it until its input ends.
func mount(dir string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", smallDisk)); err != nil {
		return err
	}
	fmt.Println("mounted")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
