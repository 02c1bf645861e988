package wasm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk/likeness"
)

// openScript makes a plugin of a script named acme.js.
func openScript(t testing.TB, source string, options PluginOptions) Plugin {
	t.Helper()
	return openModule(t, loadScript(t, scriptHost(t), "acme", source), options)
}

// TestScriptMistakes shows what the author of a script is told: where, and what JavaScript says.
func TestScriptMistakes(t *testing.T) {
	h := scriptHost(t)
	for _, c := range []struct{ name, source, want string }{
		{"syntax", "export function receive() {\n  return 1 +;\n}", "acme.js:2:13: SyntaxError: unexpected token in expression: ';'"},
		{"no function", "export function receives() {}", "it exports none of receive, transform, format, judge, encode"},
		{"not a script", "\x00asm\x01\x00\x00\x00", "acme.js:1:"},
		{"empty", "", "it exports none of receive"},
		{"other module", `import fs from "fs"; export function receive() {}`, `it imports "fs"; a script may import "plugboard" only`},
		{"host module", `import { log } from "plugboard:host"; export function receive() {}`, `it imports "plugboard:host"; a script may import "plugboard" only`},
		{"no such word", `import { rejekt } from "plugboard"; export function receive() {}`, "SyntaxError: Could not find export 'rejekt' in module 'plugboard'"},
		{"too deep", "export function receive() { return " + strings.Repeat("(", 100000) + " }", "acme.js:1:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := h.LoadScript(t.Context(), "acme", []byte(c.source))
			e := failureOf(t, err)
			if e.Kind != Refused || !strings.Contains(e.Reason, c.want) {
				t.Errorf("%v: %q\nwant a refusal that has %q", e.Kind, e.Reason, c.want)
			}
		})
	}
}

// TestScriptRefusesItsConfiguration: what goes wrong before the first call refuses the configuration.
func TestScriptRefusesItsConfiguration(t *testing.T) {
	h := scriptHost(t)
	for _, c := range []struct{ name, source, want string }{
		{"init says so", `import { fail } from "plugboard"; export function init() { throw fail("config.account is missing") } export function receive() {}`, "config.account is missing"},
		{"init fails", "export function init() {\n  null.x\n}\nexport function receive() {}", "acme.js:2:"},
		{"the script itself fails", "import { config } from \"plugboard\";\nconst x = config.a.b;\nexport function receive() {}", "acme.js:2:19: TypeError: cannot read property 'b' of undefined"},
		{"no function", "export const receive = 1;", "TypeError: it exports receive, which is no function"},
		{"waits for nothing", "await new Promise(() => {});\nexport function receive() {}", "it waits for a promise that nothing will settle"},
		{"a template that cannot be safe", "import { template } from \"plugboard\";\nconst t = template(\"<{{x}}/>\", \"xml\");\nexport function receive() {}",
			"acme.js:2:19: Error: template: line 1, column 2: inside a tag a value can only stand in an attribute's quotes"},
		{"a key that there is not", `import { decodeConfig } from "plugboard"; export function init() { decodeConfig({ y: 1 }) } export function receive() {}`, "z: unknown key"},
		{"a key within", `import { decodeConfig } from "plugboard"; export function init() { decodeConfig({ z: { x: 1 } }) } export function receive() {}`, "z.y: unknown key"},
		{"another kind", `import { decodeConfig } from "plugboard"; export function init() { decodeConfig({ z: "" }) } export function receive() {}`, "z: want a text"},
		{"another kind within", `import { decodeConfig } from "plugboard"; export function init() { decodeConfig({ z: { y: [] } }) } export function receive() {}`, "z.y: want a list"},
		{"config is not to be changed", `import { config } from "plugboard"; config.a = 1; export function receive() {}`, "TypeError"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := loadScript(t, h, "acme", c.source).New(t.Context(), PluginOptions{Config: []byte(`{"z":{"y":1}}`)})
			e := failureOf(t, err)
			if e.Kind != Refused || !strings.Contains(e.Reason, c.want) {
				t.Errorf("%v: %q\nwant a refusal that has %q", e.Kind, e.Reason, c.want)
			}
		})
	}
}

