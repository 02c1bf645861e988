package plugintool_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/manifest"
	"github.com/plugboard/plugboard/gateway/plugintool"
	"github.com/plugboard/plugboard/sdk/casefile"
)

func TestInspect(t *testing.T) {
	s, err := plugintool.Open(t.Context(), "testdata/odd")
	if err != nil {
		t.Fatal(err)
	}
	r, err := plugintool.Inspect(t.Context(), host(t), s)
	if err != nil {
		t.Fatal(err)
	}
	if r.Refused != "" || r.Kind != "reactor" || r.Size != len(s.Code) || len(r.Hash) != 64 ||
		!slices.Equal(r.Functions, []string{"receive", "transform", "format", "judge", "encode"}) ||
		!slices.Contains(r.Imports, "plugboard_v1.lookup") || !slices.Contains(r.Exports, "init") {
		t.Errorf("%+v", r)
	}
	if !slices.ContainsFunc(r.MadeWith, func(s string) bool { return strings.HasPrefix(s, "Go go1.") }) {
		t.Errorf("made with %q", r.MadeWith)
	}
}

func TestInspectSaysWhyItIsRefused(t *testing.T) {
	code, err := os.ReadFile("../wasm/testdata/driver.wasm")
	if err != nil {
		t.Fatal(err)
	}
	untrue, err := manifest.Add(code, []byte(`{"functions":["judge"]}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		code []byte
		why  string
	}{
		"not a module": {[]byte("\x00asm\x02\x00\x00\x00"), "version"},
		"cut off":      {code[:len(code)/2], " "},
		"untrue":       {untrue, "its manifest says that it has judge"},
	} {
		r, err := plugintool.Inspect(t.Context(), host(t), &plugintool.Subject{Name: "a", File: "a.wasm", Code: test.code})
		if err != nil || !strings.Contains(r.Refused, test.why) || r.Refused == "" {
			t.Errorf("%s: %+v, %v; want the reason %q", name, r, err, test.why)
		}
	}
}

func TestBench(t *testing.T) {
	const event = `{"given":{"event":{"id":"1","type":"t","data":{"n":1}}},"request":{"method":"POST","path":"/in","body":{"attempt":1}},"response":{"status":200}}`
	file := write(t, "a.scenario.json", event, "a.request.json", request(`{}`), "b.request.json", request(`{"do":"reject"}`))
	figures, err := plugintool.Bench(t.Context(), module(t), casefile.Of(file), time.Millisecond)
	if err != nil || len(figures) != 2 || figures[0].Function != "format" || figures[1].Function != "judge" {
		t.Fatalf("%+v, %v", figures, err)
	}
	for _, f := range figures {
		if f.Counter == 0 || f.Time <= 0 || f.Least > f.Time || f.Calls == 0 || f.Input == 0 {
			t.Errorf("%+v", f)
		}
	}
	figures, err = plugintool.Bench(t.Context(), module(t), casefile.Of(strings.Replace(file, ".scenario.", ".request.", 1)), time.Millisecond)
	if err != nil || len(figures) != 1 || figures[0].Output == 0 || figures[0].Memory < uint64(figures[0].Output) {
		t.Errorf("%+v, %v", figures, err)
	}
	if _, err := plugintool.Bench(t.Context(), module(t), casefile.Of(strings.Replace(file, "a.scenario.", "b.request.", 1)), time.Millisecond); err == nil {
		t.Error("a call that is rejected has figures")
	}
}
