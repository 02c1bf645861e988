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
	for _, c := range []struct {
		name                     string
		rates, echo, log, arrive bool
	}{
		{name: "synced log", rates: true},
		{name: "plain echo", rates: true},
		{name: "accept", rates: true, echo: true, log: true},
		{name: "end to end", rates: true, echo: true, log: true, arrive: true},
		{name: "queue cycle", rates: true, log: true},
		{name: "straight to the receiver", arrive: true},
		{name: "through the gateway", arrive: true},
	} {
		concurrent := []int{0}
		if c.rates {
			concurrent = bench.Concurrent
		}
		for _, n := range concurrent {
			i := slices.IndexFunc(r.Rows, func(r bench.Row) bool { return r.Name == c.name && r.Concurrent == n })
			if i < 0 {
				t.Errorf("%s at %d is missing", c.name, n)
				continue
			}
			row := r.Rows[i]
			if row.Count <= 0 || row.PerSecond <= 0 || row.ToEcho > 0 != c.echo || row.ToLog > 0 != c.log {
				t.Errorf("%s at %d: %+v", c.name, n, row)
			}
			if c.arrive && row.Arrived != row.Count || !c.arrive && row.Arrived != 0 {
				t.Errorf("%s at %d: %d arrived of %d accepted", c.name, n, row.Arrived, row.Count)
			}
			if !c.rates && (row.P50 <= 0 || row.P99 < row.P50) {
				t.Errorf("%s: p50 %g ms, p99 %g ms", c.name, row.P50, row.P99)
			}
		}
	}
	if len(r.Rows) != 17 {
		t.Errorf("%d rows, want 17", len(r.Rows))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
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
}