// TestScriptEncodes: the fifth function, beside which init is still init.
func TestScriptEncodes(t *testing.T) {
	p := openScript(t, `
let path;
export function init() { path = "v 2" }
export function encode(event, message) {
  message.path(path, event.ccaccount);
  message.query("n", event.data.n);
  message.json({ ...event.data.extensions.acme, kind: event.cctype });
}`, PluginOptions{Instances: 1, Ready: 1, Limits: patient})
	if f := p.Functions(); f != 1<<Encode {
		t.Errorf("it has %v", f.Names())
	}
	out, err := p.Call(t.Context(), Encode, Input{Body: []byte(`{"cctype":"T","ccaccount":"a/b","data":{"n":9007199254740993,"extensions":{"acme":{"x":1}}}}`)})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(out.Body); got != `{"request":{"path":"/v%202/a%2Fb","query":{"n":"9007199254740993"},"json":{"x":1,"kind":"T"}}}` {
		t.Error(got)
	}
}

// TestScriptSaysWhatItCauses: an event's echo, an effect and its end.
func TestScriptSaysWhatItCauses(t *testing.T) {
	p := openScript(t, `
export function receive(request, events) { events.add("x").echo("agent/7", "away") }
export function format(event, request) { request.effect("agent/7", 5) }
export function judge(answer, verdict) { verdict.delivered(); verdict.noEffect() }`, PluginOptions{Instances: 1, Ready: 1, Limits: patient})
	for fn, want := range map[Function]string{
		Receive: `{"events":[{"type":"x","echo":{"key":"agent/7","value":"away"}}]}`,
		Format:  `{"request":{},"effect":{"key":"agent/7","value":"5"}}`,
		Judge:   `{"delivered":true,"effect":null}`,
	} {
		if got := string(must(t, p, fn, `{}`).Body); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestScriptEndsItsCall: an author's own word and error, and a mistake; none of them costs the instance.
func TestScriptEndsItsCall(t *testing.T) {
	p := openScript(t, `
import { reject, drop, retry, fail } from "plugboard";
let calls = 0;
const ways = {
  reject() { throw reject("bad") },
  returned() { return drop("nothing") },
  retry() { throw retry("busy") },
  fail() { throw fail("never") },
  error() { throw new Error("own") },
  thrown() { throw "text" },
  mistake() { undefined.x },
  async later() { await null; throw reject("later") },
  returns() { return 7 },
  json(request) { request.json().x },
  cycle(request, events) { const e = events.add("x"); e.data.self = e.data },
  calls(request, events) { events.add("x").set("calls", calls) },
};
export function receive(request, events) {
  calls++;
  return ways[request.body.trim()](request, events);
}
`, PluginOptions{Instances: 1, Ready: 1, Limits: patient})
	for _, c := range []struct {
		body   string
		kind   Kind
		reason string
	}{
		{"reject", Rejected, "bad"},
		{"returned", Dropped, "nothing"},
		{"retry", RetryLater, "busy"},
		{"fail", GaveUp, "never"},
		{"error", GaveUp, "acme.js:9:28: Error: own"},
		{"thrown", GaveUp, "text"},
		{"mistake", Trapped, "acme.js:11:24: TypeError: cannot read property 'x' of undefined"},
		{"later", Rejected, "later"},
		{"returns", Trapped, "TypeError: it returned 7; return nothing, or the document"},
		{"json", Rejected, "body is not JSON: a value is missing, at byte 0"},
		{"cycle", Trapped, "TypeError: what was made is nested more than 512 deep; does it contain itself?"},
	} {
		_, err := p.Call(t.Context(), Receive, Input{Body: []byte(c.body)})
		if e := failureOf(t, err); e.Kind != c.kind || e.Reason != c.reason {
			t.Errorf("%s: %v: %q, want %v: %q", c.body, e.Kind, e.Reason, c.kind, c.reason)
		}
	}
	if got := string(must(t, p, Receive, "calls").Body); got != `{"events":[{"type":"x","data":{"calls":12}}]}` {
		t.Errorf("an instance was lost on the way: %s", got)
	}
}

// TestScriptTraceIsInTheLog: a mistake's trace stands in the log of the call.
func TestScriptTraceIsInTheLog(t *testing.T) {
	p := openScript(t, "function inner() { undefined.x }\nexport function receive() { inner() }", PluginOptions{})
	out, err := p.Call(t.Context(), Receive, Input{})
	fails(t, err)
	if len(out.Log) != 2 || out.Log[0].Level != 3 || !strings.Contains(out.Log[1].Message, "at inner (acme.js:1:29)") ||
		!strings.Contains(out.Log[1].Message, "at receive (acme.js:2:") {
		t.Errorf("log: %+v", out.Log)
	}
}

// hostileScripts do what a script must not, each in receive.
var hostileScripts = []struct {
	name, source string
	kind         Kind
	reason       string
}{
	{"endless loop", `for (;;) {}`, Limited, "it ran longer than 50ms"},
	{"endless loop that catches", `for (;;) { try { for (;;) {} } catch {} }`, Limited, "it ran longer than 50ms"},
	{"endless recursion", `function f() { return f() + 1 } f()`, Trapped, "acme.js:1:"},
	{"recursion that catches", `function f() { try { f() } catch { f() } } f()`, Limited, "it ran longer than 50ms"},
	{"recursion through all there is", `const f = (n) => [1].map(() => JSON.parse("[1]", () => "a".replace(/a/, () => f(n + 1)))); f(0)`, Trapped, "InternalError: stack overflow"},
	{"recursion by sort", `const f = () => [2, 1].sort(f); f()`, Trapped, "InternalError: stack overflow"},
	{"recursion by toString", `const o = { toString() { return String(o) } }; String(o)`, Trapped, "InternalError: stack overflow"},
	{"recursion by a proxy", `let p = {}; for (let i = 0; i < 20000; i++) p = new Proxy(p, {}); p.x`, Trapped, "InternalError: stack overflow"},
	{"memory in pieces", `const a = []; for (;;) a.push(new Uint8Array(1 << 20))`, Trapped, "InternalError: out of memory"},
	{"memory at once", `new Uint8Array(1 << 30)`, Trapped, "InternalError: out of memory"},
	{"a long text", `"x".repeat(1 << 29)`, Trapped, "InternalError: out of memory"},
	{"a growing text", `let s = "x"; for (;;) s += s`, Trapped, ""},
	{"regexp backtracking", `/^(a+)+$/.test("a".repeat(40) + "b")`, Limited, "it ran longer than 50ms"},
	{"regexp depth", `new RegExp("(?:".repeat(100000))`, Trapped, "stack overflow"},
	{"big numbers", `let n = 3n; for (;;) n *= n`, 0, ""},
	{"eval", `eval("for (;;) {}")`, Limited, "it ran longer than 50ms"},
	{"generated code", `new Function("(".repeat(200000))()`, Trapped, ""},
	{"endless promises", `const again = () => Promise.resolve().then(again); again()`, Limited, "it ran longer than 50ms"},
	{"deep JSON", `const { parse } = P; parse("[".repeat(100000))`, Trapped, "SyntaxError: it is nested more than 512 deep"},
	{"deep output", `let o = {}; for (let i = 0; i < 1000; i++) o = { o }; return { events: [o] }`, Trapped, "nested more than 512 deep"},
	{"wide output", `return { events: new Array(1 << 20).fill("x".repeat(100)) }`, 0, ""},
	{"flood of log", `for (;;) console.log("x".repeat(1000))`, Limited, "it logged more than 64 KiB"},
	{"flood of host calls", `for (;;) P.fact("source")`, Limited, "it called the host more than 10000 times"},
	{"replaced prototypes", `Object.prototype.toJSON = () => { for (;;) {} }; return { events: [{ type: "x" }] }`, Limited, "it ran longer than 50ms"},
	{"getters that change what is written", `const o = { type: "x", get a() { delete o.b; for (let i = 0; i < 100; i++) o["n" + i] = {}; return 1 }, b: 2, c: 3 }; return { events: [o] }`, 0, ""},
	{"lists that shrink while written", `const l = [{ toJSON() { l.length = 0; return 1 } }, 2, 3]; return { events: l }`, 0, ""},
}

func TestHostileScriptsFailTheirOwnCall(t *testing.T) {
	h := scriptHost(t)
	for _, c := range hostileScripts {
		t.Run(c.name, func(t *testing.T) {
			source := "export function receive(request) { if (request.body === 'good') return { events: [] }; " + c.source + " }\n\nimport * as P from 'plugboard';"
			options := PluginOptions{Instances: 1, Ready: 1}
			if c.kind == Trapped {
				options.Limits = patient
			}
			p := openModule(t, loadScript(t, h, "acme", source), options)
			before := time.Now()
			out, err := p.Call(t.Context(), Receive, Input{Body: []byte("bad")})
			t.Logf("%v after %v, %d bytes: %v", err, time.Since(before), len(out.Body), out.Cost)
			if c.kind != 0 {
				if e := failureOf(t, err); e.Kind != c.kind || !strings.Contains(e.Reason, c.reason) {
					t.Errorf("%v: %q, want %v with %q", e.Kind, e.Reason, c.kind, c.reason)
				}
			} else if err != nil {
				fails(t, err)
			}
			must(t, p, Receive, "good")
		})
	}
}

// TestCollectorGoesOnBesideHostileScripts: what ends a script's loop must also let the process collect its garbage.
func TestCollectorGoesOnBesideHostileScripts(t *testing.T) {
	p := openScript(t, "export function receive() { for (;;) {} }", PluginOptions{Limits: Limits{Deadline: 300 * time.Millisecond}})
	ended := make(chan error, 1)
	go func() {
		_, err := p.Call(context.Background(), Receive, Input{})
		ended <- err
	}()
	for collected := 0; ; collected++ {
		runtime.GC()
		select {
		case err := <-ended:
			fails(t, err)
			if collected < 2 {
				t.Errorf("the collector ran %d times beside the script", collected)
			}
			return
		default:
		}
	}
}

// TestScriptMemoryStaysFlat: a script makes garbage with each call, cycles too, and its instance does not grow.
func TestScriptMemoryStaysFlat(t *testing.T) {
	p := openScript(t, `
import { template } from "plugboard";
export function receive(request, events) {
  const doc = request.doc();
  template('{"a":"{{a}}"}', "json").render(doc.root); // better made once, but it goes too
  const cycle = { doc: doc.rest() };
  cycle.self = cycle;
  events.add("x").set("a", doc.take("a"));
}`, PluginOptions{Instances: 1, Ready: 1, Limits: patient})
	size := func() int64 { return int64(p.(*plugin).idle[0].call.memory.Size()) }
	body := fmt.Sprintf(`{"a":%q,"b":[%s1]}`, strings.Repeat("x", 1000), strings.Repeat(`{"c":"d"},`, 50))
	for range 200 {
		must(t, p, Receive, body)
	}
	before := size()
	for range 3000 {
		must(t, p, Receive, body)
	}
	if after := size(); after > before+1<<20 {
		t.Errorf("%d bytes after 200 calls, %d after 3,200", before, after)
	}
}

// TestLoadFile goes by the ending.
func TestLoadFile(t *testing.T) {
	h := scriptHost(t)
	script := []byte("export function judge() {}\nexport function format() {}")
	m, err := h.LoadFile(t.Context(), "plugins/acme.js", script)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name() != "acme" || m.Form() != Script || !m.Functions().Has(Judge) || !m.Functions().Has(Format) || m.Functions().Has(Receive) ||
		strings.Join(m.Exports(), " ") != "format judge" || m.Size() != len(script) || len(m.Hash()) != 64 {
		t.Errorf("%+v", m)
	}
	if err := m.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if m, err = h.LoadFile(t.Context(), "work.wasm", testdata(t, "work.wasm")); err != nil || m.Form() != Reactor || m.Name() != "work" {
		t.Errorf("%+v, %v", m, err)
	}
	for file, content := range map[string][]byte{"acme.wasm": script, "acme.js": testdata(t, "work.wasm"), "acme.py": script} {
		var e *Error
		if _, err := h.LoadFile(t.Context(), file, content); !errors.As(err, &e) || e.Kind != Refused {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestScriptSettings: decodeConfig puts what the configuration has over what the script names.
func TestScriptSettings(t *testing.T) {
	source := `import { decodeConfig } from "plugboard";
export function receive(request, events) {
  events.add("x").data = decodeConfig({ t: "none", n: 10, f: 0.5, b: false, i: 1n, l: [], o: {}, in: { "a.b": "", c: "gone" }, any: null });
}`
	for config, want := range map[string]string{
		`{}`: `{"t":"none","n":10,"f":0.5,"b":false,"i":1,"l":[],"o":{},"in":{"a.b":"","c":"gone"},"any":null}`,
		`{"t":7,"n":"12","f":"0.25","b":"1","i":90071992547409931,"l":[{}],"o":{"x":1},"in":{"a.b":true,"c":null},"any":[1]}`: `{"t":"7","n":12,"f":0.25,"b":true,
			"i":90071992547409931,"l":[{}],"o":{"x":1},"in":{"a.b":"true","c":"gone"},"any":[1]}`,
	} {
		out := string(must(t, openScript(t, source, PluginOptions{Limits: patient, Config: []byte(config)}), Receive, "{}").Body)
		if want = `{"events":[{"type":"x","data":` + strings.ReplaceAll(want, "\n\t\t\t", "") + `}]}`; out != want {
			t.Errorf("%s:\ngot  %s\nwant %s", config, out, want)
		}
	}
	for config, want := range map[string]string{
		`{"n":"x"}`: "n: want a number", `{"b":7}`: "b: want true or false", `{"i":1.5}`: "i: want a whole number that fits", `{"l":{}}`: "l: want a list",
		`{"o":[]}`: "o: want an object", `{"in":{"a.c":1}}`: `in.a\.c: unknown key`, `{"t":{}}`: "t: want a text",
	} {
		_, err := openScript(t, source, PluginOptions{Limits: patient, Config: []byte(config)}).Call(t.Context(), Receive, Input{Body: []byte("{}")})
		if e := failureOf(t, err); e.Kind != Rejected || e.Reason != want {
			t.Errorf("%s: %v, want %s", config, e, want)
		}
	}
}

func TestScriptComparesNames(t *testing.T) {
	p := openScript(t, `import { sameName } from "plugboard";
export function receive(request, events) {
  events.add("x").data = { out: request.json().map((n) => sameName(n.A, n.B)) };
}`, PluginOptions{Limits: patient})
	names, err := json.Marshal(likeness.Names)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Events []struct{ Data struct{ Out []bool } }
	}
	if err := json.Unmarshal(must(t, p, Receive, string(names)).Body, &got); err != nil {
		t.Fatal(err)
	}
	for i, n := range likeness.Names {
		if out := got.Events[0].Data.Out; len(out) != len(likeness.Names) || out[i] != n.Same {
			t.Errorf("%q and %q: %v", n.A, n.B, out)
		}
	}
}
