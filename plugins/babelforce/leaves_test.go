package main

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

// TestNothingIsLost holds the expected events against the messages they were made of: each leaf of a message is in a field
// or, as it stood, under extensions, and never in both. The other tests show that the plugin makes these events.
func TestNothingIsLost(t *testing.T) {
	plugintest.Messages(t, 20, func(t *testing.T, file string) (any, bool) {
		body, ok := plugintest.Body(t, file).(map[string]any) // not a form, or a list
		return body, ok
	}, held, "testdata/in")
}

func held(t *testing.T, body any, event map[string]any) {
	t.Helper()
	came, kept, said := map[string]string{}, map[string]string{}, map[string]bool{}
	plugintest.EachLeaf(body, func(path, value string) { came[path] = value })
	data := event["data"].(map[string]any)
	extensions, _ := data["extensions"].(map[string]any)
	plugintest.EachLeaf(extensions["babelforce"], func(path, value string) { kept[path] = value })
	fields := maps.Clone(event)
	fields["data"] = maps.Clone(data)
	delete(fields["data"].(map[string]any), "extensions")
	delete(fields, "id_from")
	plugintest.EachLeaf(fields, func(_, value string) { said[value] = true })
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
