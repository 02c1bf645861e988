package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: checkConfig, Receive: read, Encode: rebuild}

// TestCases reads messages built from the fields that are documented, and what is missing, unknown or broken.
func TestCases(t *testing.T) { plugintest.Run(t, plugin, "testdata") }

// TestRoundTrip encodes what was received, and receives it again.
func TestRoundTrip(t *testing.T) { plugintest.RoundTrip(t, plugin, "testdata") }

// A configuration that could never have an effect is refused.
func TestConfigure(t *testing.T) {
	for config, want := range map[string]string{
		`{"account":"a","types":{"x":"call.ended"},"status_base":{"Lunch":"unavailable"}}`: "",
		`{"acount":"a"}`: "acount: unknown key; the keys are account, types and status_base",
		`{"types":7}`:    "types: want a table of names",
		`{"status_base":{"Lunch":"eating"}}`: `status_base: "Lunch" is set to "eating"; ` +
			"write a type, or in status_base available, limited, engaged, wrap_up, unavailable, offline or unknown",
	} {
		if got := plugintest.Refusal(plugin, config); got != want {
			t.Errorf("%s:\nwant %s\n got %s", config, want, got)
		}
	}
}

// TestNothingIsLost: each leaf of a message is in a field or under extensions, and not in both.
func TestNothingIsLost(t *testing.T) {
	if n := plugintest.Leaves(t, "testdata", "aircall", "token"); n < 12 {
		t.Errorf("only %d messages were checked", n)
	}
}
