package wasm

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// hostCalls are the imports by the numbers that driver.wat gives them, with how many arguments each takes and which of
// them are a pointer and, right after it, a length.
var hostCalls = []struct {
	name     string
	args     int
	pointers []int
}{
	{"input_size", 0, nil},
	{"input_read", 3, []int{0}}, // dst, offset, n
	{"input_field", 5, []int{0, 3}},
	{"output_write", 2, []int{0}},
	{"fact", 4, []int{0, 2}},
	{"lookup", 6, []int{0, 2, 4}},
	{"state_get", 4, []int{0, 2}},
	{"state_set", 5, []int{0, 2}},
	{"sign", 7, []int{0, 3, 5}},
	{"log", 3, []int{1}},
	{"stop", 3, []int{1}},
	{"args_get", 2, nil}, // there are none to write
	{"args_sizes_get", 2, []int{0, 1}},
	{"environ_get", 2, nil},
	{"environ_sizes_get", 2, []int{0, 1}},
	{"clock_res_get", 2, []int{1}},
	{"clock_time_get", 3, []int{2}},
	{"fd_fdstat_get", 2, []int{1}},
	{"fd_filestat_get", 2, []int{1}},
	{"fd_read", 4, []int{1, 3}},
	{"fd_write", 4, []int{1, 3}},
	{"poll_oneoff", 4, []int{0, 1, 3}},
	{"random_get", 2, []int{0}},
	{"fd_close", 1, nil},
	{"fd_seek", 4, nil},
	{"path_open", 9, nil},
	{"sched_yield", 0, nil},
	{"input_tape", 3, []int{1}}, // format, dst, cap
	{"json_valid", 2, []int{0}},
	{"output_build", 4, []int{1}}, // format, steps, count, last
	{"output_has", 3, []int{1}},   // object, path
}

// dataAt is where the driver finds what follows the arguments.
const dataAt = 40

// drive is the input that makes the driver call an import. Arguments are int; a string is put into memory and stands for
// its place and length.
func drive(name string, args ...any) []byte {
	number := slices.IndexFunc(hostCalls, func(c struct {
		name     string
		args     int
		pointers []int
	}) bool {
		return c.name == name
	})
	in, data := binary.LittleEndian.AppendUint32(nil, uint32(number)), []byte(nil)
	for _, a := range args {
		switch a := a.(type) {
		case int:
			in = binary.LittleEndian.AppendUint32(in, uint32(a))
		case string:
			in = binary.LittleEndian.AppendUint32(in, uint32(dataAt+len(data)))
			in = binary.LittleEndian.AppendUint32(in, uint32(len(a)))
			data = append(data, a...)
		}
	}
	return append(append(in, make([]byte, dataAt-len(in))...), data...)
}

// answer reads the driver's output: the call's result, and memory from 1024 on.
func answer(out Output) (int, []byte) {
	n := len(out.Body) - 1028 // what output_write wrote comes first
	return int(int32(binary.LittleEndian.Uint32(out.Body[n:]))), out.Body[n+4:]
}

type world map[string]string

func (w world) Fact(name string) ([]byte, bool)         { return w.get("fact " + name) }
func (w world) Lookup(table, key string) ([]byte, bool) { return w.get(table + " " + key) }
func (w world) Get(key string) ([]byte, bool)           { return w.get("state " + key) }
func (w world) get(key string) ([]byte, bool) {
	v, ok := w[key]
	return []byte(v), ok
}

func (w world) Sign(secret string, algorithm int, data []byte) ([]byte, bool) {
	return fmt.Appendf(nil, "%s/%d/%s", secret, algorithm, data), secret == "granted"
}

var someWorld = world{"fact source": "zendesk", "agents 7": "Ada", "state last": "online"}

func openDriver(t testing.TB, options PluginOptions) Plugin {
	return open(t, openHost(t, HostOptions{Limits: patient}), "driver", options)
}

