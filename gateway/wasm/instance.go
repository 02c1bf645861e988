package wasm

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/plugboard/plugboard/gateway/wasm/meter"
)

// instance is a running copy of a module. It serves one call at a time.
type instance struct {
	module  api.Module
	call    call
	entries [functions]entry
	results [1]uint64
	calls   int
	dead    bool
	made    time.Duration // how long it took to make
}

// entry is an exported function and the engine's stack for it.
type entry struct {
	function api.Function
	stack    reflect.Value
}

// An instance is retired after so many calls, or once its memory has come near the limit, which many small leaks do.
const (
	retireCalls    = 1_000_000
	retireFullness = 4   // when less than 1/4 of the limit is left,
	retireFull     = 100 // and not before it has served this many calls
)

// newInstance makes an instance and starts it as far as its form asks for: a reactor is initialised and configured.
func (p *plugin) newInstance(ctx context.Context) (*instance, *Error) {
	began := time.Now()
	i, err := p.instantiate(ctx)
	if err != nil {
		return nil, err
	}
	steps := setUp[:1]
	switch p.module.form {
	case Reactor:
		steps = append(setUp, step{export: "init"})
	case Script:
		steps = append(setUp, step{"load", Input{Body: p.module.script, Facts: p.module.scriptFile()}}, step{export: "init"})
	}
	if err = i.start(ctx, p, steps); err == nil {
		err = i.findEntries(p)
	}
	if err != nil {
		p.discard(i)
		return nil, err
	}
	i.made = time.Since(began)
	return i, nil
}

// instantiate makes an instance of which nothing has run.
func (p *plugin) instantiate(ctx context.Context) (*instance, *Error) {
	module, err := p.module.host.runtime.InstantiateModule(withMemory(ctx), p.module.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, p.error("", Refused, firstLine(err))
	}
	i := &instance{module: module}
	i.call.plugin = p
	i.call.names = map[string]string{}
	p.mu.Lock()
	i.call.out, p.spare = p.spare, nil
	p.mu.Unlock()
	i.call.memory = module.Memory()
	i.call.budget, _ = module.ExportedGlobal(meter.BudgetExport).(api.MutableGlobal)
	if i.call.budget == nil {
		i.call.budget = new(noCounter)
	}
	p.instances.Inc()
	return i, nil
}

// step is something that comes before the first call: an export, which may be missing, and its input.
type step struct {
	export string
	input  Input
}

// setUp is how each guest begins; a command's goes no further than the start function.
var setUp = []step{{export: meter.StartExport}, {export: exportSetUp}}[:2:2]

// start runs what comes before the first call. All of it shares one deadline, which is a start's.
func (i *instance) start(ctx context.Context, p *plugin, steps []step) *Error {
	i.call.begin(ctx, Receive, Input{}, max(startLimit, p.limits.Deadline))
	defer i.call.end()
	for _, s := range steps {
		e, err := i.entry(s.export)
		if err != nil {
			return p.error("", Refused, err.Error())
		}
		if e.function == nil {
			continue
		}
		i.call.in = s.input
		err = i.enter(e)
		if failure := i.outcome(err); failure.kind != 0 {
			reason := fmt.Sprintf("%s: %s: %s", strings.TrimPrefix(s.export, "plugboard."), failure.kind, failure.reason)
			if failure.kind <= GaveUp || p.module.form == Script { // the plugin's own word about its configuration
				reason = failure.reason
			}
			refused := p.error("", Refused, reason)
			if s.export == "init" && failure.kind <= GaveUp {
				refused.Own = failure.kind
			}
			return refused
		}
	}
	return nil
}

// findEntries looks up what will be called; a command's one entry is looked up by the call.
func (i *instance) findEntries(p *plugin) *Error {
	if p.module.form == Command {
		return nil
	}
	for f := range functions {
		if p.module.functions.Has(f) {
			var err error
			if i.entries[f], err = i.entry(f.String()); err != nil {
				return p.error("", Refused, err.Error())
			}
		}
	}
	return nil
}

