//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

const coreChild = "PLUGBOARD_TEST_CORE"

// TestNoCore starts a process that may write a core, as far as this system lets any: after noCore it may not. The control is the
// same without it.
func TestNoCore(t *testing.T) {
	if how := os.Getenv(coreChild); how != "" {
		os.Exit(coreOf(how))
	}
	for how, want := range map[string]int{"noCore": noCores, "control": cores} {
		child := exec.CommandContext(t.Context(), "/bin/sh", "-c", `ulimit -S -c "$(ulimit -H -c)" && exec "$0" -test.run '^TestNoCore$'`, os.Args[0])
		child.Env = append(os.Environ(), coreChild+"="+how)
		var exit *exec.ExitError
		if err := child.Run(); !errors.As(err, &exit) {
			t.Fatalf("%s: %v", how, err)
		}
		if exit.ExitCode() != want && (how == "noCore" || hardCore(t) != 0) {
			t.Errorf("%s: status %d, want %d", how, exit.ExitCode(), want)
		}
	}
}

// The statuses of the child.
const (
	noCores = 7
	cores   = 8
)

func coreOf(how string) int {
	if how == "noCore" {
		if err := noCore(); err != nil {
			return 1
		}
	}
	var limit unix.Rlimit
	switch err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); {
	case err != nil:
		return 1
	case limit.Cur == 0:
		return noCores
	}
	return cores
}

func hardCore(t *testing.T) uint64 {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil {
		t.Fatal(err)
	}
	return limit.Max
}
