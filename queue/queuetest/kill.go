package queuetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// RunKills kills a process that uses the engine, again and again in the same folder, at random moments under load: what was
// accepted is there, what was ended has ended, the audit finds nothing wrong and counts what the engine counts. The
// package's TestMain has to call KillChild.
func RunKills(t *testing.T, cycles int, open Open) {
	t.Helper()
	dir := t.TempDir()
	var all said
	for cycle := range cycles {
		now := killRun(t, dir, false, cycle)
		if lost := killCheck(t, dir, open, now); lost > 0 {
			t.Fatalf("cycle %d: of %d accepted and %d ended %d are lost", cycle, len(now.accepted), len(now.ended), lost)
		}
		all.accepted, all.ended = append(all.accepted, now.accepted...), append(all.ended, now.ended...)
	}
	if lost := killCheck(t, dir, open, all); lost > 0 {
		t.Errorf("%d of all are lost", lost)
	}
	t.Logf("%d kills, %d accepted, %d ended, none lost", cycles, len(all.accepted), len(all.ended))
}

// KillControl plants the fault that RunKills looks for, an answer before the commit, and wants it found.
func KillControl(t *testing.T, open Open) {
	t.Helper()
	for cycle := range 20 {
		dir := t.TempDir()
		told := killRun(t, dir, true, cycle)
		told.ended = nil
		if lost := killCheck(t, dir, open, told); lost > 0 {
			t.Logf("%d of %d lost in cycle %d, as planted", lost, len(told.accepted), cycle)
			return
		}
	}
	t.Error("answers before the commit lost nothing: the kills find nothing")
}

// said is what a child was told: events by ID, deliveries by theirs.
type said struct{ accepted, ended []string }

// killRun lets a child work for a while after it has been told of some accepted events, kills it, and gives what it said.
func killRun(t *testing.T, dir string, early bool, cycle int) (told said) {
	t.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:gosec // this test binary
	cmd.Env = append(os.Environ(), killDir+"="+dir, killCycle+"="+fmt.Sprint(cycle))
	if early {
		cmd.Env = append(cmd.Env, killEager+"=1")
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var kill *time.Timer
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil { // the last line may be half: then it was not said
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			break
		}
		if kill == nil {
			kill = time.AfterFunc(time.Duration(20+rand.IntN(250))*time.Millisecond, func() { _ = cmd.Process.Kill() }) //nolint:gosec // any moment
		}
		id := strings.TrimSpace(line[1:])
		if line[0] == '+' {
			told.accepted = append(told.accepted, id)
		} else {
			told.ended = append(told.ended, id)
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return told
}

// killCheck opens and audits what a child left, and counts what it was told and is not there.
func killCheck(t *testing.T, dir string, open Open, told said) (lost int) {
	t.Helper()
	ctx := context.Background()
	q := open(t, Options{Dir: dir})
	defer func() {
		if err := q.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	report, err := q.Audit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range report.Faults {
		t.Errorf("audit: %s", fault)
	}
	depth, err := q.Depth(ctx)
	if err != nil {
		t.Fatal(err)
	}
	pending := 0
	for _, d := range depth {
		pending += d.Pending
	}
	if pending != report.States[queue.Pending.String()] {
		t.Errorf("the engine counts %d pending, the audit %d", pending, report.States[queue.Pending.String()])
	}
	for _, id := range told.accepted {
		if info, err := q.Event(ctx, id); err != nil || len(info.Deliveries) != 2 {
			lost++
		}
	}
	for _, id := range told.ended {
		if d, _, err := q.Delivery(ctx, id); err != nil || d.State != queue.Delivered {
			lost++
		}
	}
	return lost
}
