package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{
	Init: checkConfig, Receive: read, Format: write, Judge: decide, Encode: rebuild,
	Ignore: []string{"stored_refresh_token"}, // tokens are the gateway's
}

// TestScenarios plays the deliveries that were written down from babelforce's description.
func TestScenarios(t *testing.T) {
	dir := t.TempDir()
	files, err := filepath.Glob("testdata/*.scenario.json")
	if err != nil || len(files) != 7 {
		t.Fatalf("%d scenarios, %v; want 7", len(files), err)
	}
	for _, file := range files {
		play(t, dir, file, scenario(t, file))
	}
	plugintest.Run(t, plugin, dir)
}

// TestCases plays what can go otherwise.
func TestCases(t *testing.T) { plugintest.Run(t, plugin, "testdata/cases") }

// TestMessages reads what babelforce's task automation posts, in the layout that the README proposes and in others.
func TestMessages(t *testing.T) { plugintest.Run(t, plugin, "testdata/in") }

// TestOfOthers makes babelforce's messages of other systems' events.
func TestOfOthers(t *testing.T) { plugintest.Run(t, plugin, "testdata/encode") }

const presences = "08-presence-list.exchange.json"

// TestPresenceList plays the one scenario that has a request and no event: the list is asked for when a state is not in
// the map and unmapped is "check". A state that is in the list goes on to the look-up, any other ends there.
func TestPresenceList(t *testing.T) {
	dir := t.TempDir()
	for state, end := range map[string]map[string]any{
		"dinner": {"dead": true, "reason": `presence "dinner" does not exist in babelforce`},
		"lunch":  {"dead": true, "reason": "agent not found"},
	} {
		s := scenario(t, filepath.Join("testdata", presences))
		s["given"] = map[string]any{"unmapped": "check", "event": map[string]any{"type": "agent.state.changed", "data": map[string]any{
			"scope": "unified", "agent": map[string]any{"id": "8447388090494"}, "state": map[string]any{"name": state, "base": "unknown"}}}}
		s["expect"] = end
		if state == "lunch" {
			notFound := scenario(t, "testdata/03-agent-not-found.scenario.json")
			s["exchange"] = append(s["exchange"].([]any), notFound["exchange"].([]any)...)
		}
		play(t, dir, state+".scenario.json", s)
	}
	plugintest.Run(t, plugin, dir)
}

// TestConfig shows what a configuration is refused for, as the trial before it is taken into use does.
func TestConfig(t *testing.T) { plugintest.Run(t, plugin, "testdata/config") }

// scenario reads one.
func scenario(t *testing.T, file string) map[string]any {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return s
}

// play puts a scenario into the folder that is to be run.
func play(t *testing.T, dir, file string, s map[string]any) {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), b, 0o600); err != nil {
		t.Fatal(err)
	}
}
