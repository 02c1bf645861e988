package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNothingIsLost holds the expected events against the messages they were made of: each leaf of a message is in the
// event, in a field or under extensions, and what is under extensions stands there as it stood in the message. The
// other tests show that the plugin makes these events; this one, that they are the right ones to expect.
func TestNothingIsLost(t *testing.T) {
	checked := 0
	for _, pattern := range []string{"testdata/*.events.json", "testdata/cases/*.events.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			message, ok := body(t, strings.TrimSuffix(file, ".events.json")+".request.json")
			if !ok {
				continue
			}
			checked++
			t.Run(strings.TrimSuffix(filepath.Base(file), ".events.json"), func(t *testing.T) {
				held(t, message, load(t, file).(map[string]any)["events"].([]any)[0])
			})
		}
	}
	if checked < 40 {
		t.Errorf("only %d messages were checked", checked)
	}
}

func held(t *testing.T, message, event any) {
	t.Helper()
	said := map[string]bool{}
	leaves(event, "", func(_, value string) { said[value] = true })
	leaves(message, "", func(path, value string) {
		if !said[value] && !said[lower(value)] && !said[instant(value)] && !said[value[strings.LastIndex(value, ":")+1:]] {
			t.Errorf("%s: %s is nowhere in the event", path, value)
		}
	})
	data, _ := event.(map[string]any)["data"].(map[string]any)
	extensions, _ := data["extensions"].(map[string]any)
	kept := extensions["zendesk"]
	if list, ok := message.([]any); ok {
		kept, message = kept.(map[string]any)["body"], list
	}
	came := map[string]string{}
	leaves(message, "", func(path, value string) { came[path] = value })
	leaves(kept, "", func(path, value string) {
		if came[path] != value {
			t.Errorf("extensions have %s at %s, where the message has %q", value, path, came[path])
		}
	})
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

// instant is a time in canonical form; "" for what is none.
func instant(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// body is a request's body, where that is JSON.
func body(t *testing.T, file string) (message any, ok bool) {
	t.Helper()
	request := load(t, file).(map[string]any)
	if name, ok := request["body_file"].(string); ok {
		return load(t, filepath.Join(filepath.Dir(file), name)), true
	}
	_, text := request["body"].(string)
	return request["body"], !text && request["body"] != nil
}

func load(t *testing.T, file string) (v any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v
}
