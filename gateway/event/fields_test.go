package event_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/event"
)

// TestFields holds the lists against the canonical readings: each field of an event is one that its type may have.
func TestFields(t *testing.T) {
	files, err := filepath.Glob("../testdata/canonical/*.event.json")
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var e map[string]any
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{}
		for _, f := range event.Fields(e["type"].(string)) {
			if known[f.Path] || f.Kind == "" {
				t.Errorf("%s: %+v", e["type"], f)
			}
			known[f.Path] = true
		}
		within(t, filepath.Base(file), "data", e["data"], known)
	}
	for _, typ := range event.Types() {
		if len(event.Fields(typ)) < 10 {
			t.Errorf("%s: %v", typ, event.Fields(typ))
		}
	}
	if event.Fields("call.exploded") != nil {
		t.Error("a type that is none has fields")
	}
}

func within(t *testing.T, file, path string, v any, known map[string]bool) {
	t.Helper()
	o, ok := v.(map[string]any)
	if known[path] || strings.HasPrefix(path, "data.extensions") {
		return
	}
	if !ok {
		t.Errorf("%s: %s is not listed", file, path)
	}
	for name, m := range o {
		within(t, file, path+"."+name, m, known)
	}
}
