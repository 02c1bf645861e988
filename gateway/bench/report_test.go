package bench

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestTable compares the whole table: the medians of three rounds, in order, with ratios worked out in each round.
func TestTable(t *testing.T) {
	r := &Report{Processors: 2, Go: "go1.26", Seconds: 3, BodyBytes: 1024, InMemory: true}
	rows := []Row{
		{Name: latencyEndToEnd, PerSecond: 200, Count: 600, Arrived: 600, P50: 1.234, P99: 3.5},
		{Name: latencyStraight, PerSecond: 200, Count: 600, Arrived: 600, P50: 0.4, P99: 0.91},
		{Name: endToEnd, Concurrent: 64, PerSecond: 20_000}, {Name: cycles, Concurrent: 64, PerSecond: 45_000},
		{Name: accepts, Concurrent: 256, PerSecond: 9_000}, {Name: accepts, Concurrent: 64, PerSecond: 30_000},
		{Name: syncedLogs, Concurrent: 256, PerSecond: 180_000}, {Name: echoes, Concurrent: 256, PerSecond: 120_000},
		{Name: syncedLogs, Concurrent: 64, PerSecond: 90_000}, {Name: echoes, Concurrent: 64, PerSecond: 100_000},
	}
	// A round in which the machine had half of its time for this: its ratios are the same. One in which it stood still.
	half, still := slices.Clone(rows), slices.Clone(rows)
	for i := range rows {
		half[i].PerSecond /= 2
		half[i].P99 /= 2
		still[i].PerSecond *= 0.01
		still[i].P99 *= 100
	}
	r.finish([][]Row{half, rows, still})
	if i := slices.IndexFunc(r.Rows, func(r Row) bool { return r.Name == latencyEndToEnd }); r.Rows[i].Count != 1800 || r.Rows[i].Arrived != 1800 {
		t.Errorf("%+v; want the sum of all rounds", r.Rows[i])
	}
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
