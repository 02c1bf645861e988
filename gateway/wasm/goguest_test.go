package wasm

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func openGo(t testing.TB, limits Limits) Plugin {
	t.Helper()
	h := openHost(t, HostOptions{CacheDir: cacheDir(), Limits: limits})
	return openModule(t, load(t, h, "go", goGuest(t)), PluginOptions{Instances: 2})
}

func TestGoGuestWorks(t *testing.T) {
	p := openGo(t, patient)
	out := must(t, p, Receive, string(vendorEvent))
	for _, want := range []string{`"agent_id":8447388090494`, `"current_state":"away"`} {
		if !strings.Contains(string(out.Body), want) {
			t.Errorf("receive gave %s", out.Body)
		}
	}
	if out.Cost == 0 {
		t.Error("the call cost nothing")
	}
	if out = must(t, p, Transform, string(vendorEvent)); !strings.Contains(string(out.Body), `"current_state":"away"`) {
		t.Errorf("transform gave %s", out.Body)
	}
	for range 2000 { // 200 MB of garbage: the guest's collector must be at work
		must(t, p, Judge, "")
	}
}

func TestGoGuestReachesNothing(t *testing.T) {
	p := openGo(t, patient)
	if got := string(must(t, p, Format, "files").Body); got != "true false 0" {
		t.Errorf("reading a file, PATH and the environment gave %s", got)
	}
	got, err := strconv.ParseInt(string(must(t, p, Format, "clock").Body), 10, 64)
	if off := time.Since(time.Unix(0, got)); err != nil || off < 0 || off > time.Minute {
		t.Errorf("its clock is %v off, %v", off, err)
	}
	must(t, p, Format, "nap")
	log := must(t, p, Format, "print").Log
	want := []LogLine{{2, "to standard error\nto standard output"}, {3, "by the import"}}
	if !slices.Equal(log, want) {
		t.Errorf("log %v, want %v", log, want)
	}
}

func TestGoGuestFails(t *testing.T) {
	p := openGo(t, Limits{Deadline: 500 * time.Millisecond})
	for _, tt := range []struct {
		what   string
		kind   Kind
		reason string
	}{
		{"panic", Trapped, "panic: the guest's own words"},
		{"nil", Trapped, "panic: runtime error: invalid memory address or nil pointer dereference"},
		{"exit", Trapped, "exit status 7"},
		{"loop", Limited, "it ran longer than 500ms"},
		{"sleep", Limited, "it ran longer than 500ms"},
		{"recurse", Limited, ""}, // by the guest's own stack in its memory, or by ours
	} {
		t.Run(tt.what, func(t *testing.T) {
			_, err := p.Call(t.Context(), Format, Input{Body: []byte(tt.what)})
			e := failureOf(t, err)
			if tt.what == "recurse" && e.Kind == Trapped {
				e.Kind = Limited
			}
			if e.Kind != tt.kind || !strings.Contains(e.Reason, tt.reason) {
				t.Errorf("got %v: %q, want %v: …%s…", e.Kind, e.Reason, tt.kind, tt.reason)
			}
			t.Log(e)
			if got := string(must(t, p, Format, "again").Body); got != "again" {
				t.Errorf("the next call gave %q", got)
			}
		})
	}
}

func TestPanicStandsInTheLog(t *testing.T) {
	p := openGo(t, patient)
	out, err := p.Call(t.Context(), Format, Input{Body: []byte("panic")})
	fails(t, err)
	if len(out.Log) != 1 || !strings.HasPrefix(out.Log[0].Message, "panic: the guest's own words\n") {
		t.Errorf("log %v", out.Log)
	}
}

// A rewritten guest must do what it did before.
func TestRewritingKeepsBehaviour(t *testing.T) {
	for _, tt := range []struct {
		name string
		wasm []byte
		fn   Function
		in   []string
	}{
		{"work", testdata(t, "work.wasm"), Receive, []string{"\x00\x00\x00\x00", "\x02\x00\x00\x00", "\x10\x27\x00\x00"}},
		{"scanner", goGuest(t), Receive, []string{string(vendorEvent), "", "{}"}},
		{"encoding/json", goGuest(t), Transform, []string{string(vendorEvent), "{}", `{"detail":{"agent_id":-1}}`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plain := openModule(t, load(t, openHost(t, HostOptions{CacheDir: cacheDir(), Limits: patient}, unbounded), "plain", tt.wasm), PluginOptions{Instances: 1})
			counted := openModule(t, load(t, openHost(t, HostOptions{CacheDir: cacheDir(), Limits: patient}), "counted", tt.wasm), PluginOptions{Instances: 1})
			for _, in := range tt.in {
				want, got := must(t, plain, tt.fn, in), must(t, counted, tt.fn, in)
				if string(want.Body) != string(got.Body) || len(want.Body) == 0 {
					t.Errorf("%q: before %q, after %q", in, want.Body, got.Body)
				}
			}
		})
	}
}

// The cost of the same call is the same number wherever it runs.
func TestCostIsANumberOfItsOwn(t *testing.T) {
	p := open(t, openHost(t, HostOptions{Limits: patient}), "work", PluginOptions{})
	small, large := must(t, p, Receive, "\x64\x00\x00\x00").Cost, must(t, p, Receive, "\xe8\x03\x00\x00").Cost
	if small == 0 || large < 10*small {
		t.Errorf("100 numbers cost %d, 1,000 cost %d", small, large)
	}
	for range 3 {
		if again := must(t, p, Receive, "\xe8\x03\x00\x00").Cost; again != large {
			t.Errorf("the same call cost %d and %d", large, again)
		}
	}
	limited := openModule(t, load(t, openHost(t, HostOptions{Limits: patient}), "work", testdata(t, "work.wasm")), PluginOptions{Limits: Limits{Cost: 100_000}})
	if got := must(t, limited, Receive, "\xe8\x03\x00\x00").Cost; got != large {
		t.Errorf("under a limit the call cost %d, without %d", got, large)
	}
	_, err := limited.Call(t.Context(), Receive, Input{Body: []byte("\x40\x42\x0f\x00")})
	if e := failureOf(t, err); e.Kind != Limited || e.Reason != "it did more work than 100000 counts" {
		t.Errorf("got %v", err)
	}
}
