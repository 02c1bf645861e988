package wasm

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plugboard/plugboard/gateway/metrics"
)

func TestCallsSideBySide(t *testing.T) {
	h := openHost(t, HostOptions{Limits: patient})
	p := open(t, h, "hostile", PluginOptions{Instances: 3})
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			for n := range 200 {
				text := "e" + strconv.Itoa(i*1000+n)
				if n%50 == 49 {
					text = "u"
				}
				out, err := p.Call(t.Context(), Receive, Input{Body: []byte(text)})
				if text == "u" {
					fails(t, err)
				} else if err != nil || string(out.Body) != text {
					t.Errorf("%s gave %q, %v", text, out.Body, err)
				}
			}
		})
	}
	running.Wait()
}

// gate is Facts that a call waits in, so that a test can hold it.
type gate struct{ entered, leave chan struct{} }

func newGate() gate { return gate{make(chan struct{}), make(chan struct{})} }

func (g gate) Fact(string) ([]byte, bool) {
	g.entered <- struct{}{}
	<-g.leave
	return []byte("through"), true
}

// held starts a call that stays inside until its gate is left.
func held(t *testing.T, p Plugin) (gate, chan error) {
	g, ended := newGate(), make(chan error, 1)
	go func() {
		_, err := p.Call(context.WithoutCancel(t.Context()), Receive, Input{Body: drive("fact", "x", 1024, 9), Facts: g})
		ended <- err
	}()
	<-g.entered
	return g, ended
}