func (i *instance) entry(name string) (e entry, err error) {
	if e.function = i.module.ExportedFunction(name); e.function != nil {
		e.stack, err = nativeStack(e.function)
	}
	return e, err
}

// enter runs a function of the guest with a full counter.
func (i *instance) enter(e entry) error {
	i.call.stack = e.stack
	i.results[0] = 0
	i.call.firstGrant()
	return e.function.CallWithStack(&i.call, i.results[:])
}

// failure is what went wrong in a call; kind 0 is nothing.
type failure struct {
	kind   Kind
	reason string
	broken bool // the instance must not be used again
}

// outcome makes out what a call came to. The host's word counts before the guest's, the guest's before the engine's.
func (i *instance) outcome(err error) failure {
	c := &i.call
	c.log.flush()
	switch {
	case c.fault.kind != 0:
		return failure{c.fault.kind, c.fault.reason, true}
	case c.word.kind != 0 && i.results[0]&absent == scriptMistake && c.plugin.module.form == Script:
		return failure{kind: Trapped, reason: strings.ToValidUTF8(c.word.text, "\uFFFD")} // the guest is whole: it caught its script's exception
	case c.word.kind != 0:
		return failure{c.word.kind, strings.ToValidUTF8(c.word.text, "\uFFFD"), err != nil}
	case c.exited:
		return failure{Trapped, c.because(fmt.Sprintf("it ended itself with exit status %d", c.status)), true}
	case err != nil && strings.Contains(err.Error(), "stack overflow"):
		return failure{Limited, "its calls lie deeper than the engine's stack", true}
	case err != nil:
		return failure{Trapped, c.because(firstLine(err)), true}
	case i.results[0]&absent != 0 && c.extism.err != "":
		return failure{Rejected, c.extism.because(), false}
	case i.results[0]&absent != 0:
		return failure{Trapped, c.because(fmt.Sprintf("it answered %d and did not say why", int32(uint32(i.results[0])))), true}
	}
	return failure{}
}

// because adds what standard error says.
func (c *call) because(reason string) string {
	if why := c.log.why(); why != "" {
		if c.plugin.module.form == Script {
			return why // with its place; how the engine ended is nothing to the script's author
		}
		return reason + ": " + why
	}
	return reason
}

// firstLine is an engine's error without its trace.
func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimSuffix(strings.TrimPrefix(s, "wasm error: "), " (recovered by wazero)")
}

// run serves a call of a reactor.
func (i *instance) run(ctx context.Context, fn Function, in Input) (Output, failure, time.Duration) {
	c := &i.call
	c.begin(ctx, fn, in, c.plugin.limits.Deadline)
	err := i.enter(i.entries[fn])
	i.calls++
	return i.finish(err)
}

// finish gathers what a call has made, and leaves the state empty.
func (i *instance) finish(err error) (out Output, f failure, took time.Duration) {
	c := &i.call
	took = time.Since(c.started)
	f = i.outcome(err)
	out = Output{Log: c.log.lines, Cost: c.cost(), Memory: int64(c.memory.Size())}
	if f.kind == 0 {
		out.State = c.state
		if len(c.out) > 0 {
			out.Body = append(make([]byte, 0, len(c.out)), c.out...)
		}
	}
	i.dead = i.dead || f.broken
	c.log.lines = nil
	c.end()
	return out, f, took
}

// worn says whether the instance has served enough.
func (i *instance) worn(memory int64) bool {
	full := int64(i.call.memory.Size()) > memory-memory/retireFullness
	return i.dead || i.calls >= retireCalls || full && i.calls >= retireFull
}

// noCounter stands in for the counter of a module that has not been rewritten, which happens in benchmarks.
type noCounter struct {
	api.MutableGlobal
	value uint64
}

func (n *noCounter) Get() uint64  { return n.value }
func (n *noCounter) Set(v uint64) { n.value = v }

var errClosed = errors.New("the plugin was closed")
