package wasm

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestInterfacePage holds the table of functions of sdk/INTERFACE.md to what the host offers: each stands there, with as many
// parameters, and an answer where it has one.
func TestInterfacePage(t *testing.T) {
	page, err := os.ReadFile("../../sdk/INTERFACE.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)\\(([^)]*)\\)( -> [a-z]+)?` \\|").FindAllStringSubmatch(string(page), -1) {
		name, params, answers := row[1], strings.FieldsFunc(row[2], func(r rune) bool { return r == ',' }), row[3] != ""
		f, known := plugboardV1[name]
		if found[name] = true; !known {
			t.Errorf("%s is no function of the host", name)
			continue
		}
		if len(params) != len(f.signature.Params) || answers != (f.signature.Results != "") {
			t.Errorf("%s is said to take %d and to answer: %v; it is %s", name, len(params), answers, f.signature)
		}
	}
	for name := range plugboardV1 {
		if !found[name] {
			t.Errorf("%s is not in the table", name)
		}
	}
	for f := range functions {
		if !strings.Contains(string(page), "\n| `"+f.String()+"` |") {
			t.Errorf("export %s is not in the table", f)
		}
	}
}
