package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNothingIsLost holds the expected events against the messages they were made of: each leaf of a message is in a field
// or, as it stood, under extensions, and never in both. The other tests show that the plugin makes these events.
func TestNothingIsLost(t *testing.T) {
	files, err := filepath.Glob("testdata/in/*.events.json")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, file := range files {
		var request, expected map[string]any
		load(t, strings.TrimSuffix(file, ".events.json")+".request.json", &request)
		load(t, file, &expected)
		body, ok := request["body"].(map[string]any)
		if !ok {
			continue // a form, a list
		}
		checked++
		t.Run(filepath.Base(file), func(t *testing.T) { held(t, body, expected["events"].([]any)[0].(map[string]any)) })
	}
	if checked < 20 {
		t.Errorf("only %d messages were checked", checked)
	}
}

func held(t *testing.T, body, event map[string]any) {
	came, kept, said := map[string]string{}, map[string]string{}, map[string]bool{}
	leaves(body, "", func(path, value string) { came[path] = value })
	data := event["data"].(map[string]any)
	extensions, _ := data["extensions"].(map[string]any)
	leaves(extensions["babelforce"], "", func(path, value string) { kept[path] = value })
	fields := maps.Clone(event)
	fields["data"] = maps.Clone(data)
	delete(fields["data"].(map[string]any), "extensions")
	delete(fields, "id_from")
	leaves(fields, "", func(_, value string) { said[value] = true })
	for path, value := range came {
		inField := said[value] || said[instant(value)]
		if placeholder(value) {
			inField = true // no value
		}
		switch _, stays := kept[path]; {
		case !stays && !inField:
			t.Errorf("%s: %q is nowhere in the event", path, value)
		case stays && placeholder(value):
			t.Errorf("%s: the placeholder %s was kept", path, value)
		}
	}
	for path, value := range kept {
		// Lists close up where a placeholder was left out, and what a flag says is in the base in other words.
		if came[path] != value && !strings.Contains(path, ".tags.") {
			t.Errorf("extensions have %s at %s, where the message has %q", value, path, came[path])
		}
	}
}

// leaves calls do for each scalar that is not empty.
func leaves(v any, path string, do func(path, value string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, m := range v {
			leaves(m, path+"."+name, do)
		}
	case []any:
		for i, m := range v {
			leaves(m, fmt.Sprintf("%s.%d", path, i), do)
		}
	case nil:
	default:
		if s := fmt.Sprint(v); s != "" {
			do(path, s)
		}
	}
}

// instant is a time as the event has it; "" for what is none.
func instant(s string) string {
	if s == "2025-10-26 02:30:00" { // comes twice that day in Berlin, and package time may take either
		return "2025-10-26T00:30:00Z"
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05.999"} {
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			return ""
		}
		if t, err := time.ParseInLocation(layout, s, berlin); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	var n int64
	if _, err := fmt.Sscanf(s, "%d", &n); err == nil && len(s) == 13 {
		return time.UnixMilli(n).UTC().Format(time.RFC3339Nano)
	} else if err == nil && len(s) == 10 {
		return time.Unix(n, 0).UTC().Format(time.RFC3339Nano)
	}
	return ""
}

func load(t *testing.T, file string, into any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
