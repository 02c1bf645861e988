package wasm

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/metrics"
)

// TestFirstCallsMakeNoInstance: all that the first calls need has been made by New, even for as many at once as are kept
// ready, after a start as after a reload. The control: one call more makes one.
func TestFirstCallsMakeNoInstance(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := openHost(t, HostOptions{Metrics: metrics.New(registry), Limits: patient})
	instances := func() float64 { return gather(t, registry)["plugboard_plugin_instances driver"] }
	m := load(t, h, "driver", testdata(t, "driver.wasm"))
	for range 2 { // a start; a reload, while the one before still runs
		before := instances()
		p, err := m.New(t.Context(), PluginOptions{Ready: 3, Instances: 8})
		if err != nil {
			t.Fatal(err)
		}
		if made := instances() - before; made != 3 {
			t.Errorf("New made %v instances, want 3", made)
		}
		var gates []gate
		var ends []chan error
		for n := range 4 {
			g, ended := held(t, p)
			gates, ends = append(gates, g), append(ends, ended)
			if made, want := instances()-before, float64(max(3, n+1)); made != want {
				t.Errorf("with %d calls at once there are %v instances, want %v", n+1, made, want)
			}
		}
		for i := range gates {
			close(gates[i].leave)
			if err := <-ends[i]; err != nil {
				t.Error(err)
			}
		}
		t.Cleanup(func() { _ = p.Close(context.Background()) })
	}
}

// TestRefusedPluginLeavesNothing: New gives back what it has made when a later instance fails.
func TestRefusedPluginLeavesNothing(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := openHost(t, HostOptions{Metrics: metrics.New(registry), Limits: patient})
	m := load(t, h, "start", testdata(t, "start.wasm"))
	if _, err := m.New(t.Context(), PluginOptions{Config: []byte("no"), Ready: 3}); err == nil {
		t.Fatal("it was not refused")
	}
	if n := gather(t, registry)["plugboard_plugin_instances start"]; n != 0 {
		t.Errorf("%v instances are left", n)
	}
}

// TestGoCallAllocatesItsOutputOnly is TestCallAllocatesItsOutputOnly for a guest that makes host calls of all kinds, clocks
// for its collector included.
func TestGoCallAllocatesItsOutputOnly(t *testing.T) {
	p := openGo(t, patient)
	ctx, in := t.Context(), Input{Body: vendorEvent, Facts: fixed{}}
	call := func() {
		if _, err := p.Call(ctx, Receive, in); err != nil {
			t.Fatal(err)
		}
	}
	call()
	if got := testing.AllocsPerRun(500, call); got > 1 {
		t.Errorf("%v allocations a call", got)
	}
}

// BenchmarkFirstCall prints what the first call of an instance takes (the middle one of many), what the second, and what one takes
// before which nothing was called for 10 ms; and by how much the first one's work is more, in counts of the guest.
//
//	go test ./gateway/wasm -run '^$' -bench FirstCall -benchtime 100x
func BenchmarkFirstCall(b *testing.B) {
	for _, g := range []struct {
		name string
		open func(*Host) *Module
		body string
	}{
		{"go", func(h *Host) *Module { return load(b, h, "go", goGuest(b)) }, string(vendorEvent)},
		{"wat", func(h *Host) *Module { return load(b, h, "wat", testdata(b, "work.wasm")) }, "\xe8\x03\x00\x00"},
		{"script", func(h *Host) *Module { return loadScript(b, h, "script", string(example(b, "ziwo-calls"))) }, ziwoEnded},
	} {
		b.Run(g.name, func(b *testing.B) {
			m := g.open(openHost(b, HostOptions{CacheDir: cacheDir(), Limits: patient}))
			in := Input{Body: []byte(g.body), Facts: factMap{"received_at": "2025-03-04T20:00:00Z", "source": "ziwo"}}
			var first, second, rested []time.Duration
			var more float64
			for b.Loop() {
				p := openModule(b, m, PluginOptions{Config: []byte(`{"account":"acme"}`), Ready: 1})
				call := func(took *[]time.Duration) float64 {
					began := time.Now()
					out, err := p.Call(b.Context(), Receive, in)
					if *took = append(*took, time.Since(began)); err != nil {
						b.Fatal(err)
					}
					return float64(out.Cost)
				}
				time.Sleep(10 * time.Millisecond)
				cost := call(&first)
				more = 100 * (cost/call(&second) - 1)
				time.Sleep(10 * time.Millisecond)
				call(&rested)
			}
			b.ReportMetric(middle(first), "first-µs")
			b.ReportMetric(middle(second), "second-µs")
			b.ReportMetric(middle(rested), "rested-µs")
			b.ReportMetric(more, "%-more-work")
		})
	}
}

