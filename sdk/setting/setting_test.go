package setting_test

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/setting"
)

// TestRefusals: what is of another kind than wanted is refused with the key and what to write; what is right is read.
func TestRefusals(t *testing.T) {
	var (
		table setting.Table
		text  string
		list  []string
	)
	readers := map[string]func(v jsondoc.Value) error{
		"table": func(v jsondoc.Value) error { return table.Read("k", v) },
		"words": func(v jsondoc.Value) error { return new(setting.Table).Read("k", v, "on", "off") },
		"text":  func(v jsondoc.Value) error { return setting.Text("k", v, &text) },
		"list":  func(v jsondoc.Value) error { return setting.List("k", v, &list) },
		"oneOf": func(v jsondoc.Value) error { _, err := setting.OneOf("k", v, "on", "off"); return err },
	}
	for _, test := range []struct{ reader, value, want string }{
		{"table", `{"a":"1","B":"2"}`, ""}, {"table", `[]`, `k is not a table; write k = { "name" = "…" }`}, {"table", `{"a":1}`, `k: "a" is not set to a text`},
		{"words", `{"a":"on"}`, ""}, {"words", `{"a":"of"}`, `k: "a" is "of"; write on or off`},
		{"text", `"x"`, ""}, {"text", `7`, "k is not a text"},
		{"list", `["x","y"]`, ""}, {"list", `"x"`, `k is not a list of texts; write k = ["…"]`}, {"list", `["x",7]`, "k holds something that is not a text"},
		{"oneOf", `"off"`, ""}, {"oneOf", `"x"`, `k is "x"; write on or off`}, {"oneOf", `true`, `k is "true"; write on or off`},
	} {
		doc, err := jsondoc.Parse([]byte(test.value))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := readers[test.reader](doc.Root()); err != nil {
			got = err.Error()
		}
		if test.want == "" && got != "" || !strings.HasSuffix(got, test.want) {
			t.Errorf("%s of %s: %q, want %q", test.reader, test.value, got, test.want)
		}
	}
	for name, want := range map[string]string{"A": "1", "b": "2", "c": "", "": ""} {
		if got, ok := table.Find(name, strings.EqualFold); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", name, got, ok, want)
		}
	}
}