func TestHostFunctionsAnswer(t *testing.T) {
	p := openDriver(t, PluginOptions{Config: []byte(`{"a":1}`), Tables: someWorld, State: someWorld, Signer: someWorld})
	at := 1024
	for _, tt := range []struct {
		name string
		in   []byte
		want int
		copy string
	}{
		{"input size", drive("input_size", "x"), dataAt + 1, ""},
		{"input in part", drive("input_read", at, 2+dataAt, 3, 0, "..abcd"), 3, "abc"},
		{"input at its end", drive("input_read", at, dataAt+1, 3, 0, "."), 0, ""},
		{"input past its end", drive("input_read", at, 1<<30, 3), 0, ""},
		{"input longer than it is", drive("input_read", at, dataAt, 900, 0, "ab"), 2, "ab"},
		{"tape of what is no JSON", drive("input_tape", 1, at, 900), -1, "\x00"},
		{"JSON", drive("json_valid", `{"a":[1,"b"]}`), 1, ""},
		{"no JSON", drive("json_valid", `{"a":[1,"b"}`), 0, ""},
		{"something set in nothing", drive("output_has", 0, "a"), 0, ""},
		{"fact", drive("fact", "source", at, 100), 7, "zendesk"},
		{"fact with exact room", drive("fact", "source", at, 7), 7, "zendesk"},
		{"fact without room", drive("fact", "source", at, 6), 7, "\x00"},
		{"fact with no buffer", drive("fact", "source", 0, 0), 7, "\x00"},
		{"fact that is absent", drive("fact", "route", at, 9), -1, "\x00"},
		{"configuration", drive("fact", "config", at, 100), 7, `{"a":1}`},
		{"function", drive("fact", "function", at, 100), 7, "receive"},
		{"lookup", drive("lookup", "agents", "7", at, 9), 3, "Ada"},
		{"lookup in vain", drive("lookup", "agents", "8", at, 9), -1, "\x00"},
		{"state", drive("state_get", "last", at, 9), 6, "online"},
		{"state that is absent", drive("state_get", "first", at, 9), -1, "\x00"},
		{"signature", drive("sign", "granted", 1, "text", at, 99), 14, "granted/1/text"},
		{"signature that is not granted", drive("sign", "other", 1, "text", at, 99), -1, "\x00"},
		{"arguments", drive("args_sizes_get", at, at+4), 0, "\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"environment", drive("environ_sizes_get", at, at+4), 0, "\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"resolution of clocks", drive("clock_res_get", 1, at), 0, "\x01"},
		{"unknown clock", drive("clock_time_get", 9, 0, at), wasiInvalid, "\x00"},
		{"status of a stream", drive("fd_fdstat_get", 1, at), 0, "\x00"},
		{"status of a file", drive("fd_fdstat_get", 3, at), wasiBadFile, "\x00"},
		{"attributes of a file", drive("fd_filestat_get", 3, at), wasiBadFile, "\x00"},
		{"closing a stream", drive("fd_close", 2), 0, ""},
		{"closing a file", drive("fd_close", 3), wasiBadFile, ""},
		{"seeking", drive("fd_seek", 1), wasiSeekOnPipe, ""},
		{"opening", drive("path_open", 3, 0, "/etc/passwd"), wasiBadFile, ""},
		{"reading a file", drive("fd_read", 3, at, 1, at), wasiBadFile, ""},
		{"writing a file", drive("fd_write", 3, at, 1, at), wasiBadFile, ""},
		{"waiting for nothing", drive("poll_oneoff", at, at, 0, at), wasiInvalid, ""},
		{"yielding", drive("sched_yield"), 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := p.Call(t.Context(), Receive, Input{Body: tt.in, Facts: someWorld})
			if err != nil {
				t.Fatal(err)
			}
			if got, memory := answer(out); got != tt.want || !strings.HasPrefix(string(memory), tt.copy) {
				t.Errorf("got %d, %q; want %d, %q", got, memory[:len(tt.copy)], tt.want, tt.copy)
			}
		})
	}
}