func middle(took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[len(took)/2].Nanoseconds()) / 1000
}

// BenchmarkIdle prints what an idle plugin takes: for each instance, memory that it has touched, and beside that what it has
// of Go's heap.
//
//	go test ./gateway/wasm -run '^$' -bench Idle -benchtime 1x
func BenchmarkIdle(b *testing.B) {
	const plugins = 12
	for _, g := range []struct {
		name string
		open func(*Host) *Module
	}{
		{"go", func(h *Host) *Module { return load(b, h, "go", goGuest(b)) }},
		{"wat", func(h *Host) *Module { return load(b, h, "wat", testdata(b, "work.wasm")) }},
		{"script", func(h *Host) *Module { return loadScript(b, h, "script", string(example(b, "ziwo-calls"))) }},
	} {
		b.Run(g.name, func(b *testing.B) {
			h := openHost(b, HostOptions{CacheDir: cacheDir(), Limits: patient})
			m := g.open(h)
			var all, heap float64
			for b.Loop() {
				before, heapBefore := settled(b)
				for range plugins {
					openModule(b, m, PluginOptions{Config: []byte(`{"account":"acme"}`), Ready: 2})
				}
				after, heapAfter := settled(b)
				all, heap = float64(after-before)/plugins/2, float64(heapAfter-heapBefore)/plugins/2
			}
			b.ReportMetric(all/1024, "KiB/instance")
			b.ReportMetric(heap/1024, "KiB-heap/instance")
		})
	}
}

// settled gives the process' memory and Go's heap after a collection.
func settled(b *testing.B) (all, heap int64) {
	b.Helper()
	var m runtime.MemStats
	debug.FreeOSMemory()
	debug.FreeOSMemory() // what the first one's finalizers let go of
	runtime.ReadMemStats(&m)
	return resident(b), int64(m.HeapAlloc)
}

// TestLazyPluginsShareMemory: of many lazy plugins, tried or called one after the other, no more instances are kept than the
// host has memory for, those called last; a plugin whose instance was let go makes another. And no more than so many run at once.
func TestLazyPluginsShareMemory(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := openHost(t, HostOptions{Metrics: metrics.New(registry), Limits: patient, LazyMemory: 3 * (perInstance + 2*pageSize)})
	instances := func() float64 { return gather(t, registry)["plugboard_plugin_instances driver"] }
	m := load(t, h, "driver", testdata(t, "driver.wasm"))
	var all []Plugin
	for range 10 {
		all = append(all, openModule(t, m, PluginOptions{Lazy: true}))
	}
	if n := instances(); n != 3 {
		t.Errorf("%v instances were kept of those tried, want 3", n)
	}
	call := func(p Plugin) {
		t.Helper()
		if _, err := p.Call(t.Context(), Receive, Input{Body: drive("fact", "source", 1024, 1), Facts: fixed{}}); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		for _, p := range all {
			call(p)
		}
	}
	if n := instances(); n != 3 {
		t.Errorf("%v instances were kept of those called, want 3", n)
	}
	made := all[9].(*plugin).idle[0]
	if call(all[9]); all[9].(*plugin).idle[0] != made {
		t.Error("the one called last was not kept")
	}
	var gates []gate
	var ends []chan error
	for range cap(h.crowd.running) {
		g, ended := held(t, all[0])
		gates, ends = append(gates, g), append(ends, ended)
		all = all[1:]
		all = append(all, openModule(t, m, PluginOptions{Lazy: true, Tried: true}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all[0].Call(ctx, Receive, Input{Body: drive("fact", "source", 1024, 1), Facts: fixed{}}); err == nil {
		t.Error("one more ran")
	}
	for i := range gates {
		close(gates[i].leave)
		if err := <-ends[i]; err != nil {
			t.Error(err)
		}
	}
	for _, p := range all {
		_ = p.Close(context.Background())
	}
	if h.crowd.held > h.crowd.most {
		t.Errorf("%d bytes are held", h.crowd.held)
	}
}
