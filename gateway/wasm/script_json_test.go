package wasm

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// jsonTexts are seeds: what readers of JSON get wrong.
var jsonTexts = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `1`, `-1.5e3`, `true`, `false`, `null`, ` { "a" : [ 1 , 2 ] } `, `{"a":1,"a":2}`,
	`9007199254740991`, `9007199254740992`, `-9007199254740993`, `18446744073709551617`, `123456789012345678901234567890`,
	`"\u0041\u00e9\u20ac\ud83d\ude00"`, `"\n\t\"\\\/\b\f\r"`, "\"é€😀\"", `{"é":"😀","\u0061":"b"}`, `"` + strings.Repeat("x", 100) + `\n"`,
	`{"__proto__":{"a":1},"toString":"x","constructor":null}`, `{"0":"a","-1":"b","":"c"}`, strings.Repeat("[", 500) + strings.Repeat("]", 500),
	// and what is none
	``, ` `, `{`, `[1,]`, `{"a":1,}`, `{a:1}`, `01`, `1.`, `.5`, `+1`, `1e`, `-`, `tru`, `nulll`, `"a`, "\"a\nb\"", `"\x"`, `"\u12"`, `[1 2]`, `1 2`,
	`“a”`, "\"\xff\"", "\"\xed\xa0\x80\"", "\"\xc0\x80\"", `NaN`, `'a'`, strings.Repeat("[", 513) + strings.Repeat("]", 513), "\ufeff{}",
}

const echoScript = `export function receive(request, events) {
  events.add("x").data = { v: request.json() };
}`

// echoJSON reads and writes one text through the guest; ok is false when the guest says that it is no JSON.
func echoJSON(t testing.TB, p Plugin, text []byte) (v []byte, ok bool) {
	t.Helper()
	out, err := p.Call(t.Context(), Receive, Input{Body: text})
	var e *Error
	if errors.As(err, &e) && e.Kind == Rejected {
		return nil, false
	}
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var doc struct {
		Events []struct{ Data struct{ V json.RawMessage } }
	}
	if err := json.Unmarshal(out.Body, &doc); err != nil || len(doc.Events) != 1 {
		t.Fatalf("%q: it wrote %q: %v", text, out.Body, err)
	}
	return doc.Events[0].Data.V, true
}

// checkEcho holds the guest's reader against package jsondoc, and what is read and written again against the text.
func checkEcho(t testing.TB, p Plugin, text []byte) {
	t.Helper()
	_, err := jsondoc.Parse(text)
	got, ok := echoJSON(t, p, text)
	if ok != (err == nil) {
		t.Fatalf("%q: the guest says %v, jsondoc %v", text, ok, err)
	}
	if !ok {
		return
	}
	want, have := decodeExact(t, text), decodeExact(t, got)
	if !reflect.DeepEqual(want, have) {
		t.Errorf("%q became %q", text, got)
	}
}

// decodeExact keeps whole numbers as they are; others are compared as JavaScript's.
func decodeExact(t testing.TB, text []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return exact(v)
}

func exact(v any) any {
	switch v := v.(type) {
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") || v == "-0" {
			f, err := v.Float64()
			if err != nil {
				return nil // JavaScript's Infinity, which JSON has no word for
			}
			return f + 0
		}
		if len(strings.TrimPrefix(string(v), "-")) < 16 {
			f, _ := v.Float64()
			return f
		}
		return string(v)
	case map[string]any:
		for name, m := range v {
			v[name] = exact(m)
		}
	case []any:
		for i := range v {
			v[i] = exact(v[i])
		}
	}
	return v
}

func TestScriptReadsAndWritesJSON(t *testing.T) {
	p := openScript(t, echoScript, PluginOptions{Limits: patient})
	for _, text := range jsonTexts {
		checkEcho(t, p, []byte(text))
	}
}

func FuzzScriptJSON(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add([]byte(text))
	}
	p := openScript(f, echoScript, PluginOptions{Limits: patient})
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) < 1<<14 {
			checkEcho(t, p, text)
		}
	})
}

