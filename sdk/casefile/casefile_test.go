package casefile_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/casefile"
)

func TestDiff(t *testing.T) {
	tests := []struct{ name, want, got, diff string }{
		{"the same", `{"a":1,"b":[1,2]}`, `{ "b": [1,2], "a": 1 }`, ""},
		{"exact numbers", `9007199254740993`, `9007199254740992`, "- 9007199254740993\n+ 9007199254740992"},
		{"one line of many", `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}`, `{"a":1,"b":2,"c":3,"d":4,"e":0,"f":6,"g":7}`,
			"  …\n    \"c\": 3,\n    \"d\": 4,\n-   \"e\": 5,\n+   \"e\": 0,\n    \"f\": 6,\n    \"g\": 7"},
		{"a line more", `[1,3]`, `[1,2,3]`, "  [\n    1,\n+   2,\n    3\n  ]"},
		{"no escaping", `"<b>"`, `"é"`, "- \"<b>\"\n+ \"é\""},
		{"nothing alike", `1`, `{}`, "- 1\n+ {}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := casefile.Diff([]byte(test.want), []byte(test.got))
			if err != nil || got != test.diff {
				t.Errorf("%v, got:\n%s\nwant:\n%s", err, got, test.diff)
			}
		})
	}
}

func TestDiffOfNoJSON(t *testing.T) {
	for _, bad := range []string{"", "{", "1 2", "nope"} {
		if _, err := casefile.Diff([]byte("1"), []byte(bad)); err == nil {
			t.Errorf("%q went as JSON", bad)
		}
	}
}

// Long texts that have nothing in common must neither take long nor much memory.
func TestDiffIsBounded(t *testing.T) {
	a, b := strings.Repeat("a\n", 5000), strings.Repeat("b\n", 5000)
	if got := strings.Count(casefile.Lines(a, b), "\n") + 1; got != 10000 {
		t.Errorf("%d lines, want all 10000", got)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{``: "", `null`: "", `"a\nb"`: "a\nb", `{ "a": 1 }`: `{"a":1}`} {
		if got := string(casefile.Text(json.RawMessage(in))); got != want {
			t.Errorf("%s: want %q, got %q", in, want, got)
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestUpdateThenCompare(t *testing.T) {
	c := casefile.Of(write(t, "a.request.json", `{}`))
	made := casefile.Result{Output: []byte(`{"events":[{"type":"<t>"}]}`)}
	if d, err := c.Compare(made); err != nil || !strings.Contains(d, "nothing is expected yet") {
		t.Fatalf("%q, %v", d, err)
	}
	if err := c.Update(made); err != nil {
		t.Fatal(err)
	}
	if d, err := c.Compare(made); err != nil || d != "" {
		t.Errorf("after Update: %q, %v", d, err)
	}
	stopped := casefile.Result{Stop: "reject", Reason: "no"}
	if d, err := c.Compare(stopped); err != nil || !strings.Contains(d, `+   "stop": "reject"`) {
		t.Errorf("events expected, a stop came: %q, %v", d, err)
	}
	if err := c.Update(stopped); err != nil {
		t.Fatal(err)
	}
	if d, err := c.Compare(stopped); err != nil || d != "" {
		t.Errorf("after the second Update: %q, %v", d, err)
	}
	if _, err := os.Stat(strings.Replace(c.File, ".request.", ".events.", 1)); err == nil {
		t.Error("the file of events is still there")
	}
	if err := c.Update(casefile.Result{Output: []byte("no JSON")}); err == nil {
		t.Error("an output that is no JSON was written")
	}
}

func TestScenarioLeavesOutWhatTheGatewayDoes(t *testing.T) {
	step := func(path, status string) string {
		return `{"request":{"path":"` + path + `"},"response":{"status":` + status + `}}`
	}
	file := write(t, "a.scenario.json", `{"given":{"event":{},"a":1,"config":{"b":2}},"config":{"c":3},"exchange":[`+
		strings.Join([]string{step("/oauth/token", "200"), step("/a", "401"), step("/oauth/token", "200"), step("/a", "200"), step("/b", "401")}, ",")+`]}`)
	s, err := casefile.ReadScenario(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Steps) != 2 || s.Steps[0].Through != 4 || s.Steps[1].Through != 5 || s.Steps[1].Want.Path != "/b" {
		t.Errorf("steps %+v", s.Steps)
	}
	if string(s.Config) != `{"a":1,"b":2,"c":3}` {
		t.Errorf("config %s", s.Config)
	}
}

func TestBadFiles(t *testing.T) {
	if _, err := casefile.ReadScenario(write(t, "a.scenario.json", `{"given":{}}`)); err == nil || !strings.Contains(err.Error(), "given.event is missing") {
		t.Error(err)
	}
	if _, err := casefile.ReadRequest(write(t, "a.request.json", `{"body_file":"gone"}`)); err == nil || !strings.Contains(err.Error(), "body_file") {
		t.Error(err)
	}
	if _, err := casefile.ReadTransform(write(t, "a.transform.json", `{`)); err == nil || !strings.Contains(err.Error(), "a.transform.json") {
		t.Error(err)
	}
	if _, err := casefile.List(t.TempDir()); err == nil {
		t.Error("an empty folder has cases")
	}
}