func TestCloseWaitsForRunningCalls(t *testing.T) {
	p, err := load(t, openHost(t, HostOptions{Limits: patient}), "driver", testdata(t, "driver.wasm")).New(t.Context(), PluginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g, ended := held(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a Close without patience gave %v", err)
	}
	if _, err := p.Call(t.Context(), Receive, Input{}); failureOf(t, err).Kind != Stopped {
		t.Errorf("a call after Close gave %v", err)
	}
	close(g.leave)
	if err := <-ended; err != nil {
		t.Errorf("the call that ran gave %v", err)
	}
	for range 2 {
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A reload makes the new plugin while the old one runs; calls of the old one end as they began.
func TestOldVersionEndsItsCallsAfterASwap(t *testing.T) {
	h := openHost(t, HostOptions{Limits: patient})
	m := load(t, h, "driver", testdata(t, "driver.wasm"))
	old, err := m.New(t.Context(), PluginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g, ended := held(t, old)
	m2 := load(t, h, "driver", testdata(t, "driver.wasm"))
	next := openModule(t, m2, PluginOptions{})
	closed := make(chan error)
	go func() { closed <- errors.Join(old.Close(context.Background()), m.Close(context.Background())) }()
	must(t, next, Receive, string(drive("input_size")))
	close(g.leave)
	if err := errors.Join(<-ended, <-closed); err != nil {
		t.Error(err)
	}
	must(t, next, Receive, string(drive("input_size")))
}

func TestWaitForAnInstanceEndsWithTheCaller(t *testing.T) {
	p := openDriver(t, PluginOptions{Instances: 1})
	g, ended := held(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := p.Call(ctx, Receive, Input{})
	if e := failureOf(t, err); e.Kind != Stopped || !strings.Contains(e.Reason, "all 1 instances were busy") {
		t.Errorf("got %v", err)
	}
	close(g.leave)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestCallEndsWithItsCaller(t *testing.T) {
	p := open(t, openHost(t, HostOptions{Limits: patient}), "hostile", PluginOptions{})
	for _, letter := range []string{"l", "s"} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := p.Call(ctx, Receive, Input{Body: []byte(letter)})
		cancel()
		if e := failureOf(t, err); e.Kind != Stopped || !strings.Contains(e.Reason, "the caller gave up") {
			t.Errorf("%q: got %v", letter, err)
		}
	}
}

func TestUnsupportedFunction(t *testing.T) {
	p := openDriver(t, PluginOptions{})
	_, err := p.Call(t.Context(), Judge, Input{})
	if e := failureOf(t, err); e.Kind != Unsupported || e.Error() != "plugin driver, judge: unsupported: it does not export judge" {
		t.Errorf("got %v", err)
	}
}

// A panic in what the gateway offers a plugin is the host's fault, but still only that call's.
func TestPanicInAFactFailsTheCallOnly(t *testing.T) {
	p := openDriver(t, PluginOptions{})
	_, err := p.Call(t.Context(), Receive, Input{Body: drive("fact", "x", 1024, 9), Facts: faulty{}})
	if e := failureOf(t, err); e.Kind != Trapped || !strings.Contains(e.Reason, "out of facts") {
		t.Errorf("got %v", err)
	}
	must(t, p, Receive, string(drive("input_size")))
}

type faulty struct{}

func (faulty) Fact(string) ([]byte, bool) { panic("out of facts") }

func TestFullInstanceIsRetired(t *testing.T) {
	h := openHost(t, HostOptions{Limits: Limits{Deadline: patient.Deadline, Memory: 2 * pageSize}})
	p := open(t, h, "hostile", PluginOptions{Instances: 1, Ready: 1}) // it starts with all it may have
	for range retireFull {
		must(t, p, Receive, "e")
	}
	if got := must(t, p, Receive, "#").Body[0]; got != 1 {
		t.Errorf("the instance had served %d calls", got)
	}
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := openHost(t, HostOptions{Metrics: metrics.New(registry), Limits: patient})
	p, err := load(t, h, "it", testdata(t, "hostile.wasm")).New(t.Context(), PluginOptions{Instances: 1, Ready: 1})
	if err != nil {
		t.Fatal(err)
	}
	must(t, p, Receive, "e")
	_, _ = p.Call(t.Context(), Receive, Input{Body: []byte("u")})
	_, _ = p.Call(t.Context(), Receive, Input{Body: []byte{1}})
	_, _ = p.Call(t.Context(), Judge, Input{})
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	got := gather(t, registry)
	for name, want := range map[string]float64{
		"plugboard_plugin_failures_total trapped it": 1, "plugboard_plugin_failures_total rejected it": 1,
		"plugboard_plugin_failures_total unsupported it": 1, "plugboard_plugin_failures_total refused it": 0,
		"plugboard_plugin_call_duration_seconds receive it": 3, "plugboard_plugin_instances it": 0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, %v; want %v", name, v, ok, want)
		}
	}
}

// gather reads all metrics: counts of histograms, values of the others, by name and the labels' values.
func gather(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			values[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return values
}

func TestCallAllocatesItsOutputOnly(t *testing.T) {
	p := openDriver(t, PluginOptions{Tables: fixed{}, State: fixed{}})
	for _, in := range [][]byte{drive("fact", "source", 1024, 99), drive("lookup", "a", "b", 1024, 99), drive("state_get", "a", 1024, 99)} {
		ctx, input := t.Context(), Input{Body: in, Facts: fixed{}}
		call := func() {
			if _, err := p.Call(ctx, Receive, input); err != nil {
				t.Fatal(err)
			}
		}
		call()
		if got := testing.AllocsPerRun(200, call); got > 1 {
			t.Errorf("%v allocations a call", got)
		}
	}
}

func TestInputFieldDoesNotAllocate(t *testing.T) {
	p := openDriver(t, PluginOptions{}).(*plugin)
	c, in := call{plugin: p}, Input{Body: vendorEvent}
	read := func() {
		c.begin(t.Context(), Receive, in, time.Second)
		if got, ok := c.field("detail.current_state", true); !ok || string(got) != "away" {
			t.Errorf("got %q, %v", got, ok)
		}
		c.end()
	}
	read()
	if got := testing.AllocsPerRun(200, read); got > 0 {
		t.Errorf("%v allocations a call", got)
	}
}

type fixed struct{}

var value = []byte("value")

func (fixed) Fact(string) ([]byte, bool)           { return value, true }
func (fixed) Lookup(string, string) ([]byte, bool) { return value, true }
func (fixed) Get(string) ([]byte, bool)            { return value, true }
