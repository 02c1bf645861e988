package main

import (
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

// TestCanonical holds the expected events against the canonical ones, field for field. An id is the gateway's to make.
func TestCanonical(t *testing.T) { plugintest.Canonical(t, "testdata", 3) }

// TestNothingIsLost holds the expected events against the messages they were made of: each field is in the event, in one
// place, and what is under extensions stands there as it stood in the message.
func TestNothingIsLost(t *testing.T) {
	plugintest.Messages(t, 45, fields, func(t *testing.T, message any, event map[string]any) {
		for _, fault := range compare(message, event) {
			t.Error(fault)
		}
	}, "testdata", "testdata/cases")
	t.Run("control", func(t *testing.T) {
		event := plugintest.Load(t, "testdata/04-call-ended.events.json").(map[string]any)["events"].([]any)[0].(map[string]any)
		message, _ := fields(t, "testdata/04-call-ended.request.json")
		delete(event["data"].(map[string]any)["call"].(map[string]any), "recording_file")
		event["data"].(map[string]any)["extensions"].(map[string]any)["ziwo"].(map[string]any)["otherLegCallID"] = message.(map[string]any)["otherLegCallID"]
		if faults := compare(message, event); len(faults) != 2 {
			t.Errorf("a lost field and a doubled one: %v", faults)
		}
	})
}

func compare(message any, event map[string]any) []string {
	return plugintest.Members(message.(map[string]any), event, vendor, func(name, value string, said map[string]bool) bool {
		return said[strings.ToLower(value)] || name == "startedAtEpoch" || instant(value)
	}, "action") // it repeats the type
}

// instant says whether a text is a time, which an event has in another spelling; other tests compare them.
func instant(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// fields are a message's; false where it is no object.
func fields(t *testing.T, file string) (any, bool) {
	t.Helper()
	message, ok := plugintest.Body(t, file).(map[string]any)
	return message, ok
}
