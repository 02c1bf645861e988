// Package availabilitytest holds the tests that the sources with the same kind of configuration (sdk/availability) have in common.
package availabilitytest

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

// Source runs a source's cases in the given folders, sends each of them round (receive, encode, receive), and holds what
// comes of at least so many of testdata's against the messages, leaf by leaf. Members named by dropped must be in no event.
func Source(t *testing.T, p plugintest.Plugin, vendor string, least int, folders []string, dropped ...string) {
	t.Helper()
	for _, folder := range folders {
		t.Run("cases", func(t *testing.T) { plugintest.Run(t, p, folder) })
		t.Run("round", func(t *testing.T) { plugintest.RoundTrip(t, p, folder) })
	}
	t.Run("leaves", func(t *testing.T) {
		if n := plugintest.Leaves(t, folders[0], vendor, dropped...); n < least {
			t.Errorf("only %d messages were checked", n)
		}
	})
}

// Configuration shows that a plugin refuses what could never have an effect. others are its keys besides account, types and
// status_base, in the order in which it names them.
func Configuration(t *testing.T, p plugintest.Plugin, others ...string) {
	t.Helper()
	keys := strings.Join(append(append([]string{"account"}, others...), "types"), ", ")
	for config, want := range map[string]string{
		`{"account":"a","types":{"x":"call.ended"},"status_base":{"Lunch":"unavailable"}}`: "",
		`{"acount":"a"}`: "acount: unknown key; the keys are " + keys + " and status_base",
		`{"types":7}`:    "types: want a table of names",
		`{"status_base":{"Lunch":"eating"}}`: `status_base: "Lunch" is set to "eating"; ` +
			"write a type, or in status_base available, limited, engaged, wrap_up, unavailable, offline or unknown",
	} {
		if got := plugintest.Refusal(p, config); got != want {
			t.Errorf("%s:\nwant %s\n got %s", config, want, got)
		}
	}
}
