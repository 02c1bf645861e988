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

// TestRoundTrip encodes what was received, and receives it again.
func TestRoundTrip(t *testing.T) {
	plugintest.RoundTrip(t, plugin, "testdata")
	plugintest.RoundTrip(t, plugin, "testdata/cases")
}

// The sum of a comment's text does not hang on its white space, and hangs on everything else.
func TestCommentEcho(t *testing.T) {
	_, a := commentEcho("5158", "Hello  Zoë,\r\nsee log ✅\n")
	_, b := commentEcho("5158", "Hello Zoë, see log ✅")
	_, c := commentEcho("5158", "Hello Zoe, see log ✅")
	if a != b || b == c {
		t.Errorf("%s, %s, %s", a, b, c)
	}
}
