package wasm

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// plugin is a module with a configuration: a pool of instances. A slot is the right to run; idle instances wait in a
// stack, so that the one used last, whose memory is warm, is used next.
type plugin struct {
	module  *Module
	options PluginOptions
	limits  Limits

	slots    chan struct{}
	closed   chan struct{}
	drained  chan struct{}
	once     sync.Once
	makers   sync.WaitGroup
	retiring *time.Timer // Lazy: lets idle instances go; else nil

	resting resting
	turns   turns

	mu     sync.Mutex
	idle   []*instance
	making int
	spare  []byte // what the output of an instance that was thrown away has grown to, for the next one

	instances prometheus.Gauge
	took      [functions]prometheus.Observer
	failed    [len(kindNames)]prometheus.Counter
}

// New makes a plugin: its init is tried and all instances that are to be ready are made before New returns, so that the first
// calls after a start or a reload, even several at once, pay for none.
// A plugin that does not start, or says no to its configuration, is an *Error of kind Refused.
func (m *Module) New(ctx context.Context, options PluginOptions) (Plugin, error) {
	p := &plugin{module: m, options: options, limits: options.Limits.withDefaults(m.host.limits), closed: make(chan struct{}), drained: make(chan struct{}), turns: pluginTurns()}
	p.limits.Memory, p.limits.Module = int64(m.host.memoryPages())*pageSize, m.host.limits.Module
	fill(&p.options.Instances, max(4, 2*runtime.GOMAXPROCS(0)))
	fill(&p.options.Ready, min(max(2, runtime.GOMAXPROCS(0)), mostReady))
	p.options.Ready = min(p.options.Ready, p.options.Instances)
	now := p.options.Ready
	if options.Lazy {
		p.options.Ready, now = 0, 1
		p.retiring = time.AfterFunc(lazyRest, p.retire)
	}
	if options.Tried {
		now = 0
	}
	p.slots = make(chan struct{}, p.options.Instances)
	p.idle = make([]*instance, 0, p.options.Instances)
	p.resolveMetrics()
	for range now {
		i, err := p.newInstance(ctx)
		if err != nil {
			for _, made := range p.idle {
				p.discard(made)
			}
			return nil, err
		}
		p.mu.Lock()
		gone := p.restLocked(i)
		p.mu.Unlock()
		letGo(gone)
	}
	return p, nil
}

// restLocked puts an instance among the idle ones. What has to go for it is the caller's to let go of, once mu is free.
func (p *plugin) restLocked(i *instance) []*bystander {
	p.idle = append(p.idle, i)
	if p.options.Lazy {
		return p.module.host.crowd.rests(p, i)
	}
	return nil
}

// emptyLocked takes all idle instances.
func (p *plugin) emptyLocked() []*instance {
	idle := slices.Clone(p.idle)
	clear(p.idle)
	p.idle = p.idle[:0]
	if p.options.Lazy {
		for _, i := range idle {
			p.module.host.crowd.wakes(i)
		}
	}
	return idle
}

// letGo throws instances away that are still idle.
func letGo(gone []*bystander) {
	for _, b := range gone {
		p := b.of
		p.mu.Lock()
		at := slices.Index(p.idle, b.i)
		if at >= 0 {
			p.idle = slices.Delete(p.idle, at, at+1)
			p.module.host.crowd.wakes(b.i) // it may have run and come back
		}
		p.mu.Unlock()
		if at >= 0 {
			p.discard(b.i)
		}
	}
}

// lazyRest is how long a lazy plugin keeps instances that nobody calls.
const lazyRest = time.Minute

// retire lets all idle instances go.
func (p *plugin) retire() {
	p.mu.Lock()
	idle := p.emptyLocked()
	p.mu.Unlock()
	for _, i := range idle {
		p.discard(i)
	}
}

// mostReady bounds how many idle instances a plugin keeps unless it is told: each takes memory (a Go guest 3 to 6 MB).
const mostReady = 4

func (p *plugin) resolveMetrics() {
	set := p.module.host.options.Metrics
	p.instances = set.PluginInstances.WithLabelValues(p.module.name)
	for f := range functions {
		if p.module.functions.Has(f) {
			p.took[f] = set.PluginDuration.WithLabelValues(p.module.name, f.String())
		}
	}
	for k := Rejected; int(k) < len(kindNames); k++ {
		p.failed[k] = set.PluginFailures.WithLabelValues(p.module.name, k.String())
	}
}

func (p *plugin) Functions() FunctionSet { return p.module.functions }
func (p *plugin) Name() string           { return p.module.name }
func (p *plugin) Hash() string           { return p.module.hash }

func (p *plugin) error(function string, kind Kind, reason string) *Error {
	return &Error{Plugin: p.module.name, Function: function, Kind: kind, Reason: reason}
}