// The document is the driver's own input, which begins with its arguments: so the arguments are chosen to be JSON.
func TestInputField(t *testing.T) {
	doc := []byte(`{"id":9007199254740993,"name":"J\u00fcrgen \"J\"","a.b":[true,null,{"c":"d"}],"e":""}`)
	h := openHost(t, HostOptions{Limits: patient})
	p, ok := openModule(t, load(t, h, "driver", testdata(t, "driver.wasm")), PluginOptions{}).(*plugin)
	if !ok {
		t.Fatal("not a *plugin")
	}
	for _, tt := range []struct {
		path   string
		asText bool
		want   string
		ok     bool
	}{
		{"id", true, "9007199254740993", true},
		{"id", false, "9007199254740993", true},
		{"name", true, `Jürgen "J"`, true},
		{"name", false, `"J\u00fcrgen \"J\""`, true},
		{`a\.b.0`, true, "true", true},
		{`a\.b.1`, false, "null", true},
		{`a\.b.1`, true, "", false},
		{`a\.b.2`, true, `{"c":"d"}`, true},
		{`a\.b.2.c`, true, "d", true},
		{`a\.b.3`, true, "", false},
		{"e", true, "", true},
		{"f", false, "", false},
	} {
		c := call{plugin: p}
		c.begin(t.Context(), Receive, Input{Body: doc}, time.Second)
		got, ok := c.field(tt.path, tt.asText)
		if string(got) != tt.want || ok != tt.ok {
			t.Errorf("%s: got %q, %v; want %q, %v", tt.path, got, ok, tt.want, tt.ok)
		}
	}
	for _, in := range [][]byte{drive("input_field", "id", 1, 1024, 9), nil, []byte("{")} {
		c := call{plugin: p}
		c.begin(t.Context(), Receive, Input{Body: in}, time.Second)
		if got, ok := c.field("id", true); ok {
			t.Errorf("%q has a field %q", in, got)
		}
	}
	out := must(t, p, Receive, string(drive("input_field", "id", 1, 1024, 9)))
	if got, _ := answer(out); got != -1 {
		t.Errorf("an input that is no JSON has a field of %d bytes", got)
	}
}

// What the host reads is what the guest would have read itself.
func TestInputTape(t *testing.T) {
	p, ok := openDriver(t, PluginOptions{}).(*plugin)
	if !ok {
		t.Fatal("not a *plugin")
	}
	long := `["` + strings.Repeat("x", pageSize) + `"]`
	for _, tt := range []struct {
		format uint32
		in     string
		nodes  int // -1: absent
	}{
		{jsondoc.TapeFormat, `{"a":[1,"b"],"c\u0064":null}`, 5},
		{jsondoc.TapeFormat, `7`, 1},
		{jsondoc.TapeFormat, `{"a":}`, -1},
		{jsondoc.TapeFormat, ``, -1},
		{jsondoc.TapeFormat, long, -1},
		{jsondoc.TapeFormat + 1, `7`, -1},
	} {
		c := call{plugin: p}
		c.begin(t.Context(), Receive, Input{Body: []byte(tt.in)}, time.Second)
		tape, ok := c.tape(tt.format)
		if ok != (tt.nodes >= 0) || ok && len(tape) != tt.nodes*jsondoc.NodeSize {
			t.Errorf("%.20s: a tape of %d bytes, %v; want %d nodes", tt.in, len(tape), ok, tt.nodes)
		}
		var d jsondoc.Doc
		if ok && (copy(d.Room(tt.nodes), tape) != len(tape) || !d.Adopt([]byte(tt.in), len(tape)) || string(d.Root().Raw()) != tt.in) {
			t.Errorf("%s came over as %s", tt.in, d.Root().Raw())
		}
	}
}

func TestWhatACallLeaves(t *testing.T) {
	p := openDriver(t, PluginOptions{State: someWorld})
	out := must(t, p, Receive, string(drive("log", 9, "a line\xff")))
	if want := []LogLine{{3, "a line\uFFFD"}}; !slices.Equal(out.Log, want) {
		t.Errorf("log %v, want %v", out.Log, want)
	}
	out = must(t, p, Receive, string(drive("state_set", "key", "value", 60)))
	if len(out.State) != 1 || out.State[0].Key != "key" || string(out.State[0].Value) != "value" || out.State[0].TTL != time.Minute {
		t.Errorf("state %+v", out.State)
	}
	out = must(t, p, Receive, string(drive("state_set", "key", "", 0)))
	if len(out.State) != 1 || out.State[0].Value != nil || out.State[0].TTL != 0 {
		t.Errorf("state %+v", out.State)
	}
	earlier := []StateWrite{{Key: "last", Value: []byte("away")}, {Key: "gone", Value: []byte("x")}, {Key: "gone"}}
	for key, want := range map[string]int{"last": 4, "gone": -1, "first": -1} {
		out, err := p.Call(t.Context(), Receive, Input{Body: drive("state_get", key, 1024, 9), Pending: earlier})
		if got, _ := answer(out); err != nil || got != want {
			t.Errorf("after what an earlier call wrote, %s has %d bytes, %v; want %d", key, got, err, want)
		}
	}
	out = must(t, p, Receive, string(drive("output_write", "first")))
	if !strings.HasPrefix(string(out.Body), "first") {
		t.Errorf("output %q", out.Body)
	}
	if out.Log != nil || out.State != nil {
		t.Errorf("an earlier call left log %v and state %v", out.Log, out.State)
	}
}

