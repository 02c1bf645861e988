package bench

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// What is measured, in the order of the table.
const (
	syncedLogs      = "synced log"
	echoes          = "plain echo"
	accepts         = "accept"
	endToEnd        = "end to end"
	cycles          = "queue cycle"
	latencyStraight = "straight to the receiver"
	latencyEndToEnd = "through the gateway"
)

var order = []string{syncedLogs, echoes, accepts, endToEnd, cycles, latencyStraight, latencyEndToEnd}

// Report is everything that one Run measured.
type Report struct {
	Processors int     `json:"processors"`
	Go         string  `json:"go"`
	Seconds    float64 `json:"seconds"` // of each measurement
	Rounds     int     `json:"rounds"`
	BodyBytes  int     `json:"body_bytes"`
	InMemory   bool    `json:"in_memory"` // the files were in memory: what is said about the disk means nothing
	Rows       []Row   `json:"rows"`
}

// Row is one measurement, the median of all rounds; counts are sums.
type Row struct {
	Name       string  `json:"name"`
	Concurrent int     `json:"concurrent,omitempty"` // connections or writers; 0 where events are sent at a fixed rate
	Count      int64   `json:"count"`                // records, answers or cycles; of events sent, how many were accepted
	Arrived    int64   `json:"arrived,omitempty"`    // of the accepted ones, at the receiver
	PerSecond  float64 `json:"per_second"`           // to the last arrival, if there are any
	ToEcho     float64 `json:"to_echo,omitempty"`    // ratio to the plain echo at as many connections
	ToLog      float64 `json:"to_log,omitempty"`     // ratio to the synced log at as many writers
	P50        float64 `json:"p50_ms,omitempty"`     // from sending to arrival
	P99        float64 `json:"p99_ms,omitempty"`
}

// finish works out the ratios within each round, makes one row of all rounds, and puts the rows into order.
func (r *Report) finish(rounds [][]Row) {
	type what struct {
		name       string
		concurrent int
	}
	same := map[what][]Row{}
	for _, rows := range rounds {
		for _, row := range rows {
			switch row.Name {
			case accepts, endToEnd:
				row.ToEcho = row.PerSecond / rateOf(rows, echoes, row.Concurrent)
				row.ToLog = row.PerSecond / rateOf(rows, syncedLogs, row.Concurrent)
			case cycles:
				row.ToLog = row.PerSecond / rateOf(rows, syncedLogs, row.Concurrent)
			}
			key := what{row.Name, row.Concurrent}
			same[key] = append(same[key], row)
		}
	}
	r.Rounds, r.Rows = len(rounds), nil
	for _, rows := range same {
		r.Rows = append(r.Rows, middle(rows))
	}
	slices.SortFunc(r.Rows, func(a, b Row) int {
		return cmp.Or(slices.Index(order, a.Name)-slices.Index(order, b.Name), a.Concurrent-b.Concurrent)
	})
}

// middle makes one row of several rounds': the sum of what was counted, the median of each figure.
func middle(rows []Row) Row {
	out := Row{Name: rows[0].Name, Concurrent: rows[0].Concurrent}
	for _, row := range rows {
		out.Count += row.Count
		out.Arrived += row.Arrived
	}
	for _, f := range []func(*Row) *float64{
		func(r *Row) *float64 { return &r.PerSecond }, func(r *Row) *float64 { return &r.ToEcho }, func(r *Row) *float64 { return &r.ToLog },
		func(r *Row) *float64 { return &r.P50 }, func(r *Row) *float64 { return &r.P99 },
	} {
		var values []float64
		for i := range rows {
			values = append(values, *f(&rows[i]))
		}
		slices.Sort(values)
		*f(&out) = (values[(len(values)-1)/2] + values[len(values)/2]) / 2
	}
	return out
}

func rateOf(rows []Row, name string, concurrent int) float64 {
	for _, row := range rows {
		if row.Name == name && row.Concurrent == concurrent {
			return row.PerSecond
		}
	}
	return 0
}

// Print writes the report as tables.
func (r *Report) Print(w io.Writer) error {
	var rates, times, notes strings.Builder
	for _, row := range r.Rows {
		if row.Concurrent == 0 {
			fmt.Fprintf(&times, "%s\t%d\t%.2f\t%.2f\t\n", left(row.Name), Rate, row.P50, row.P99)
			continue
		}
		fmt.Fprintf(&rates, "%s\t%d\t%.0f\t%s\t%s\t\n", left(row.Name), row.Concurrent, row.PerSecond, ratio(row.ToEcho), ratio(row.ToLog))
	}
	fmt.Fprintf(&notes, "%d processors for load, gateway and receiver; %d-byte events; %d × %g s each; %s\n", r.Processors, r.BodyBytes, r.Rounds, r.Seconds, r.Go)
	if r.InMemory {
		notes.WriteString("The files were in memory, so nothing here is about a disk: name a folder on one with --dir.\n")
	}
	table := left("rate") + "\tat a time\ta second\tto the echo\tto the log\t\n" + rates.String() + "\n" +
		left("from sending to arrival") + "\ta second\tp50 ms\tp99 ms\t\n" + times.String() + "\n" + notes.String()
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	_, err := io.WriteString(t, table)
	if err := errors.Join(err, t.Flush()); err != nil {
		return fmt.Errorf("printing the figures: %w", err)
	}
	return nil
}

// left pads a name, because the tables are aligned to the right for their figures.
func left(name string) string { return fmt.Sprintf("%-24s", name) }

func ratio(f float64) string {
	if f == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f", f)
}
