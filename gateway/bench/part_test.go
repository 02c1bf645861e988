package bench

import (
	"os/exec"
	"strings"
	"testing"
)

// shell is a part as a line of shell.
func shell(line string) *run {
	return &run{Options: Options{Part: func(string, ...string) *exec.Cmd { return exec.Command("sh", "-c", line) }}}
}

func TestPartEndsWithItsInput(t *testing.T) {
	p, err := shell("echo 127.0.0.1:7; cat >/dev/null").start(t.Context(), "receiver")
	if err != nil {
		t.Fatal(err)
	}
	if p.addr != "127.0.0.1:7" {
		t.Errorf("its address is %q", p.addr)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// TestPartThatFails: who cannot start, or fails while it runs, is named with how it ended.
func TestPartThatFails(t *testing.T) {
	if _, err := shell("exit 3").start(t.Context(), "gateway"); err == nil || !strings.Contains(err.Error(), "gateway") || !strings.Contains(err.Error(), "status 3") {
		t.Errorf("ended before its address: %v", err)
	}
	p, err := shell("echo 127.0.0.1:7; exit 4").start(t.Context(), "gateway")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.stop(); err == nil || !strings.Contains(err.Error(), "status 4") {
		t.Errorf("ended by itself: %v", err)
	}
	missing := &run{Options: Options{Part: func(string, ...string) *exec.Cmd { return exec.Command("./no-such-program") }}}
	if _, err := missing.start(t.Context(), "gateway"); err == nil || !strings.Contains(err.Error(), "starting the gateway") {
		t.Errorf("no such program: %v", err)
	}
}
