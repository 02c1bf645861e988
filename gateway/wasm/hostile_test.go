package wasm

import (
	"encoding/binary"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// hostile lists what the plugin hostile does by letter, and how the call must end.
var hostile = []struct {
	letter, what string
	kind         Kind
	reason       string
}{
	{"l", "endless loop", Limited, "it ran longer than 200ms"},
	{"r", "recursion", Limited, "deeper than 1 MiB of stack"},
	{"i", "indirect recursion", Limited, "deeper than 1 MiB of stack"},
	{"2", "recursion of two functions", Limited, "deeper than 1 MiB of stack"},
	{"w", "recursion with wide frames", Limited, "deeper than 1 MiB of stack"},
	{"m", "all memory", Trapped, "unreachable"},
	{"M", "flood of memory.grow", Limited, "it ran longer than 200ms"},
	{"t", "table growth", Trapped, "unreachable"},
	{"f", "endless fill", Limited, "it ran longer than 200ms"},
	{"c", "endless copy", Limited, "it ran longer than 200ms"},
	{"o", "endless output", Limited, "more than 1 MiB of output"},
	{"h", "flood of host calls", Limited, "called the host more than 10000 times"},
	{"g", "flood of log", Limited, "logged more than 64 KiB"},
	{"E", "flood of standard error", Limited, "logged more than 64 KiB"},
	{"R", "flood of random numbers", Limited, "it ran longer than 200ms"},
	{"s", "sleep", Limited, "it ran longer than 200ms"},
	{"u", "unreachable", Trapped, "unreachable"},
	{"d", "division by zero", Trapped, "integer divide by zero"},
	{"b", "out of bounds", Trapped, "out of bounds memory access"},
	{"n", "null function", Trapped, "invalid table access"},
	{"x", "exit", Trapped, "exit status 3"},
	{"p", "panic", Trapped, "unreachable: panic: out of cheese"},
	{"9", "status", Trapped, "answered 9 and did not say why"},
	{"S", "wrong stop", Trapped, "stop: 7 is none of"},
	{"\x01", "reject", Rejected, "so says the plugin"},
	{"\x02", "drop", Dropped, "so says the plugin"},
	{"\x03", "retry", RetryLater, "so says the plugin"},
	{"\x04", "fail", GaveUp, "so says the plugin"},
}

// The deadline is longer than the default so that a busy machine does not end by time what a limit should end.
var hostileLimits = Limits{Deadline: 200 * time.Millisecond}

func TestHostilePluginFailsItsOwnCall(t *testing.T) {
	h := openHost(t, HostOptions{Limits: hostileLimits})
	p := open(t, h, "hostile", PluginOptions{Instances: 2})
	for _, tt := range hostile {
		t.Run(tt.what, func(t *testing.T) {
			out, err := p.Call(t.Context(), Receive, Input{Body: []byte(tt.letter)})
			e := failureOf(t, err)
			if e.Kind != tt.kind || !strings.Contains(e.Reason, tt.reason) {
				t.Errorf("got %v: %q, want %v: …%s…", e.Kind, e.Reason, tt.kind, tt.reason)
			}
			if e.Plugin != "hostile" || e.Function != "receive" {
				t.Errorf("the error names %q, %q", e.Plugin, e.Function)
			}
			if out.Body != nil || out.State != nil {
				t.Errorf("a failed call gave output %q and state %v", out.Body, out.State)
			}
			if got := string(must(t, p, Receive, "echo").Body); got != "echo" {
				t.Errorf("the next call gave %q", got)
			}
		})
	}
}

// A broken instance must not serve again; one that ended a call by its own word may.
func TestInstanceIsThrownAwayAfterTrapOnly(t *testing.T) {
	h := openHost(t, HostOptions{Limits: patient})
	for _, tt := range []struct {
		letter string
		want   uint32 // calls that the instance of the third call has served
	}{{"e", 3}, {"\x01", 3}, {"u", 1}, {"x", 1}, {"o", 1}, {"9", 1}} {
		p := open(t, h, "hostile", PluginOptions{Instances: 1, Ready: 1})
		must(t, p, Receive, "e")
		_, _ = p.Call(t.Context(), Receive, Input{Body: []byte(tt.letter)})
		got := binary.LittleEndian.Uint32(must(t, p, Receive, "#").Body)
		if got != tt.want {
			t.Errorf("after %q the instance had served %d calls, want %d", tt.letter, got, tt.want)
		}
	}
}

// While guests loop, Go's collector must go on and other plugins must be served.
func TestCollectorAndOthersGoOnBesideEndlessLoops(t *testing.T) {
	h := openHost(t, HostOptions{Limits: Limits{Deadline: time.Second}})
	bad := open(t, h, "hostile", PluginOptions{Limits: Limits{Deadline: 300 * time.Millisecond}})
	good := open(t, h, "work", PluginOptions{})
	want := string(must(t, good, Receive, "\xe8\x03\x00\x00").Body)
	for _, letter := range []string{"l", "f", "M"} {
		var running sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			running.Go(func() {
				if _, err := bad.Call(t.Context(), Receive, Input{Body: []byte(letter)}); err == nil {
					t.Errorf("%q ended well", letter)
				}
			})
		}
		ended := make(chan struct{})
		go func() { running.Wait(); close(ended) }()
		collections := 0
		for done := false; !done; collections++ {
			runtime.GC()
			if got := must(t, good, Receive, "\xe8\x03\x00\x00").Body; len(got) != len(want) {
				t.Errorf("the good plugin gave %q", got)
			}
			select {
			case <-ended:
				done = true
			default:
			}
		}
		if collections < 2 {
			t.Errorf("%q: %d collections in the time of a deadline", letter, collections)
		}
	}
}
