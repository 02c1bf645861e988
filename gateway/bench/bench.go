// Package bench measures a gateway on the machine it runs on, beside what that machine can do at all, so that what it
// prints are ratios: rates differ from machine to machine, ratios hardly.
//
//	this process            another process         another process
//	load generator ───────► receiver: echo
//	               ───────► gateway ──────────────► receiver: counts and times what arrives
//	synced log, queue ────► disk
//
// The processes share the machine as they would with a vendor and a system on it. The limits measured first are a plain
// fasthttp server that sends back what it gets, under the same load, and a plain log with one sync for all who wait, on
// the same disk. Each limit is measured next to what is set against it, because a machine's other work comes and goes.
//
// The package knows neither the gateway nor an engine: who calls Run says how to start the one and open the other.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Concurrent are the numbers of connections, or of the queue's writers, that each rate is measured at.
var Concurrent = []int{1, 64, 256}

// Rate is how many events a second are sent where latency is measured, whether the ones before have arrived or not.
const Rate = 200

// Options say what Run needs from outside. All but Dir, Cache and Progress must be given.
type Options struct {
	Seconds float64 // of each measurement
	Rounds  int     // how often everything is measured; 0: once
	Dir     string  // folder in which Run makes, and removes, its own; "": the system's for temporary files
	Plugins string  // folder with zendesk.wasm and webhook.wasm
	Cache   string  // folder of compiled plugins; "": in the folder of its own

	// Part gives the command that runs a part in a process of its own: "receiver" or "gateway" with its configuration
	// file. A part prints its address and a line break, and ends when its standard input does.
	Part func(name string, args ...string) *exec.Cmd
	// Open opens a queue in an empty folder.
	Open func(ctx context.Context, dir string) (queue.Queue, error)
	// Progress is told what is measured next; nil: nobody is.
	Progress func(what string)
}

// run is one Run.
type run struct {
	Options
	dir      string
	rows     []Row  // of this round
	gateway  string // address
	receiver receiverClient
	serial   atomic.Int64 // number of the last event, so that none repeats another
}

// Run measures everything. It ends early with ctx, and leaves neither files nor processes behind.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	if err := checkPlugins(o.Plugins); err != nil {
		return nil, err
	}
	if o.Dir == "" {
		o.Dir = os.TempDir()
	}
	dir, err := os.MkdirTemp(o.Dir, "plugboard-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the measurement: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &run{Options: o, dir: dir}
	receiver, err := r.start(ctx, "receiver")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, receiver.stop()) }()
	r.receiver = receiverClient{url: "http://" + receiver.addr, idle: 10 * time.Second}
	file, err := r.writeConfig(receiver.addr)
	if err != nil {
		return nil, err
	}
	gateway, err := r.start(ctx, "gateway", "--config", file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, gateway.stop()) }()
	r.gateway = "http://" + gateway.addr
	var rounds [][]Row
	for range max(1, o.Rounds) {
		r.rows = nil
		if err := r.measure(ctx); err != nil {
			if ctx.Err() != nil {
				return nil, fmt.Errorf("stopped before the end: %w", ctx.Err())
			}
			return nil, err
		}
		rounds = append(rounds, r.rows)
	}
	report := &Report{Seconds: o.Seconds, BodyBytes: bodySize, Processors: runtime.GOMAXPROCS(0), Go: runtime.Version(), InMemory: inMemory(dir)}
	report.finish(rounds)
	return report, nil
}

// measure begins with the latency: after the others the disk still has their data to tidy up.
func (r *run) measure(ctx context.Context) error {
	if err := r.latency(ctx); err != nil {
		return err
	}
	for _, n := range Concurrent {
		for _, m := range []struct {
			name string
			rate func(context.Context, int) (Row, error)
		}{
			{syncedLogs, r.syncedLog}, {cycles, r.cycle}, {echoes, r.echo}, {accepts, r.accept}, {endToEnd, r.endToEnd},
		} {
			r.say("%s, %d at a time", m.name, n)
			row, err := m.rate(ctx, n)
			if err != nil {
				return fmt.Errorf("%s, %d at a time: %w", m.name, n, err)
			}
			row.Name, row.Concurrent = m.name, n
			r.rows = append(r.rows, row)
		}
	}
	return nil
}

func (r *run) say(format string, args ...any) {
	if r.Progress != nil {
		r.Progress(fmt.Sprintf(format, args...))
	}
}

func (r *run) length() time.Duration { return time.Duration(r.Seconds * float64(time.Second)) }
