package main

import (
	"net/url"
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

// FuzzUnescape: what is a query's escape is read as the standard library reads it; anything else is no panic.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{"abc%3D%3D", "a+b", "%", "%f", "%zz", "%C3%BC%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := unescape(s)
		if want, err := url.QueryUnescape(s); err == nil && got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	})
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
