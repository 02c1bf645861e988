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
	"path/filepath"
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
	report   *Report
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
	r := &run{Options: o, dir: dir, report: &Report{
		Seconds: o.Seconds, BodyBytes: bodySize, Processors: runtime.GOMAXPROCS(0), Go: runtime.Version(), InMemory: inMemory(dir),
	}}
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
	if err := r.measure(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("stopped before the end: %w", ctx.Err())
		}
		return nil, err
	}
	r.report.finish()
	return r.report, nil
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
			r.report.Rows = append(r.report.Rows, row)
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

// checkPlugins says what to do when a plugin was not built.
func checkPlugins(dir string) error {
	for _, name := range []string{"zendesk.wasm", "webhook.wasm"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("%w; run plugboard plugin build, or name the folder of built plugins with --plugins", err)
		}
	}
	return nil
}

// writeConfig writes the gateway's configuration: a source whose events are only stored, and one whose events go to the
// receiver, which gets the event's number and the time it was sent.
func (r *run) writeConfig(receiver string) (file string, err error) {
	plugins, err := filepath.Abs(r.Plugins)
	if err != nil {
		return "", fmt.Errorf("the folder of plugins: %w", err)
	}
	cache := r.Cache
	if cache == "" {
		cache = filepath.Join(r.dir, "cache")
	}
	text := fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
per_address = 1000
[queue]
dir = %q
[plugins]
dir = %q
cache = %q
[sources.stored]
path = "/stored"
plugin = "zendesk"
verify = { scheme = "none" }
[sources.sent]
path = "/sent"
plugin = "zendesk"
verify = { scheme = "none" }
[destinations.receiver]
plugin = "webhook"
url = "http://%s/"
allow_http = true
allow_private = true
concurrency = 64
config = { format = "json", body = '{"id": "{{id}}", "agent": "{{data.agent.id}}", "state": "{{data.state.name}}", "time": "{{time}}", "sent": "{{data.extensions.zendesk.detail.sent}}"}' }
[[routes]]
name = "all that is sent"
from = ["sent"]
to = ["receiver"]
`, filepath.Join(r.dir, "gateway"), plugins, cache, receiver)
	file = filepath.Join(r.dir, "config.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("writing the gateway's configuration: %w", err)
	}
	return file, nil
}
