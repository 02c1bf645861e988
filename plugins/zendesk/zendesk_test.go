package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: checkConfig, Receive: read, Format: write, Judge: decide, Encode: rebuild}

// TestFixtures reads one message of each kind, from the fields that Zendesk documents.
func TestFixtures(t *testing.T) { plugintest.Run(t, plugin, "testdata") }

// TestCases reads what is missing, misplaced, of another kind than expected, or not Zendesk's at all.
func TestCases(t *testing.T) { plugintest.Run(t, plugin, "testdata/cases") }

// TestDeliveries plays what is asked of Zendesk, and its answers.
func TestDeliveries(t *testing.T) { plugintest.Run(t, plugin, "testdata/out") }

// TestConfig shows what a configuration is refused for, as the trial before it is taken into use does.
func TestConfig(t *testing.T) { plugintest.Run(t, plugin, "testdata/config") }

// A page's cursor, as it is in links that JSON:API writes.
func TestNextPage(t *testing.T) {
	for in, want := range map[string]string{"": "", "a+b%3D%3d": "a b==", "%": "%", "%4": "%4", "%zz%41": "%zzA", "ü%C3%BC": "üü"} {
		if got := unescape(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestRoundTrip encodes what was received, and receives it again.
func TestRoundTrip(t *testing.T) {
	plugintest.RoundTrip(t, plugin, "testdata")
	plugintest.RoundTrip(t, plugin, "testdata/cases")
}
