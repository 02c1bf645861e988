package badgerqueue

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	waitingN       = flag.Int("waiting", 50000, "deliveries that wait in TestTenMillion")
	waitingLines   = flag.Int("waiting.destinations", 1, "destinations that they wait for")
	waitingKeys    = flag.Int("waiting.keys", 1000, "ordering keys that they have")
	waitingMeasure = flag.Int("waiting.measure", 5000, "events accepted, and again cycled, for a rate")
	waitingKnown   = flag.Bool("waiting.known", false, "measure a queue that was opened once it has read what came before")
	waitingDir     = flag.String("waiting.dir", "", "where TestTenMillion keeps its store; a temporary folder when empty")
)

// waitingChild is what tells the test binary to be a phase of TestTenMillion: its orders, as JSON.
const waitingChild = "BADGERQUEUE_WAITING"

// waitingOrders is what a child is to do.
type waitingOrders struct {
	Dir         string
	Fill        int // enqueue so many, and wait until the tables are in order
	From        int // number of the first event it enqueues
	Lines, Keys int
	Measure     int  // then measure with so many
	Known       bool // but only when what came before is known again, and new events need no look into the store
	UntilKilled bool // then go on enqueueing
}

// waitingReport is what a child says.
type waitingReport struct {
	OpenMS, FirstMS     float64 // from Open called: to its return, to the first lease
	Pending, Lines      int     // as the queue counts them, once open
	FillRate            float64
	Slowest             float64 // of the fill's tenths, a second
	Accept, Cycle       float64 // a second
	AcceptCPU, CycleCPU float64 // microseconds of processor time for one, compaction included
	CommitP99           float64 // milliseconds, over the measured part
	Entries             int64   // deliveries in memory after it
	Held                int64   // bytes of events in memory after it
	RSS, Anon, File     float64 // MB, the highest of what was looked at ten times a second
	Enqueued            int     // number of the last event
	DiskMB              float64
	WrittenMB           float64 // by this process
	Tables              int
}

func (r waitingReport) String() string {
	return fmt.Sprintf("open %.0f ms, first lease %.0f ms, pending %d in %d lines; fill %.0f/s (slowest tenth %.0f); accept %.0f/s (%.0f µs of processor), cycle %.0f/s (%.0f µs), commit p99 %.1f ms; "+
		"in memory %d entries, %.1f MB of events; RSS at most %.0f MB (anonymous %.0f, mapped %.0f); disk %.0f MB in %d tables, %.0f MB written",
		r.OpenMS, r.FirstMS, r.Pending, r.Lines, r.FillRate, r.Slowest, r.Accept, r.AcceptCPU, r.Cycle, r.CycleCPU, r.CommitP99,
		r.Entries, float64(r.Held)/1e6, r.RSS, r.Anon, r.File, r.DiskMB, r.Tables, r.WrittenMB)
}

// TestTenMillion shows what deliveries that wait cost: in child processes, so that memory is the queue's own, it measures an
// empty queue, fills another, closes it, opens it, measures it, kills it, and opens it again.
//
//	go test ./queue/badgerqueue -run 'TestTenMillion$' -v -waiting 10000000 -waiting.measure 200000 -waiting.known -timeout 2h
//	go test ./queue/badgerqueue -run 'TestTenMillion$' -v -waiting 10000000 -waiting.destinations 1000 -waiting.keys 1000000 -waiting.measure 200000 -timeout 2h
//
// Nothing here fails by the clock. What must hold however slow the machine is: nothing is lost, the counts are right, and
// what is in memory does not depend on what waits.
func TestTenMillion(t *testing.T) {
	dir := *waitingDir
	if dir == "" {
		dir = t.TempDir()
	}
	o := waitingOrders{Dir: filepath.Join(dir, "empty"), Lines: *waitingLines, Keys: *waitingKeys, Measure: *waitingMeasure}
	empty := waitingRun(t, "empty", o)

	o.Dir, o.Fill, o.Measure = filepath.Join(dir, "full"), *waitingN, 0
	filled := waitingRun(t, "fill", o)
	if filled.Enqueued != *waitingN {
		t.Fatalf("%d were enqueued, want %d", filled.Enqueued, *waitingN)
	}
	o.Fill, o.From, o.Measure, o.Known, o.UntilKilled = 0, filled.Enqueued, *waitingMeasure, *waitingKnown, true
	full := waitingRun(t, "after closing", o)
	if full.Pending != *waitingN || full.Lines != *waitingLines {
		t.Errorf("opened with %d waiting in %d lines, want %d in %d", full.Pending, full.Lines, *waitingN, *waitingLines)
	}
	o.From, o.Measure, o.UntilKilled = 2*o.From+1<<40, 0, false
	killed := waitingRun(t, "after a kill", o)
	// What was enqueued while it was measured and until the kill may be there; what was ended until then is not.
	if killed.Pending < full.Pending {
		t.Errorf("after the kill %d wait, there were %d", killed.Pending, full.Pending)
	}
	if want := waitingCount(t, o.Dir); killed.Pending != want {
		t.Errorf("after the kill the queue counts %d, the records are %d", killed.Pending, want)
	}
	if most := int64(max(64<<10, 32**waitingLines)) * 5 / 4; full.Entries > most {
		t.Errorf("%d deliveries are in memory, want at most %d", full.Entries, most)
	}
	if full.Held > 32<<20 {
		t.Errorf("%d bytes of events are in memory, want at most 32 MiB", full.Held)
	}
	if full.RSS > 512 {
		t.Errorf("%.0f MB are resident, want at most 512", full.RSS)
	}
	o.Dir, o.From, o.Measure = filepath.Join(dir, "again"), 0, *waitingMeasure
	again := waitingRun(t, "empty again", o)
	t.Logf("beside an empty queue: accepts %.2f, cycles %.2f; processor time of an accept %.2f, of a cycle %.2f",
		2*full.Accept/(empty.Accept+again.Accept), 2*full.Cycle/(empty.Cycle+again.Cycle),
		2*full.AcceptCPU/(empty.AcceptCPU+again.AcceptCPU), 2*full.CycleCPU/(empty.CycleCPU+again.CycleCPU))
}

// waitingRun starts a child and waits for its report; then for its end, or makes it.
func waitingRun(t *testing.T, what string, o waitingOrders) waitingReport {
	t.Helper()
	orders, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])                                                      //nolint:gosec // this test binary
	cmd.Env = append(os.Environ(), waitingChild+"="+string(orders), "GOMEMLIMIT=320MiB") // as the gateway has it
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var r waitingReport
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := strings.CutPrefix(line, "# "); ok {
			t.Logf("%s: %s", what, strings.TrimSpace(text))
			continue
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%s: %q: %v", what, line, err)
		}
		if o.UntilKilled {
			time.Sleep(50 * time.Millisecond) // some commits
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL; killed != o.UntilKilled || err != nil && !killed {
		t.Fatalf("%s: the child ended: %v", what, err)
	}
	t.Logf("%s: %s", what, r)
	return r
}

// waitingCount counts what is pending in a store, from its records alone.
func waitingCount(t *testing.T, dir string) (n int) {
	t.Helper()
	q, err := load(Options{Dir: dir, MinFree: -1}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer q.store.shut() //nolint:errcheck // nothing was written
	snap := q.store.snapshot()
	defer snap.release()
	for _, l := range q.allLines() {
		n += waitingIn(t, snap, l)
	}
	return n
}