// Call runs one function. It waits while Instances calls run; the wait does not count as the call's time.
func (p *plugin) Call(ctx context.Context, fn Function, in Input) (Output, error) {
	if !p.module.functions.Has(fn) {
		return Output{}, p.count(p.error(fn.String(), Unsupported, "it does not export "+fn.String()))
	}
	if err := p.acquire(ctx); err != nil {
		return Output{}, p.count(p.error(fn.String(), Stopped, err.Error()))
	}
	defer func() { <-p.slots }()
	if err := p.rest(ctx); err != nil {
		return Output{}, p.count(p.error(fn.String(), Stopped, err.Error()))
	}
	if p.options.Lazy {
		if err := p.module.host.crowd.enter(ctx, p); err != nil {
			return Output{}, p.count(p.error(fn.String(), Stopped, err.Error()))
		}
		defer p.module.host.crowd.leave()
	}
	i, err := p.take(ctx)
	if err != nil {
		failed := *err
		failed.Function = fn.String()
		return Output{}, p.count(&failed)
	}
	var out Output
	var f failure
	var took time.Duration
	if p.module.form == Command {
		out, f, took = i.runCommand(ctx, fn, in)
	} else {
		out, f, took = i.run(ctx, fn, in)
	}
	p.took[fn].Observe(took.Seconds())
	p.resting.ended(f.broken && (p.module.form != Command || f.kind == Limited), took+i.made)
	p.put(i)
	if f.kind != 0 {
		return out, p.count(p.error(fn.String(), f.kind, f.reason))
	}
	return out, nil
}

func (p *plugin) count(err *Error) error {
	p.failed[err.Kind].Inc()
	return err
}

// acquire takes a slot. While one is free it does not look at ctx.Done: a select locks each channel that it names, and the
// callers of different plugins often share a context. One that was put off by the kernel while it held that lock made all
// others wait for its turn, 4 ms.
func (p *plugin) acquire(ctx context.Context) error {
	select {
	case <-p.closed:
		return errClosed
	default:
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-p.closed:
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("all %d instances were busy: %w", p.options.Instances, context.Cause(ctx))
	}
}

// take gives an idle instance, or makes one.
func (p *plugin) take(ctx context.Context) (*instance, *Error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		i := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		if p.options.Lazy {
			p.module.host.crowd.wakes(i)
		}
		p.mu.Unlock()
		return i, nil
	}
	p.mu.Unlock()
	return p.newInstance(ctx)
}

// put takes an instance back, or throws it away and has the next one made.
func (p *plugin) put(i *instance) {
	if i.worn(p.limits.Memory) || p.module.form == Command && i.calls > 0 {
		p.discard(i)
		p.prepare()
		return
	}
	p.mu.Lock()
	full := len(p.idle) == cap(p.idle)
	var gone []*bystander
	if !full {
		gone = p.restLocked(i)
	}
	p.mu.Unlock()
	if full {
		p.discard(i)
	}
	letGo(gone)
	if p.retiring != nil {
		p.retiring.Reset(lazyRest)
	}
}

// prepare sees to it that enough instances are ready. They are made by one goroutine, one after the other: a plugin
// that traps on each call must not take more than one processor away from the others.
func (p *plugin) prepare() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.closed:
		return
	default:
	}
	if p.making > 0 || len(p.idle) >= p.options.Ready {
		return
	}
	p.making++
	p.makers.Add(1)
	go p.makeReady()
}

func (p *plugin) makeReady() {
	defer p.makers.Done()
	for {
		i, err := p.newInstance(context.Background())
		p.mu.Lock()
		ok := err == nil && len(p.idle) < p.options.Ready
		select {
		case <-p.closed:
			ok = false
		default:
		}
		if ok {
			p.idle = append(p.idle, i)
		}
		if !ok || len(p.idle) >= p.options.Ready {
			p.making--
			p.mu.Unlock()
			if !ok && i != nil {
				p.discard(i)
			}
			return
		}
		p.mu.Unlock()
	}
}

func (p *plugin) discard(i *instance) {
	p.instances.Dec()
	p.mu.Lock()
	if out := i.call.out; cap(out) > cap(p.spare) && int64(cap(out)) <= 2*p.limits.Output {
		p.spare = out[:0]
	}
	p.mu.Unlock()
	_ = i.module.Close(context.Background()) // it fails only for open files, which a guest cannot have
}

// Close waits for running calls and lets no new ones begin. When ctx ends first, what runs is still waited for and
// cleaned up behind the caller's back.
func (p *plugin) Close(ctx context.Context) error {
	p.once.Do(func() {
		p.mu.Lock() // so that no maker starts from here on
		close(p.closed)
		p.mu.Unlock()
		go p.drain()
	})
	select {
	case <-p.drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("plugin %s: calls still run: %w", p.module.name, context.Cause(ctx))
	}
}

// drain takes all slots and keeps them, so that nothing runs or ever will, and then throws the instances away.
func (p *plugin) drain() {
	defer close(p.drained)
	if p.retiring != nil {
		p.retiring.Stop()
	}
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	p.makers.Wait()
	p.mu.Lock()
	idle := p.emptyLocked()
	p.mu.Unlock()
	for _, i := range idle {
		p.discard(i)
	}
}
