package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/bench"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// TestMain lets this program be what bench starts: it runs itself again, and here that is the tests' own program.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:min(3, len(os.Args))], []string{"bench", "part"}) {
		main() // exits
	}
	os.Exit(m.Run())
}

// TestBenchMeasuresEverything makes a short run: each row is there with figures, everything that was accepted arrived,
// and nothing is left behind.
func TestBenchMeasuresEverything(t *testing.T) {
	dir, plugins := t.TempDir(), gatewaytest.Plugins(t)
	args := []string{"bench", "--seconds", "0.1", "--dir", dir, "--plugins", plugins, "--cache", filepath.Join(plugins, "cache")}
	status, out, errs := command(t, append(args, "--json")...)
	var r bench.Report
	if err := json.Unmarshal([]byte(out), &r); status != 0 || err != nil {
		t.Fatalf("status %d, %v\n%s%s", status, err, out, errs)
	}
	for _, name := range []string{"synced log", "plain echo", "accept", "end to end", "queue cycle"} {
		for _, n := range bench.Concurrent {
			benchRow(t, r, name, n)
		}
	}
	benchRow(t, r, "straight to the receiver", 0)
	benchRow(t, r, "through the gateway", 0)
	if len(r.Rows) != 17 {
		t.Errorf("%d rows, want 17", len(r.Rows))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// benchRow checks that a row is there, with all the figures that it should have and no others.
func benchRow(t *testing.T, r bench.Report, name string, n int) {
	t.Helper()
	i := slices.IndexFunc(r.Rows, func(r bench.Row) bool { return r.Name == name && r.Concurrent == n })
	if i < 0 {
		t.Errorf("%s at %d is missing", name, n)
		return
	}
	row := r.Rows[i]
	is := func(names ...string) bool { return slices.Contains(names, name) }
	if row.Count <= 0 || row.PerSecond <= 0 {
		t.Errorf("%s at %d: %+v", name, n, row)
	}
	if echo, log := is("accept", "end to end"), is("accept", "end to end", "queue cycle"); row.ToEcho > 0 != echo || row.ToLog > 0 != log {
		t.Errorf("%s at %d: ratios %g to the echo, %g to the log", name, n, row.ToEcho, row.ToLog)
	}
	arrives := int64(0)
	if n == 0 || is("end to end") {
		arrives = row.Count
	}
	if row.Arrived != arrives {
		t.Errorf("%s at %d: %d arrived of %d accepted", name, n, row.Arrived, row.Count)
	}
	if timed := n == 0; row.P50 > 0 != timed || row.P99 < row.P50 {
		t.Errorf("%s: p50 %g ms, p99 %g ms", name, row.P50, row.P99)
	}
}

// TestBenchStopsWhenToldTo interrupts a run in its middle: no file and no process stays.
func TestBenchStopsWhenToldTo(t *testing.T) {
	dir, plugins, out := t.TempDir(), gatewaytest.Plugins(t), newScreen()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan int, 1)
	go func() {
		args := []string{"bench", "--seconds", "60", "--dir", dir, "--plugins", plugins, "--cache", filepath.Join(plugins, "cache")}
		done <- execute(ctx, args, stdio{strings.NewReader(""), out, out})
	}()
	out.mustShow(t, "straight to the receiver")
	stop()
	if status := <-done; status != 1 || !strings.Contains(out.String(), "stopped before the end") { // ends only when its parts have
		t.Errorf("status %d\n%s", status, out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBenchSaysWhatItNeeds(t *testing.T) {
	dir := t.TempDir()
	status, _, errs := command(t, "bench", "--plugins", dir, "--dir", dir)
	if status != 1 || !strings.Contains(errs, "zendesk.wasm") || !strings.Contains(errs, "plugboard plugin build") {
		t.Errorf("without plugins: status %d, %q", status, errs)
	}
	if status, _, errs = command(t, "bench", "--seconds", "0"); status != 2 || !strings.Contains(errs, "0.05 to 60") {
		t.Errorf("no time: status %d, %q", status, errs)
	}
	if status, _, errs = command(t, "bench", "--rounds", "0"); status != 2 || !strings.Contains(errs, "1 to 100") {
		t.Errorf("no rounds: status %d, %q", status, errs)
	}
}
