package toolchain_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/toolchain"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/likeness"
)

// builtShow is the plugin of testdata/assemblyscript, built once.
var builtShow = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "show")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it lies where such things are cleaned up
	file, _, err := toolchain.Build(context.Background(), "testdata/assemblyscript", dir)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// openShow gives it in a host; the test is skipped without the compiler.
func openShow(t testing.TB) wasm.Plugin {
	t.Helper()
	p, err := newShow(t, `{"a":{"b":"set"}}`)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newShow is openShow with a configuration, which may be refused.
func newShow(t testing.TB, config string) (wasm.Plugin, error) {
	t.Helper()
	code, err := builtShow()
	if errors.Is(err, toolchain.ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	host := openHost(t, wasm.Limits{Deadline: 10 * time.Second})
	m, err := host.Load(t.Context(), "show", code)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.New(t.Context(), wasm.PluginOptions{Config: []byte(config),
		Instances: 1, Ready: 1, Tables: known{}, State: known{}, Signer: known{}})
	if err == nil {
		t.Cleanup(func() { _ = p.Close(context.Background()) })
	}
	return p, err
}

// known answers what the plugin asks.
type known struct{}

func (known) Lookup(table, key string) ([]byte, bool) {
	return []byte("Ada"), table == "agents" && key == "7"
}
func (known) Get(key string) ([]byte, bool) { return bytes.Repeat([]byte("k"), 600), key == "k" }
func (known) Sign(secret string, algorithm int, data []byte) ([]byte, bool) {
	return append([]byte{0, 255}, data...), secret == "s" && algorithm == 0
}

func callShow(t testing.TB, p wasm.Plugin, fn wasm.Function, body string) wasm.Output {
	t.Helper()
	out, err := p.Call(t.Context(), fn, wasm.Input{Body: []byte(body), Facts: facts{"attempt": "3"}})
	if err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return out
}

// same compares as JSON.
func same(t testing.TB, got []byte, want string) {
	t.Helper()
	var a, b any
	if err := errors.Join(json.Unmarshal(got, &a), json.Unmarshal([]byte(want), &b)); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAssemblyScriptWrites(t *testing.T) {
	p := openShow(t)
	out := callShow(t, p, wasm.Transform, `{"type":"x","data":{"secret":"s","keep":{"n":90071992547409931,"e":""}}}`)
	same(t, out.Body, `{"events":[{"type":"x","ccextra":"1","echo":{"key":"agent/7","value":"away"},"data":{"keep":{"n":90071992547409931},"a.b":"dot","deep":{"er":{"est":"down"}},
		"list":["a\n\u0001\"\\","é😀"]}}]}`)
	if !bytes.Contains(out.Body, []byte(`90071992547409931`)) || len(out.Log) != 1 || out.Log[0] != (wasm.LogLine{Level: 2, Message: "changed"}) {
		t.Errorf("%s, log %v", out.Body, out.Log)
	}
	same(t, callShow(t, p, wasm.Encode, `{"cctype":"T","ccaccount":"a b"}`).Body, `{"request":{"url":"/a%20b","json":{"kind":"T"}}}`)
	out = callShow(t, p, wasm.Format, `{"type":"x"}`)
	same(t, out.Body, `{"request":{"url":"/a%20b/%2E%2E/%C3%A9","query":{"table":"Ada","kept":"`+strings.Repeat("k", 600)+`","mac":"00ff64617461","gone":"gone"},
		"headers":{"x.y":"&lt;a b=&#39;c&#39;&gt;&amp;"},"form":{"time":"2025-03-04T08:00:00.5Z","unix":"2025-03-04T07:35:55.122Z","base64":"w6kA",
		"big":"18446744073709551617","config":"set","fact":"none3"}}}`)
	same(t, callShow(t, p, wasm.Judge, `{"response":{"status":200}}`).Body, `{"delivered":true,"effect":null}`)
	if len(out.State) != 1 || out.State[0].Key != "n" || string(out.State[0].Value) != "v" || out.State[0].TTL != time.Minute {
		t.Errorf("state %v", out.State)
	}
}

// TestAssemblyScriptSettings: decodeConfig keeps what fits, and refuses what does not and what nobody asked for, by its path.
func TestAssemblyScriptSettings(t *testing.T) {
	for config, want := range map[string]string{
		`{"strict":false}`: `{"account":"none","limit":10,"share":0.5,"silent":false,"away":"gone"}`,
		`{"strict":"true","account":7,"limit":"12","share":"0.25","tags":["a",7],"presence":{"a.way":"out"},"any":[{}]}`: `{"account":"7","limit":12,"share":0.25,
			"silent":true,"tags":["a","7"],"away":"out"}`,
		`{"strict":null,"limit":null}`:                       `{"account":"none","limit":10,"share":0.5,"silent":false,"away":"gone"}`,
		`{"strict":1,"account":{}}`:                          "account: want a text",
		`{"strict":1,"limit":9223372036854775808}`:           "limit: want a whole number that fits",
		`{"strict":1,"share":"x"}`:                           "share: want a number",
		`{"strict":7}`:                                       "strict: want true or false",
		`{"strict":1,"tags":"a"}`:                            "tags: want a list",
		`{"strict":1,"tags":["a",[]]}`:                       "tags.1: want a text",
		`{"strict":1,"presence":7}`:                          "presence: want an object",
		`{"strict":1,"presence":{"a.way":[],"other":1}}`:     `presence.a\.way: want a text`,
		`{"strict":1,"presence":{"a.way":"x","oth.er":1}}`:   `presence.oth\.er: unknown key`,
		`{"strict":1,"acount":"x","presence":{"a.way":"x"}}`: "acount: unknown key",
	} {
		p, err := newShow(t, config)
		var e *wasm.Error
		if errors.As(err, &e) {
			if e.Kind != wasm.Refused || e.Own != wasm.Rejected || e.Reason != want {
				t.Errorf("%s: refused as %q, want %s", config, e.Reason, want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		same(t, callShow(t, p, wasm.Receive, `{"do":"settings"}`).Body, `{"events":[{"type":"x","data":`+want+`}]}`)
	}
}

func TestAssemblyScriptComparesNames(t *testing.T) {
	p := openShow(t)
	for _, n := range likeness.Names {
		ask, err := json.Marshal(map[string]string{"do": "names", "a": n.A, "b": n.B})
		if err != nil {
			t.Fatal(err)
		}
		same(t, callShow(t, p, wasm.Receive, string(ask)).Body, fmt.Sprintf(`{"events":[{"type":"x","data":{"same":%v}}]}`, n.Same))
	}
}

// TestAssemblyScriptFailures: what a program throws stands in the reason, with file and line.
func TestAssemblyScriptFailures(t *testing.T) {
	p := openShow(t)
	for body, want := range map[string]string{
		`{"do":"throw"}`:  "panic: on purpose (assembly/index.ts:49:",
		`{"do":"bounds"}`: "panic: Index out of range (~lib/array.ts:",
	} {
		_, err := p.Call(t.Context(), wasm.Receive, wasm.Input{Body: []byte(body)})
		var e *wasm.Error
		if !errors.As(err, &e) || e.Kind != wasm.Trapped || !strings.Contains(e.Reason, want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

// TestAssemblyScriptMemoryStaysFlat: garbage is collected between calls.
func TestAssemblyScriptMemoryStaysFlat(t *testing.T) {
	p := openShow(t)
	pages := func(calls int) (n int) {
		for range calls {
			var doc struct {
				Events []struct{ Data struct{ Pages int } }
			}
			if err := json.Unmarshal(callShow(t, p, wasm.Receive, `{"do":"garbage"}`).Body, &doc); err != nil {
				t.Fatal(err)
			}
			n = doc.Events[0].Data.Pages
		}
		return n
	}
	if before, after := pages(200), pages(3000); after > before {
		t.Errorf("%d pages after 200 calls, %d after 3,200", before, after)
	}
}

// leaf is what the plugin says of one.
type leaf struct {
	There bool   `json:"there"`
	Str   string `json:"str"`
	Name  string `json:"name"`
	Int   *int64 `json:"int"`
	Bool  *bool  `json:"bool"`
	Time  string `json:"time"`
}

// leavesOf is the same, as package jsondoc sees it.
func leavesOf(name string, v jsondoc.Value, to []leaf) []leaf {
	if v.Kind() == jsondoc.Object || v.Kind() == jsondoc.Array {
		for n, m := range v.Each {
			to = leavesOf(n, m, to)
		}
		return to
	}
	l := leaf{There: true, Str: v.Str(), Name: name}
	if n, ok := v.Int(); ok && (v.Kind() == jsondoc.Number || v.Kind() == jsondoc.String) {
		l.Int = &n
	}
	if b, ok := v.Bool(); ok {
		l.Bool = &b
	}
	var builder jsondoc.Builder
	if builder.Root().TimeFrom("time", v) {
		var doc struct{ Time string }
		_ = json.Unmarshal(builder.AppendJSON(nil), &doc)
		l.Time = doc.Time
	}
	return append(to, l)
}

// checkShow holds the SDK's reader against package jsondoc's.
func checkShow(t testing.TB, p wasm.Plugin, text []byte) {
	t.Helper()
	doc, wrong := jsondoc.Parse(text)
	out, err := p.Call(t.Context(), wasm.Receive, wasm.Input{Body: text})
	var e *wasm.Error
	if errors.As(err, &e) && e.Kind == wasm.Rejected {
		if wrong == nil {
			t.Fatalf("%q is JSON, and it says %s", text, e.Reason)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if wrong != nil {
		t.Fatalf("%q is no JSON (%v), and it wrote %s", text, wrong, out.Body)
	}
	var got struct {
		Events []struct {
			Data struct {
				V      json.RawMessage
				Leaves []leaf
			}
		}
	}
	if err := json.Unmarshal(out.Body, &got); err != nil || len(got.Events) != 1 {
		t.Fatalf("%q: it wrote %q: %v", text, out.Body, err)
	}
	if want := leavesOf("", doc.Root(), nil); fmt.Sprint(plain(want)) != fmt.Sprint(plain(got.Events[0].Data.Leaves)) {
		t.Errorf("%q:\ngot  %v\nwant %v", text, plain(got.Events[0].Data.Leaves), plain(want))
	}
}

// plain writes what pointers lead to.
func plain(list []leaf) (all []string) {
	for _, l := range list {
		b, _ := json.Marshal(l)
		all = append(all, string(b))
	}
	return all
}

var shownTexts = []string{
	`{}`, `[]`, `{"a":{"b":[1,"2",true,null,"x",{"c":"d"}]}}`, `"\u0041\u00e9\u20ac\ud83d\ude00\n\t\"\\\/\b\f\r"`, "\"é€😀\"", `{"\u0061\n":"b","é":"c"}`,
	`90071992547409931`, `18446744073709551617`, `-9223372036854775808`, `9223372036854775808`, `"-12"`, `"012"`, `"1\u0032"`, `"tr\u0075e"`, `"2025-03-04T10:00:00\u005a"`, `1.5`, `1e3`, `-0`, `"1"`, `0`, `1`,
	`"2025-03-04T10:00:00.500+02:00"`, `"2024-02-29t23:59:59.123456789123z"`, `"2025-02-29T00:00:00Z"`, `"0000-01-01T00:00:00+01:00"`, `"2025-03-04T10:00:00"`,
	``, `{`, `[1,]`, `{"a":1,}`, `01`, `1.`, `tru`, `falsy`, `"a`, "\"a\nb\"", `"\x"`, `"\u12"`, `1 2`, `“a”`, "\"\xff\"", "\"\xed\xa0\x80\"", "\"\xc0\x80\"",
	"\"\xf4\x90\x80\x80\"", strings.Repeat("[", 512) + strings.Repeat("]", 512), strings.Repeat("[", 513) + strings.Repeat("]", 513),
}

func TestAssemblyScriptReads(t *testing.T) {
	p := openShow(t)
	for _, text := range shownTexts {
		checkShow(t, p, []byte(text))
	}
}

func FuzzAssemblyScriptReads(f *testing.F) {
	for _, text := range shownTexts {
		f.Add([]byte(text))
	}
	p := openShow(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) < 1<<14 {
			checkShow(t, p, text)
		}
	})
}
