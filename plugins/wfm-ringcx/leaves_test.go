package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

// TestCanonical holds the expected events against the canonical ones, field for field. An id is the gateway's to make.
func TestCanonical(t *testing.T) { plugintest.Canonical(t, "testdata", 4) }

// TestNothingIsLost holds the expected events against the messages they were made of: each field is in the event, in one
// place, and what is under extensions stands there as it stood in the message.
func TestNothingIsLost(t *testing.T) {
	plugintest.Messages(t, 45, fields, func(t *testing.T, message any, event map[string]any) {
		for _, fault := range compare(message, event) {
			t.Error(fault)
		}
	}, "testdata", "testdata/cases")
	t.Run("control", func(t *testing.T) {
		event := plugintest.Load(t, "testdata/08-state-working-pending.events.json").(map[string]any)["events"].([]any)[0].(map[string]any)
		message, _ := fields(t, "testdata/08-state-working-pending.request.json")
		delete(event["data"].(map[string]any)["agent"].(map[string]any), "login_id")
		event["data"].(map[string]any)["extensions"].(map[string]any)["wfm-ringcx"].(map[string]any)["username"] = message.(map[string]any)["username"]
		if faults := compare(message, event); len(faults) != 2 {
			t.Errorf("a lost field and a doubled one: %v", faults)
		}
	})
}

func compare(message any, event map[string]any) []string {
	return plugintest.Members(message.(map[string]any), event, vendor, func(name, value string, _ map[string]bool) bool {
		return name == "pending_disp" || instant(value)
	})
}

// instant says whether a text is a time, which an event has in another spelling; other tests compare them.
func instant(s string) bool {
	_, err := time.Parse(time.DateTime, s)
	_, also := time.Parse("2006-01-02T15:04:05", s)
	_, own := time.Parse("2006-01-02T15:04:05Z07:00", s)
	return err == nil || also == nil || own == nil
}

// fields are a message's: of its JSON, its form or its link; false where the case is not about that.
func fields(t *testing.T, file string) (any, bool) {
	t.Helper()
	body := plugintest.Body(t, file)
	pairs, isText := body.(string)
	if body == nil {
		_, pairs, isText = strings.Cut(plugintest.Load(t, file).(map[string]any)["target"].(string), "?")
	}
	if !isText {
		message, ok := body.(map[string]any)
		return message, ok
	}
	values, err := url.ParseQuery(pairs)
	if err != nil || strings.Contains(pairs, "%FF") || len(values) == 0 {
		return nil, false // of broken escapes the plugin makes more than the standard library
	}
	message := map[string]any{}
	for name := range values {
		if name != "token" { // which that case ignores
			message[name] = values.Get(name)
		}
	}
	return message, true
}
