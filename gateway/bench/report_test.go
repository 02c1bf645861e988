package bench

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestTable compares the whole table; rows come as they were measured, and are put into order with their ratios.
func TestTable(t *testing.T) {
	r := &Report{Processors: 2, Go: "go1.26", Seconds: 3, BodyBytes: 1024, InMemory: true, Rows: []Row{
		{Name: latencyEndToEnd, PerSecond: 200, Count: 600, Arrived: 600, P50: 1.234, P99: 3.5},
		{Name: latencyStraight, PerSecond: 200, Count: 600, Arrived: 600, P50: 0.4, P99: 0.91},
		{Name: endToEnd, Concurrent: 64, PerSecond: 20_000}, {Name: cycles, Concurrent: 64, PerSecond: 45_000},
		{Name: accepts, Concurrent: 256, PerSecond: 9_000}, {Name: accepts, Concurrent: 64, PerSecond: 30_000},
		{Name: syncedLogs, Concurrent: 256, PerSecond: 180_000}, {Name: echoes, Concurrent: 256, PerSecond: 120_000},
		{Name: syncedLogs, Concurrent: 64, PerSecond: 90_000}, {Name: echoes, Concurrent: 64, PerSecond: 100_000},
	}}
	r.finish()
	var out bytes.Buffer
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/table.txt"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("the table is\n%s\nwant\n%s", out.Bytes(), want)
	}
}

func TestTableTellsWhenItCannotBePrinted(t *testing.T) {
	_, w := io.Pipe()
	broken := errors.New("the terminal is gone")
	if err := w.CloseWithError(broken); err != nil {
		t.Fatal(err)
	}
	if err := new(Report).Print(w); err == nil {
		t.Error("no error")
	}
}
