package plugintool_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/gateway/plugintool"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// theHost is one for all tests.
var theHost = sync.OnceValues(func() (*wasm.Host, error) { return plugintool.NewHost(context.Background()) })

func host(t testing.TB) *wasm.Host {
	t.Helper()
	h, err := theHost()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// odd is the plugin of these tests, built and compiled once.
var odd = sync.OnceValues(func() (m *wasm.Module, err error) {
	s, err := plugintool.Open(context.Background(), "testdata/odd")
	if err != nil {
		return nil, err
	}
	h, err := theHost()
	if err != nil {
		return nil, err
	}
	return h.LoadFile(context.Background(), s.File, s.Code)
})

func module(t testing.TB) *wasm.Module {
	t.Helper()
	m, err := odd()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// write puts files into a new folder and gives the first one's path.
func write(t *testing.T, pairs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(pairs); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, pairs[i]), []byte(pairs[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, pairs[0])
}

const login = `{"events":[{"type":"agent.logged_in","data":{"agent":{"name":"Ada"},"before":"3","signed":true}}]}`

func request(config string) string {
	return `{"method":"POST","target":"/x?a=b","headers":{"X-Agent":"7"},"tables":{"agents":{"7":"Ada"}},"state":{"count":"3"},
		"secrets":{"key":"k"},"config":` + config + `,"body":{"n":1}}`
}

func TestRequests(t *testing.T) {
	tests := []struct{ name, config, file, expected, fault string }{
		{"as expected", `{}`, "a.events.json", login, ""},
		{"tables, state and secrets", `{}`, "a.events.json", strings.Replace(login, "Ada", "Bob", 1), "-           \"name\": \"Bob\"\n+           \"name\": \"Ada\""},
		{"rejected", `{"do":"reject"}`, "a.error.json", `{"stop":"reject","reason":"as asked"}`, ""},
		{"rejected otherwise", `{"do":"reject"}`, "a.error.json", `{"stop":"drop","reason":"as asked"}`, `+   "stop": "reject"`},
		{"refused", `{"refuse":"bad key"}`, "a.error.json", `{"stop":"reject","reason":"bad key"}`, ""},
		{"refused otherwise", `{"refuse":"bad key"}`, "a.error.json", `{"stop":"reject","reason":"other"}`, `+   "reason": "bad key"`},
		{"panics", `{"do":"panic"}`, "a.error.json", `{"stop":"fail","reason":"on purpose"}`, "plugin odd, receive: trapped"},
		{"endless", `{"do":"endless"}`, "a.events.json", login, "over its limit: it ran longer than 50ms"},
		{"no event that the gateway takes", `{"do":"no type"}`, "a.events.json", `{"events":[{"data":{"a":"b"}}]}`, "the gateway cannot read what it wrote"},
		{"nothing expected", `{}`, "b.events.json", `{}`, "nothing is expected yet"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := write(t, "a.request.json", request(test.config), test.file, test.expected)
			check(t, plugintool.Test(t.Context(), module(t), casefile.Of(file), false), test.fault)
		})
	}
}

func check(t *testing.T, o plugintool.Outcome, fault string) {
	t.Helper()
	if (fault == "") != (o.Fault == "") || !strings.Contains(o.Fault, fault) {
		t.Errorf("want the fault %q, got:\n%s", fault, o.Fault)
	}
}

func TestUpdate(t *testing.T) {
	file := write(t, "a.request.json", request(`{}`))
	o := plugintool.Test(t.Context(), module(t), casefile.Of(file), true)
	if o.Fault != "" || !o.Updated || len(o.Log) != 1 || o.Log[0] != "receive: info: received /x" {
		t.Errorf("%+v", o)
	}
	check(t, plugintool.Test(t.Context(), module(t), casefile.Of(file), false), "")

	file = write(t, "a.request.json", request(`{"do":"panic"}`))
	if o := plugintool.Test(t.Context(), module(t), casefile.Of(file), true); o.Fault == "" || o.Updated {
		t.Errorf("a panic was written down as what is expected: %+v", o)
	}
}

func TestTransform(t *testing.T) {
	file := write(t, "a.transform.json", `{"event":{"id":"1","type":"t"}}`, "a.events.json", `{"events":[{"id":"1","type":"t","data":{"added":"here"}}]}`)
	check(t, plugintool.Test(t.Context(), module(t), casefile.Of(file), false), "")
}

func TestEncode(t *testing.T) {
	const event = `{"event":{"id":"1","type":"t","cctype":"T","ccaccount":"a/b","data":{"n":9007199254740993,"extensions":{"odd":{"x":[1,null]}}}}}`
	const message = `{"request":{"path":"/v%202/a%2Fb","query":{"n":"9007199254740993"},"json":{"kind":"T","x":[1,null]}}}`
	play := func(message string) plugintool.Outcome {
		return plugintool.Test(t.Context(), module(t), casefile.Of(write(t, "a.encode.json", event, "a.message.json", message)), false)
	}
	check(t, play(message), "")
	check(t, play(strings.Replace(message, `"T"`, `"S"`, 1)), `+       "kind": "T"`)
	refused := write(t, "a.encode.json", `{"event":{"type":"t","ccvendor":"other"}}`, "a.error.json", `{"stop":"reject","reason":"odd has no message for t"}`)
	check(t, plugintool.Test(t.Context(), module(t), casefile.Of(refused), false), "")
}

func TestScenarios(t *testing.T) {
	scenario := func(given, expect string, exchange ...string) string {
		return `{"given":` + given + `,"expect":` + expect + `,"exchange":[` + strings.Join(exchange, ",") + `]}`
	}
	const event = `{"event":{"id":"1","type":"t","data":{"n":1}}}`
	const post = `{"request":{"method":"POST","path":"/in","headers":{"content-type":"application/json"},"body":{"attempt":1}},"response":{"status":200}}`
	refused := strings.Replace(post, `"status":200`, `"status":401`, 1)
	busy := strings.Replace(post, `"status":200`, `"status":503,"headers":{"Retry-After":"120"}`, 1)
	with := func(config string) string { return strings.Replace(event, `{"event"`, `{`+config+`,"event"`, 1) }
	tests := []struct{ name, file, fault string }{
		{"the destination's own link", scenario(event, `{"delivered":true,"attempts":1,"requests":1}`, post), ""},
		{"a link below it", scenario(with(`"url":"/in"`), `{"delivered":true}`, post), ""},
		{"a whole link elsewhere", scenario(with(`"url":"https://example.org/in"`), `{"delivered":true}`, post), ""},
		{"another path", scenario(with(`"url":"/out"`), `{}`, post), `+   "path": "/out"`},
		{"another body", scenario(strings.Replace(event, `"n":1`, `"n":2`, 1), `{}`, post), `+     "attempt": 2`},
		{"the status decides", scenario(event, `{"retry":true,"not_before_seconds":120,"attempts":1}`, busy), ""},
		{"a second attempt", scenario(event, `{"delivered":true,"attempts":2}`, busy, post), ""},
		{"judged", scenario(event, `{"retry":true,"reason":"logged out","not_before_seconds":60,"slow_down":true,"credentials_marked_bad":true,"memo":{"step":1}}`, refused), ""},
		{"judged otherwise", scenario(event, `{"memo":{"step":2}}`, refused), `memo: want {"step":2}, got {"step":1}`},
		{"not delivered", scenario(event, `{"delivered":true}`, busy), "delivered: want true, got false"},
		{"too many in the file", scenario(event, `{}`, post, post), "with 1 requests of the scenario to go"},
		{"too few in the file", scenario(event, `{}`), "a request more than the scenario has"},
		{"refused", scenario(with(`"refuse":"no"`), `{"refused":"no"}`), ""},
		{"refused unexpectedly", scenario(with(`"refuse":"no"`), `{}`), "plugin odd: refused: no"},
		{"panics, which a retry is not", scenario(with(`"do":"panic"`), `{"retry":true}`), "on purpose"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := write(t, "a.scenario.json", test.file)
			check(t, plugintool.Test(t.Context(), module(t), casefile.Of(file), false), test.fault)
		})
	}
}

func TestOpen(t *testing.T) {
	file := write(t, "a.wasm", "x", "README.md", "y")
	for _, path := range []string{file, filepath.Dir(file)} {
		s, err := plugintool.Open(t.Context(), path)
		if err != nil || s.Name != "a" || s.File != file || string(s.Code) != "x" || s.Built || s.Folder != filepath.Dir(file) {
			t.Errorf("%s: %+v, %v", path, s, err)
		}
	}
	two := filepath.Dir(write(t, "a.wasm", "x", "b.wasm", "y"))
	if _, err := plugintool.Open(t.Context(), two); err == nil || !strings.Contains(err.Error(), "name the file") {
		t.Errorf("of two files one was taken: %v", err)
	}
	if _, err := plugintool.Open(t.Context(), filepath.Join(two, "gone")); err == nil {
		t.Error("a folder that is not there was opened")
	}
}
