package badgerqueue

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
)

var crashCycles = flag.Int("crash.cycles", 6, "how often the crash test kills its child")

// The environment variables that turn the test binary into the child that is killed.
const (
	crashDir   = "BADGERQUEUE_CRASH_DIR"
	crashEarly = "BADGERQUEUE_CRASH_EARLY"
	crashCycle = "BADGERQUEUE_CRASH_CYCLE"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := crashChild(dir, os.Getenv(crashEarly) != "", os.Getenv(crashCycle)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if dir := os.Getenv(flipDir); dir != "" {
		os.Exit(flipChild(dir))
	}
	if orders := os.Getenv(waitingChild); orders != "" {
		if err := waitingPhase(orders); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func crashOptions(dir string) Options {
	return Options{Dir: dir, MemTable: 16 << 20, Cache: 4 << 20, MinFree: -1, Window: 256, Logger: slog.New(slog.DiscardHandler)}
}

// crashChild loads a queue until it is killed, and says on standard output what it was told: "+ID" for an event that was
// accepted, "-ID" for a delivery whose end was confirmed.
func crashChild(dir string, early bool, cycle string) error {
	opt := crashOptions(dir)
	opt.earlyAck = early
	q, err := Open(context.Background(), opt)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for w := range 32 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 7))
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s.%d.%d", cycle, w, i)
				e := queue.Entry{
					Event: queue.Event{ID: id, Source: "s", Received: time.Now(), Window: time.Hour, Body: make([]byte, rng.IntN(3000))},
					Owed:  []queue.Owed{{Destination: "a", Key: fmt.Sprint(rng.IntN(50))}, {Destination: "b"}},
				}
				if _, err := q.Enqueue(context.Background(), e); err != nil {
					errs <- err
					return
				}
				say('+', id)
			}
		})
	}
	for _, d := range []string{"a", "a", "a", "b", "b"} {
		wg.Go(func() { errs <- crashConsume(q, d) })
	}
	return <-errs
}

func crashConsume(q *Queue, destination string) error {
	ctx := context.Background()
	for i := 0; ; i++ {
		leases, err := q.Receive(ctx, destination, 8)
		if err != nil {
			return err
		}
		for _, l := range leases {
			a := queue.Attempt{Started: time.Now(), Result: "x"}
			switch i++; i % 7 {
			case 0:
				err = l.Retry(ctx, time.Now().Add(time.Duration(i%90)*time.Millisecond), nil, a)
			case 1:
				err = l.Done(ctx, queue.Dead, a)
			default:
				if err = l.Done(ctx, queue.Delivered, a); err == nil {
					say('-', l.Delivery().ID)
				}
			}
			if err != nil {
				return err
			}
		}
	}
}

// say writes one line in one write, so that lines of several goroutines do not mix.
func say(sign byte, id string) {
	if _, err := os.Stdout.WriteString(string(sign) + id + "\n"); err != nil {
		os.Exit(2)
	}
}

// crashRun lets a child work for a while after it has been told of some accepted events, kills it, and gives what it said.
func crashRun(t *testing.T, dir string, early bool, cycle int) (accepted, ended []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:gosec // this test binary
	cmd.Env = append(os.Environ(), crashDir+"="+dir, crashCycle+"="+fmt.Sprint(cycle))
	if early {
		cmd.Env = append(cmd.Env, crashEarly+"=1")
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
			kill = time.AfterFunc(time.Duration(20+rand.IntN(250))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		}
		id := strings.TrimSpace(line[1:])
		if line[0] == '+' {
			accepted = append(accepted, id)
		} else {
			ended = append(ended, id)
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return accepted, ended
}

// crashCheck audits what a child left, and counts what it was told and is not there.
func crashCheck(t *testing.T, dir string, accepted, ended []string) (lost int) {
	t.Helper()
	ctx := context.Background()
	report, err := AuditDir(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range report.Faults {
		t.Errorf("audit: %s", fault)
	}
	q, err := load(crashOptions(dir).withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer q.store.shut() //nolint:errcheck // nothing was written
	pending := 0
	for _, l := range q.allLines() {
		pending += l.pending
	}
	if pending != report.States["pending"] {
		t.Errorf("the lines count %d pending, the audit %d", pending, report.States["pending"])
	}
	for _, id := range accepted {
		if info, err := q.Event(ctx, id); err != nil || len(info.Deliveries) != 2 {
			lost++
		}
	}
	for _, id := range ended {
		if d, _, err := q.Delivery(ctx, id); err != nil || d.State != queue.Delivered {
			lost++
		}
	}
	return lost
}

// TestCrash kills a process that uses the queue, again and again in the same folder, at random moments under load: what
// was accepted is there, what was ended has ended, and the audit finds nothing wrong.
//
//	go test ./queue/badgerqueue -run 'TestCrash$' -crash.cycles 1000 -timeout 1h
func TestCrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var accepted, ended []string
	for cycle := range *crashCycles {
		a, e := crashRun(t, dir, false, cycle)
		accepted, ended = append(accepted, a...), append(ended, e...)
		from, till := len(accepted)-len(a), len(ended)-len(e)
		if lost := crashCheck(t, dir, accepted[from:], ended[till:]); lost > 0 {
			t.Fatalf("cycle %d: %d of %d accepted and %d ended are lost", cycle, lost, len(a), len(e))
		}
	}
	if lost := crashCheck(t, dir, accepted, ended); lost > 0 {
		t.Errorf("%d of all are lost", lost)
	}
	t.Logf("%d kills, %d accepted, %d ended, none lost", *crashCycles, len(accepted), len(ended))
}

// TestCrashControl plants the fault that TestCrash looks for, an answer before the commit, and wants it found.
func TestCrashControl(t *testing.T) {
	t.Parallel()
	for cycle := range 20 {
		dir := t.TempDir()
		accepted, _ := crashRun(t, dir, true, cycle)
		if lost := crashCheck(t, dir, accepted, nil); lost > 0 {
			t.Logf("%d of %d lost in cycle %d, as planted", lost, len(accepted), cycle)
			return
		}
	}
	t.Error("answers before the commit lost nothing: the crash test finds nothing")
}
