package main

import (
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

// TestNothingIsLost holds the expected events against the messages they were made of: each leaf of a message is in the
// event, in a field or under extensions, and what is under extensions stands there as it stood in the message. The
// other tests show that the plugin makes these events; this one, that they are the right ones to expect.
func TestNothingIsLost(t *testing.T) {
	plugintest.Messages(t, 40, func(t *testing.T, file string) (any, bool) {
		message := plugintest.Body(t, file)
		_, text := message.(string)
		return message, !text && message != nil
	}, held, "testdata", "testdata/cases")
}

func held(t *testing.T, message any, event map[string]any) {
	t.Helper()
	said := map[string]bool{}
	plugintest.EachLeaf(event, func(_, value string) { said[value] = true })
	plugintest.EachLeaf(message, func(path, value string) {
		if !said[value] && !said[lower(value)] && !said[instant(value)] && !said[value[strings.LastIndex(value, ":")+1:]] {
			t.Errorf("%s: %s is nowhere in the event", path, value)
		}
	})
	data, _ := event["data"].(map[string]any)
	extensions, _ := data["extensions"].(map[string]any)
	kept := extensions["zendesk"]
	if list, ok := message.([]any); ok {
		kept, message = kept.(map[string]any)["body"], list
	}
	came := map[string]string{}
	plugintest.EachLeaf(message, func(path, value string) { came[path] = value })
	plugintest.EachLeaf(kept, func(path, value string) {
		if came[path] != value {
			t.Errorf("extensions have %s at %s, where the message has %q", value, path, came[path])
		}
	})
}

// instant is a time in canonical form; "" for what is none.
func instant(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
