package plugintool

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// Figure is what one function costs, on one case.
type Figure struct {
	Function string        `json:"function"`
	Case     string        `json:"case"`
	Calls    int           `json:"calls"`
	Time     time.Duration `json:"time_ns"`  // of a call: the median over batches
	Least    time.Duration `json:"least_ns"` // of the quickest batch: what a quiet machine would show
	Counter  uint64        `json:"counter"`  // function entries and loop turns: the same on every machine
	Input    int           `json:"input"`    // bytes
	Output   int           `json:"output"`   // bytes
	Memory   uint64        `json:"memory"`   // bytes that the host takes for a call, the output among them
	Objects  float64       `json:"objects"`  // pieces in which it takes them
	Guest    int64         `json:"guest"`    // bytes of the instance's memory after the last call
}

// Bench plays a case and then repeats each function that was called on the way, with the same input, for about that
// long. What a call changes in the plugin's state is not kept.
func Bench(ctx context.Context, m *wasm.Module, c casefile.Case, long time.Duration) ([]Figure, error) {
	t := &trial{module: m, file: c, observe: true, out: Outcome{Case: c.Name}}
	if err := t.play(ctx); err != nil {
		return nil, err
	}
	if len(t.seen) == 0 {
		return nil, fmt.Errorf("%s: no function was called", c.File)
	}
	var figures []Figure
	for _, s := range t.seen {
		p, err := start(ctx, m, s.config, s.env)
		if err != nil {
			return nil, err
		}
		f, err := measure(ctx, p.Plugin, s, long)
		if closing := p.Close(ctx); err == nil {
			err = closing
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.File, err)
		}
		f.Case = c.Name
		figures = append(figures, f)
	}
	return figures, nil
}

// seen is one call on a case's way.
type seen struct {
	fn     wasm.Function
	in     wasm.Input
	config []byte
	env    casefile.Environment
}

// batches are what long is cut into: their median tells little of a machine that is busy now and then.
const batches = 25

func measure(ctx context.Context, p wasm.Plugin, s seen, long time.Duration) (Figure, error) {
	f := Figure{Function: s.fn.String(), Input: len(s.in.Body)}
	batch := 1
	for took := time.Duration(0); took < long/batches; batch *= 2 { // warms up, and finds how many calls a batch has
		start := time.Now()
		for range batch {
			out, err := p.Call(ctx, s.fn, s.in)
			if err != nil {
				return f, err
			}
			f.Output, f.Counter = len(out.Body), out.Cost
		}
		took = time.Since(start)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	times := make([]time.Duration, batches)
	for i := range times {
		start := time.Now()
		for range batch {
			out, err := p.Call(ctx, s.fn, s.in)
			if err != nil {
				return f, err
			}
			f.Guest = out.Memory
		}
		times[i] = time.Since(start) / time.Duration(batch)
	}
	runtime.ReadMemStats(&after)
	slices.Sort(times)
	f.Calls = batch * batches
	f.Time, f.Least = times[batches/2], times[0]
	f.Memory = (after.TotalAlloc - before.TotalAlloc) / uint64(f.Calls)
	f.Objects = float64(after.Mallocs-before.Mallocs) / float64(f.Calls)
	return f, nil
}