// TestScriptWords goes through what the module "plugboard" offers.
func TestScriptWords(t *testing.T) {
	script := func(body string) string {
		return "import * as P from 'plugboard';\nexport function receive(request, events) {\n  const out = " + body + ";\n  events.add('x').data = { out };\n}"
	}
	w := world{"fact header.x-a": "b", "fact query": "a=b%20c&d=%C3%A9&a=2", "agents 7": "Ada", "state k": "kept", "secret s": "key", "fact attempt": "2",
		"fact memo": `{"id":90071992547409931}`}
	h := scriptHost(t)
	body := `{"id":90071992547409931,"n":"12","t":"2025-03-04T10:00:00.500+02:00","empty":"","none":null,"l":[1,"",[],{"a":null}],"a.b":"dot","b":"true","f":1.5}`
	for _, c := range []struct{ name, body, want string }{
		{"header", `request.header("X-A")`, `"b"`},
		{"no header", `[request.header("x-b")]`, `[null]`},
		{"query", `request.queryFields()`, `{"a":"2","d":"é"}`},
		{"text of a field", `request.text("id")`, `"90071992547409931"`},
		{"big integers", `[request.json().id, String(request.json().id), P.facts.memo.id]`, `[90071992547409931,"90071992547409931",90071992547409931]`},
		{"lookup", `[P.lookup("agents", "7"), P.lookup("agents", "8")]`, `["Ada",null]`},
		{"state", `[P.state.get("k"), P.state.set("n", "v", 60), P.state.get("n"), P.state.remove("n"), P.state.get("n")]`, `["kept",null,"v",null,null]`},
		{"facts", `[P.facts.attempt, P.fact("nothing")]`, `[2,null]`},
		{"times", `[P.time("2025-03-04T10:00:00.500+02:00"), P.time("x"), P.time(new Date(1741073755122)), P.time(-1)]`,
			`["2025-03-04T08:00:00.5Z",null,"2025-03-04T07:35:55.122Z","1969-12-31T23:59:59.999Z"]`},
		{"bytes", `[P.hex(request.bytes()).slice(0, 6), P.base64("é"), P.decode(P.fromBase64("w6k=")), P.base64(new Uint8Array([255, 0]))]`, `["7b2269","w6k=","é","/wA="]`},
		{"get and set", `(() => { const o = {}; P.set(o, "a.b\\.c", 1); P.set(o, "a.d", ""); return [o, P.get(o, "a.b\\.c"), P.get(o, "a.x.y"), P.get([[5]], "0.0")] })()`,
			`[{"a":{"b.c":1}},1,null,5]`},
		{"places in lists", `["l.0", "l.00", "l.01", "l.-0", "l.-1", "l.00000000000000000000", "l.length", "l.", "l.x"].map((path) => [P.get({ l: [5] }, path)])`,
			`[[5],[5],[null],[5],[null],[null],[null],[null],[null]]`},
		{"doc", `(() => { const d = request.doc(); return [d.takeInt("n"), d.takeTime("t"), d.takeInt("t"), d.takeBool("b"), d.takeNumber("f"), d.take("a\\.b"), d.takeText("id"), d.rest()] })()`,
			`[12,"2025-03-04T08:00:00.5Z",null,true,1.5,"dot","90071992547409931",{"l":[1,"",[]]}]`},
		{"whole numbers", `["012", "1.0", " 1", "9007199254740993", "9223372036854775808", 9223372036854775808n, -9223372036854775808n, 1.5, 3, true, "", null].map((v) => new P.Doc({ v }).takeInt("v"))`,
			`[12,null,null,9007199254740993,null,null,-9223372036854775808,null,3,null,null,null]`},
		{"all taken", `(() => { const d = new P.Doc({ a: 1 }); d.take("a"); return [d.rest(), d instanceof P.Doc, d.take(""), d.rest()] })()`, `[null,true,{"a":1},null]`},
		{"templates", "(() => { const t = P.template('<a b=\"{{n}}\">{{#l}}<c>{{.}}</c>{{/l}}</a>', 'xml'); return [t.render({ n: 9007199254740993n, l: ['<', 1.5, true] }), t.render(null)] })()",
			`["<a b=\"9007199254740993\"><c>&lt;</c><c>1.5</c><c>true</c></a>","<a b=\"\"></a>"]`},
		{"templates refused", `[["{{x}}", "url"], ["{{x}", "json"], ["a", "yaml"]].map(([text, format]) => { try { return P.template(text, format) } catch (e) { return e.message } })`,
			`["template: line 1, column 1: a value cannot choose the link's scheme or host: write them out, or begin with a slash","template: line 1, column 1: {{ is not closed",` +
				`"template: the format is \"text\", \"json\", \"xml\", \"form\", \"url\", \"header\", \"html\" or \"mrkdwn\""]`},
		{"JSON", `P.stringify(P.parse('{"a":[9007199254740993]}'))`, `"{\"a\":[9007199254740993]}"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := openModule(t, loadScript(t, h, "acme", script(c.body)), PluginOptions{Limits: patient, Tables: w, State: w, Ready: 1})
			out, err := p.Call(t.Context(), Receive, Input{Body: []byte(body), Facts: w})
			if err != nil {
				t.Fatal(err)
			}
			if want := `{"events":[{"type":"x","data":{"out":` + c.want + `}}]}`; string(out.Body) != want {
				t.Errorf("got %s\nwant %s", out.Body, want)
			}
		})
	}
}
