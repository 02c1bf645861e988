package faults_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Row 12 of the faults, reaching inward. The child has a network of its own in which every address there is leads to one
// listener, so that a connection to any address of the corpus would be seen, by the kernel's word and not by the guard's.
// The guard as it is must let none through, by whatever way; a guard that is open, and one that looks at the text of a URL
// as many do, must be caught.
//
//	go test ./gateway/faults -run ReachInward
func TestReachInward(t *testing.T) {
	sealed := inwardReport(t, "")
	for way, r := range sealed {
		if len(r.Breached) > 0 {
			t.Errorf("%s: connected to %v", way, r.Breached)
		}
		if r.Tries < 20 {
			t.Errorf("%s: only %d tries", way, r.Tries)
		}
	}
	for _, way := range []string{"rebinding", "redirect", "beside"} { // these begin at an address that is allowed
		if sealed[way].Allowed == 0 {
			t.Errorf("%s: the allowed address was never reached; what is behind it was not tried", way)
		}
	}
	open := inwardReport(t, "open")
	for _, way := range slices.Sorted(maps.Keys(sealed)) {
		least := 10
		if way == "spelling" || way == "beside" { // two addresses in many spellings; good addresses are tried first
			least = 2
		}
		if r := open[way]; len(r.Breached) < least {
			t.Errorf("control, %s: with the guard open only %v were connected to; the listener catches too little", way, r.Breached)
		}
	}
	naive := inwardReport(t, "text")
	if n := len(naive["literal"].Breached); n > 0 {
		t.Errorf("control: a look at the URL's text lets %d literals through; it is no control for the other ways", n)
	}
	for _, way := range []string{"dns", "spelling", "rebinding", "redirect", "beside", "token"} {
		if len(naive[way].Breached) == 0 {
			t.Errorf("control, %s: a guard that looks at the URL's text is not caught", way)
		}
	}
}

// inwardReport runs the child and reads what it saw, by way.
func inwardReport(t *testing.T, planted string) map[string]*inwardResult {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("ip is not here; apt-get install iproute2")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleEnv+"=inward", plantedEnv+"="+planted)
	var log strings.Builder
	cmd.Stderr = &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.Output()
	switch {
	case err != nil && len(out) == 0 && log.Len() == 0:
		t.Skipf("may not make a network namespace; run as root, or allow user namespaces: %v", err)
	case err != nil:
		t.Fatalf("%v\n%s", err, log.String())
	}
	report := map[string]*inwardResult{}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(fmt.Errorf("%w in %s", err, out))
	}
	return report
}
