//go:build linux && !race

package faults_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// group is a memory cgroup, of either version.
type group struct {
	dir  string
	peak string // the file with the most it ever had
}

// memoryGroup makes a cgroup of so many bytes, which goes with the test and what still runs in it.
func memoryGroup(t *testing.T, bytes int) group {
	t.Helper()
	name := fmt.Sprintf("plugboard-test-%d-%d", os.Getpid(), time.Now().UnixNano())
	g := group{filepath.Join("/sys/fs/cgroup/memory", name), "memory.max_usage_in_bytes"}
	limit := "memory.limit_in_bytes"
	if _, err := os.Stat(filepath.Dir(g.dir)); err != nil { // version 2
		g, limit = group{filepath.Join("/sys/fs/cgroup", name), "memory.peak"}, "memory.max"
		_ = os.WriteFile("/sys/fs/cgroup/cgroup.subtree_control", []byte("+memory"), 0) // if it fails, there is no limit to write
	}
	if err := os.Mkdir(g.dir, 0o700); err != nil {
		t.Skipf("may not make a memory cgroup; run as root where cgroups can be written: %v", err)
	}
	t.Cleanup(func() { g.remove(t) })
	if err := os.WriteFile(filepath.Join(g.dir, limit), []byte(fmt.Sprint(bytes)), 0); err != nil {
		t.Fatal(err)
	}
	_ = os.WriteFile(filepath.Join(g.dir, "memory.swap.max"), []byte("0"), 0) // where there is swap
	return g
}

// enter is a command that goes into the group and then becomes what follows.
func (g group) enter() []string {
	return []string{"/bin/sh", "-c", `echo $$ >"$0" && exec "$@"`, filepath.Join(g.dir, "cgroup.procs")}
}

// most is the most memory that the group has had, in bytes: the kernel's buffers and cached files count.
func (g group) most(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(g.dir, g.peak))
	if errors.Is(err, fs.ErrNotExist) { // before Linux 5.19, version 2
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// remove waits for the kernel to be done with what ran in the group.
func (g group) remove(t *testing.T) {
	if !until(5*time.Second, func() bool { return !errors.Is(os.Remove(g.dir), syscall.EBUSY) }) {
		t.Errorf("the cgroup %s stays", g.dir)
	}
}
