package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: configure, Format: write, Judge: decide}

// TestScenarios plays what Slack documents of its incoming webhooks.
func TestScenarios(t *testing.T) { plugintest.Run(t, plugin, "testdata") }

// TestCases plays what can go otherwise.
func TestCases(t *testing.T) { plugintest.Run(t, plugin, "testdata/cases") }

// A configuration that cannot work is refused when it is taken into use, with the key and the place.
func TestConfigure(t *testing.T) {
	for config, want := range map[string]string{
		`{"text":"x"}`:       "",
		`{"blocks":[{}]}`:    "",
		`{}`:                 `text is missing: write a template, "*{{data.agent.name}}* is {{data.state.name}}", or give blocks`,
		`{"text":7}`:         "text: want a text",
		`{"text":"{{a b}}"}`: "text: line 1, column 1: the name a b holds a space, quote or brace; a name is a path such as data.agent.name",
		`{"blocks":{}}`:      "blocks: want a list of 1 to 50 blocks",
		`{"blocks":[]}`:      "blocks: want a list of 1 to 50 blocks",
		`{"blocks":[{"type":"x"},{"text":{"text":"{{#a}}"}}]}`: "blocks[1].text.text: line 1, column 7: section a is not closed: {{/a}} is missing",
		`{"channel":"#a"}`: "channel: unknown key; the keys are text and blocks",
	} {
		if got := plugintest.Refusal(plugin, config); got != want {
			t.Errorf("%s:\nwant %s\n got %s", config, want, got)
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	plugintest.Benchmark(b, plugin, "testdata/cases/blocks.scenario.json")
}
