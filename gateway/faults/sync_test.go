package faults_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// TestFailedSync makes every sync of the running gateway fail, under load. Who waits for the commit is refused, so is
// everybody after that, the gateway says that it is not ready and ends, and what it accepted before is there.
func TestFailedSync(t *testing.T) {
	s := newSite(t, t.TempDir(), "")
	g, l, trace := failSyncs(t, s)
	select {
	case <-l.First:
	case <-time.After(10 * time.Second):
		t.Fatal("no sender was refused")
	}
	if g.isReady() {
		t.Error("/readyz says ready after a failed sync")
	}
	if !g.gone(5 * time.Second) {
		t.Fatalf("the gateway still runs 5 s after a sync failed\n%s", g.log)
	}
	if !strings.Contains(g.log.String(), "the queue cannot be written any more") {
		t.Errorf("it does not say why it ended:\n%s", g.log)
	}
	l.End()
	report := trace()
	if failed := strings.Count(report, "INJECTED"); failed == 0 || failed > mostFailedSyncs {
		t.Errorf("%d syncs failed, want 1 to %d: after the first nothing may be tried again\n%s", failed, mostFailedSyncs, report)
	}
	s.mustHoldAll(t)
}

// mostFailedSyncs: the commit that fails, and a table or the list of tables that was being written beside it.
const mostFailedSyncs = 3

// TestFailedSyncControl does the same to a gateway that answers before the commit: it has to be found out.
func TestFailedSyncControl(t *testing.T) {
	s := newSite(t, t.TempDir(), "")
	s.planted = "answer before the commit"
	g, l, _ := failSyncs(t, s)
	if !g.gone(10 * time.Second) {
		t.Fatal("the gateway still runs")
	}
	l.End()
	if len(s.lost(t)) == 0 {
		t.Errorf("a gateway that answers before its commit, and whose syncs failed, lost none of %d events", len(s.accepted.IDs()))
	}
}

// failSyncs starts a gateway and load, and from some moment on lets each sync fail. trace waits for the gateway's
// end and gives strace's report.
func failSyncs(t *testing.T, s *site) (g *running, l *gatewaytest.Load, trace func() string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not here; apt-get install strace")
	}
	g = s.start(t)
	l = s.load(t, g.in, 8, 512)
	if !until(10*time.Second, func() bool { return l.Accepted.Load() > 200 }) {
		t.Fatalf("nothing is accepted\n%s", g.log)
	}
	report := new(bytes.Buffer)
	cmd := exec.Command(strace, "-f", "-e", "trace=msync,fsync,fdatasync", "-e", "inject=msync,fsync,fdatasync:error=EIO:when=1+",
		"-p", fmt.Sprint(g.cmd.Process.Pid))
	cmd.Stdout, cmd.Stderr = report, report
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		<-g.exited
		_ = cmd.Wait() // its subject has ended
		close(done)
	}()
	t.Cleanup(func() { g.kill(); <-done })
	return g, l, func() string { <-done; return report.String() }
}
