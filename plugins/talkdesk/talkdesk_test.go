package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: configure, Receive: read, Format: write, Judge: decide, Encode: rebuild}

// TestFixtures reads a payload of each kind: those of Talkdesk's connector, an administrator's own, the one of Talkdesk's article.
func TestFixtures(t *testing.T) { plugintest.Run(t, plugin, "testdata") }

// TestCases reads what is missing, broken, turned off or nobody's, and plays deliveries.
func TestCases(t *testing.T) { plugintest.Run(t, plugin, "testdata/cases") }

// TestLists reads a payload that is a list; encode does not rebuild one.
func TestLists(t *testing.T) { plugintest.Run(t, plugin, "testdata/lists") }

// TestTriggers holds the triggers against the published list: all 25, and the one that only the connector has.
func TestTriggers(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "triggers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var published struct {
		Triggers     []struct{ Trigger, Canonical, Direction, Outcome string }
		Placeholders []struct{ Name, Path string }
	}
	if err := json.Unmarshal(text, &published); err != nil || len(published.Triggers) != 26 || len(triggers) != 26 {
		t.Fatal(len(published.Triggers), len(triggers), err)
	}
	for _, want := range published.Triggers {
		for _, name := range []string{want.Trigger, strings.ToUpper(want.Trigger) + ". "} {
			got, known := triggerOf(name)
			if !known || got.typ != want.Canonical || got.direction != want.Direction || got.outcome != want.Outcome {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
		}
	}
	if len(published.Placeholders) != len(fields) {
		t.Errorf("%d placeholders, want %d", len(fields), len(published.Placeholders))
	}
	for _, want := range published.Placeholders {
		if f, ok := fieldOf(want.Name, "call.ended"); !ok || f.path != strings.TrimPrefix(want.Path, "data.") {
			t.Errorf("%+v, want %+v", f, want)
		}
	}
}

// TestManifest: what the manifest says of triggers and placeholders, which `plugboard routes fields` shows, is what the plugin does.
func TestManifest(t *testing.T) {
	text, err := os.ReadFile("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var says struct {
		Triggers []struct{ Trigger, Type, Direction string }
		Words    []struct{ Word, Field string }
	}
	if err := json.Unmarshal(text, &says); err != nil || len(says.Triggers) != len(triggers) || len(says.Words) != len(fields) {
		t.Fatal(len(says.Triggers), len(says.Words), err)
	}
	for _, want := range says.Triggers {
		if got, known := triggerOf(want.Trigger); !known || got.typ != want.Type || got.direction != want.Direction {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	for _, want := range says.Words {
		f, ok := fieldOf(strings.Trim(want.Word, "{}"), "call.ended")
		if !ok || f.path != strings.TrimPrefix(want.Field, "data.") {
			t.Errorf("%+v, want %+v", f, want)
		}
	}
}

// TestRefused is what init refuses, with the place.
func TestRefused(t *testing.T) {
	tests := []struct{ config, want string }{
		{`{"account":"acme"}`, ""},
		{`{"trigger":"An agent logs in"}`, "template: is missing"},
		{`{"template":"{}"}`, "trigger: is missing"},
		{`{"trigger":"An agent logs in","template":"\"data\": {\n \"a\": \"{{agent_id}}\"\n}"}`, "template: line 1, column 7: it is not JSON"},
		{`{"trigger":"An agent logs in","template":"<a>\n<b>{{agent_id}}</a>"}`, "template: line 2, column 19: </a> closes no element"},
		{`{"trigger":"An agent logs in","format":"yaml","template":"{}"}`, "format: yaml is none of Talkdesk's"},
		{`{"automations":{"a":{"trigger":"An agent logs in","template":"{"}}}`, "automations.a.template: line 1, column 2"},
		{`{"automations":{"a":7}}`, "automations.a: want {"},
		{`{"trigger":"x","automations":{"a":{}}}`, "trigger and template stand beside automations"},
		{`{"placeholders":{"x":"call.id"}}`, `placeholders: "x" is set to "call.id"; write a field of the event`},
		{`{"status_base":{"x":"busy"}}`, `status_base: "x" is set to "busy"`},
		{`{"trigers":"x"}`, "unknown key trigers"},
	}
	for _, test := range tests {
		got := plugintest.Refusal(plugin, test.config)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s:\nwant %s\n got %s", test.config, test.want, got)
		}
	}
}

func BenchmarkReceive(b *testing.B) {
	plugintest.Benchmark(b, plugin, "testdata/06-inbound-call-ends.request.json")
}