func TestHostFunctionsRefuse(t *testing.T) {
	small := Limits{Deadline: patient.Deadline, State: 10, Output: 40, Log: 20}
	with := PluginOptions{State: someWorld, Signer: someWorld, Limits: small}
	for _, tt := range []struct {
		name    string
		in      []byte
		options PluginOptions
		kind    Kind
		reason  string
	}{
		{"state without memory", drive("state_set", "k", "v", 0), PluginOptions{}, Trapped, "gives this plugin no memory"},
		{"signature without secrets", drive("sign", "k", 0, "v", 1024, 64), PluginOptions{}, Trapped, "grants this plugin no secret"},
		{"large value", drive("state_set", "k", "eleven bytes", 0), with, Limited, "a value of more than 10 bytes"},
		{"large key", drive("state_set", strings.Repeat("k", 41), "v", 0), with, Limited, "more than 40 bytes in one call"},
		{"large text to sign", drive("sign", "granted", 0, strings.Repeat("k", 41), 1024, 64), with, Limited, "more than 40 bytes to sign"},
		{"long name", drive("fact", 0, maxName+1, 0, 0), with, Limited, "a name of more than 4 KiB"},
		{"long line", drive("log", 1, strings.Repeat("k", 21)), with, Limited, "logged more than 20 bytes"},
		{"long reason", drive("stop", 1, strings.Repeat("k", 21)), with, Limited, "logged more than 20 bytes"},
		{"many waits", drive("poll_oneoff", 0, 0, maxName+1, 0), with, Limited, "subscriptions"},
		{"no reason", drive("stop", 1, ""), PluginOptions{}, Rejected, "it gave no reason"},
		{"reason that is not text", drive("stop", 1, "\xff"), PluginOptions{}, Rejected, "\uFFFD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := openDriver(t, tt.options).Call(t.Context(), Receive, Input{Body: tt.in})
			if e := failureOf(t, err); e.Kind != tt.kind || !strings.Contains(e.Reason, tt.reason) {
				t.Errorf("got %v: %q, want %v: …%s…", e.Kind, e.Reason, tt.kind, tt.reason)
			}
		})
	}
}

// Each pointer of each import is pointed outside memory in several ways, the others being good.
func TestPointersOutsideMemoryTrapTheCall(t *testing.T) {
	p := openDriver(t, PluginOptions{Tables: someWorld, State: someWorld, Signer: someWorld})
	for _, c := range hostCalls {
		for _, at := range c.pointers {
			for _, bad := range []int{65536 + 64, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
				args := make([]any, c.args)
				for i := range args {
					args[i] = 1
				}
				switch c.name {
				case "poll_oneoff", "clock_time_get", "fd_read":
					args[0] = 0
				}
				args[at] = bad
				_, err := p.Call(t.Context(), Receive, Input{Body: drive(c.name, args...), Facts: someWorld})
				if err == nil {
					t.Errorf("%s with argument %d of %d went well", c.name, at, bad)
					continue
				}
				if e := failureOf(t, err); e.Kind != Trapped || !strings.Contains(e.Reason, "outside its memory of 65536 bytes") {
					t.Errorf("%s with argument %d of %d: %v", c.name, at, bad, err)
				}
			}
		}
	}
	if got, _ := answer(must(t, p, Receive, string(drive("input_size")))); got != dataAt {
		t.Errorf("afterwards the input has %d bytes", got)
	}
}

// FuzzHostCalls: whatever a guest passes, the call ends well or as an *Error, and never by a panic of the host.
func FuzzHostCalls(f *testing.F) {
	for i, c := range hostCalls {
		args := make([]any, c.args)
		for j := range args {
			args[j] = 1024 + 8*j + i
		}
		f.Add(drive(c.name, args...))
	}
	h := openHost(f, HostOptions{Limits: Limits{Deadline: 100 * time.Millisecond}})
	p, err := load(f, h, "driver", testdata(f, "driver.wasm")).New(f.Context(), PluginOptions{Tables: someWorld, State: someWorld, Signer: someWorld})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		_, err := p.Call(context.Background(), Format, Input{Body: in, Facts: someWorld})
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
		if e != nil && (e.Kind == 0 || e.Reason == "" || strings.Contains(e.Reason, "nil pointer") || strings.Contains(e.Reason, "runtime error")) {
			t.Errorf("kind %v, reason %q", e.Kind, e.Reason)
		}
	})
}
