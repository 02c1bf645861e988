package powercut

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Disk is a mounted file system, served by a process of its own.
type Disk struct {
	Dir string // where its files are seen

	at   string
	cmd  *exec.Cmd
	in   io.WriteCloser
	said *bufio.Scanner
	log  bytes.Buffer
}

// ErrCannotMount means that this machine or this user cannot mount; the text says what would help.
var ErrCannotMount = errors.New("cannot mount a file system: run as root, or apt-get install fuse3")

// Start serves the files of a folder, all of them synced. The folder itself is not changed and not needed any more.
func Start(folder string) (*Disk, error) {
	root := os.Geteuid() == 0
	if _, err := os.Stat("/dev/fuse"); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannotMount, err)
	}
	if _, err := exec.LookPath("fusermount3"); err != nil && !root {
		return nil, fmt.Errorf("%w: %w", ErrCannotMount, err)
	}
	at, err := os.MkdirTemp("", "powercut")
	if err != nil {
		return nil, err
	}
	d := &Disk{Dir: at, at: at, cmd: exec.Command(os.Args[0])}
	d.cmd.Env = append(os.Environ(), atEnv+"="+at, folderEnv+"="+folder)
	d.cmd.Stderr = &d.log
	if root {
		d.cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}
	if err := d.begin(); err != nil {
		return nil, errors.Join(err, os.Remove(at))
	}
	if root {
		d.Dir = fmt.Sprintf("/proc/%d/root%s", d.cmd.Process.Pid, at)
	}
	return d, nil
}

func (d *Disk) begin() error {
	in, err := d.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	d.in, d.said = in, bufio.NewScanner(out)
	if err := d.cmd.Start(); errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("%w: %w", ErrCannotMount, err)
	} else if err != nil {
		return err
	}
	if !d.said.Scan() {
		err := fmt.Errorf("powercut: %w: %s", d.cmd.Wait(), d.log.String())
		text := strings.ToLower(d.log.String())
		if strings.Contains(text, syscall.EPERM.Error()) || strings.Contains(text, syscall.EACCES.Error()) {
			err = fmt.Errorf("%w: %w", ErrCannotMount, err)
		}
		return err
	}
	return nil
}

// Cut orders a cut and waits until it has come: what lasts is in c.Left, and no request is answered any more. Whoever uses
// the disk hangs until Kill, so kill them first. It says how much was lost.
func (d *Disk) Cut(c Cut) (string, error) {
	var err error
	if c.Left, err = filepath.Abs(c.Left); err != nil {
		return "", err
	}
	order, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	if _, err := d.in.Write(append(order, '\n')); err != nil {
		return "", err
	}
	if !d.said.Scan() {
		return "", fmt.Errorf("powercut: the file system ended: %s", d.log.String())
	}
	return d.said.Text(), nil
}

// Kill ends the file system. Requests that hang, and later ones, fail. It may be called again.
func (d *Disk) Kill() {
	if d.cmd.ProcessState != nil {
		return
	}
	_ = d.cmd.Process.Kill() // an error says that it has ended
	_ = d.cmd.Wait()         // it was killed; that is its error
	if d.Dir == d.at {
		_ = exec.Command("fusermount3", "-u", "-z", d.at).Run() // nothing is mounted if it never was
	}
	_ = os.Remove(d.at)
}
