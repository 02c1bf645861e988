package queuetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
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
		if lost, records := killCheck(t, dir, open, now); lost+records > 0 {
			t.Fatalf("cycle %d: of %d accepted and %d ended %d are lost, of %d records %d", cycle, len(now.accepted), len(now.ended), lost, len(now.records), records)
		}
		all.accepted, all.ended = append(all.accepted, now.accepted...), append(all.ended, now.ended...)
		all.records = keep(all.records, now.records)
	}
	if lost, records := killCheck(t, dir, open, all); lost+records > 0 {
		t.Errorf("%d of all are lost, and %d records", lost, records)
	}
	t.Logf("%d kills, %d accepted, %d ended, none lost", cycles, len(all.accepted), len(all.ended))
}

func keep(all, more map[string]int) map[string]int {
	if all == nil {
		all = map[string]int{}
	}
	maps.Copy(all, more)
	return all
}

// KillControl plants the fault that RunKills looks for, an answer before the commit, and wants it found.
func KillControl(t *testing.T, open Open) {
	t.Helper()
	var events, records bool
	for cycle := range 20 {
		dir := t.TempDir()
		told := killRun(t, dir, true, cycle)
		told.ended = nil
		lost, old := killCheck(t, dir, open, told)
		t.Logf("cycle %d: %d of %d lost, and %d of %d records, as planted", cycle, lost, len(told.accepted), old, len(told.records))
		events, records = events || lost > 0, records || old > 0 || told.records == nil
		if events && records {
			return
		}
	}
	t.Errorf("answers before the commit lost nothing (events: %v, records: %v): the kills find nothing", events, records)
}

// said is what a child was told: events by ID, deliveries by theirs, the last value of each record.
type said struct {
	accepted, ended []string
	records         map[string]int
}

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
		switch line[0] {
		case '+':
			told.accepted = append(told.accepted, id)
		case '=':
			told.put(t, id)
		default:
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

func (s *said) put(t *testing.T, text string) {
	t.Helper()
	key, value, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(value)
	if err != nil {
		t.Fatal(err)
	}
	if s.records == nil {
		s.records = map[string]int{}
	}
	s.records[key] = n
}

// lostRecords counts what was put and is older than it was said to be.
func (s *said) lostRecords(q Engine) (lost int) {
	g, ok := q.(queue.Registry)
	for key, least := range s.records {
		value := []byte(nil)
		if ok {
			value, _ = g.Record(killKind, key)
		}
		if n, err := strconv.Atoi(string(value)); err != nil || n < least {
			lost++
		}
	}
	return lost
}

// killCheck opens and audits what a child left, and counts what it was told and is not there.
func killCheck(t *testing.T, dir string, open Open, told said) (lost, records int) {
	t.Helper()
	ctx := context.Background()
	q := open(t, Options{Dir: dir})
	defer func() {
		if err := q.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	report := killAudit(t, q)
	for _, fault := range report.Faults {
		t.Errorf("audit: %s", fault)
	}
	checkReplaced(t, q)
	for _, id := range told.accepted {
		if info, err := q.Event(ctx, id); err != nil || len(info.Deliveries) != 3 {
			lost++
		}
	}
	for _, id := range told.ended {
		if d, _, err := q.Delivery(ctx, id); err != nil || d.State != queue.Delivered {
			lost++
		}
	}
	return lost, told.lostRecords(q)
}

// checkReplaced checks what was replaced last: by another that is there, of the same key.
func checkReplaced(t *testing.T, q Engine) {
	t.Helper()
	page, err := q.Deliveries(context.Background(), queue.Filter{State: queue.Superseded, Destination: "c", Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range page.Items {
		by, _, err := q.Delivery(context.Background(), strings.TrimPrefix(d.Reason, "replaced by "))
		if err != nil || by.Key != d.Key || by.ID == d.ID {
			t.Errorf("%s (key %q) is %s, which has the key %q, %v", d.ID, d.Key, d.Reason, by.Key, err)
		}
	}
}

// killAudit audits, and compares what the engine counts. An engine may be ending at opening what was replaced: then it looks
// again.
func killAudit(t *testing.T, q Engine) queue.AuditReport {
	t.Helper()
	for range 50 {
		report, err := q.Audit(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		depth, err := q.Depth(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		pending := 0
		for _, d := range depth {
			pending += d.Pending
		}
		if pending == report.States[queue.Pending.String()] {
			return report
		}
	}
	t.Fatal("the engine never counts as many pending as the audit")
	return queue.AuditReport{}
}
