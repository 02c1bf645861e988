package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: configure, Receive: read, Format: write, Judge: decide, Encode: rebuild}

// TestFixtures reads a webhook of each kind: JSON, XML, a form, a link, one that is broken.
func TestFixtures(t *testing.T) { plugintest.Run(t, plugin, "testdata") }

// TestCases reads what is missing or broken, and plays deliveries: the two examples of EddyDesk's article, the ban.
func TestCases(t *testing.T) { plugintest.Run(t, plugin, "testdata/cases") }

// TestLists reads a layout with tags in a list; encode gives such a list the layout's own elements.
func TestLists(t *testing.T) { plugintest.Run(t, plugin, "testdata/lists") }

// TestTargets plays what was written down of EddyDesk's API.
func TestTargets(t *testing.T) { plugintest.Run(t, plugin, "testdata/targets") }

// TestConditions holds the conditions and tags against the published lists.
func TestConditions(t *testing.T) {
	text, err := os.ReadFile("testdata/map.json")
	if err != nil {
		t.Fatal(err)
	}
	var published struct {
		Conditions []struct{ Condition, Canonical string }
		Tags       []struct{ Tag, Path string }
	}
	if err := json.Unmarshal(text, &published); err != nil || len(published.Conditions) != 12 || len(published.Tags) != 24 {
		t.Fatal(len(published.Conditions), len(published.Tags), err)
	}
	for _, want := range published.Conditions {
		if got := conditionOf(" " + strings.ToUpper(want.Condition)); got.typ != want.Canonical {
			t.Errorf("%s: %s, want %s", want.Condition, got.typ, want.Canonical)
		}
	}
	for _, want := range published.Tags {
		tag := strings.Replace(want.Tag, "_N", "_7", 1)
		f := fieldOf(tag)
		if path := strings.Replace(f.path, ".7", ".N", 1); path == "" || !strings.Contains(want.Path, path) || !strings.Contains(want.Path, f.also) {
			t.Errorf("%s: %s and %s, want %s", tag, f.path, f.also, want.Path)
		}
	}
}

// TestManifest: what the manifest says of conditions and tags, which `plugboard routes fields` shows, is what the plugin does.
func TestManifest(t *testing.T) {
	text, err := os.ReadFile("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var says struct {
		Triggers []struct{ Trigger, Type string }
		Words    []struct{ Word, Field string }
	}
	if err := json.Unmarshal(text, &says); err != nil || len(says.Triggers) != 12 || len(says.Words) != len(tags)+1 {
		t.Fatal(len(says.Triggers), len(says.Words), err)
	}
	for _, want := range says.Triggers {
		if got := conditionOf(want.Trigger); got.typ != want.Type {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	for _, want := range says.Words {
		f := fieldOf(strings.Trim(want.Word, "{}"))
		if f.path != strings.TrimPrefix(want.Field, "data.") && want.Word != "{status_id}" { // a known status, else a code
			t.Errorf("%+v, want %+v", f, want)
		}
	}
}

// TestRefused is what init refuses, with the place.
func TestRefused(t *testing.T) {
	tests := []struct{ config, want string }{
		{`{}`, ""},
		{`{"template":"{\"id\": \"{ticket_id}\",}"}`, "template: line 1, column 22: it is not JSON"},
		{`{"template":"<a>{ticket_id}</b>"}`, "template: line 1, column"},
		{`{"template":"https://gw.example/{ticket_id}?a=1"}`, "template: line 1, column 20: {ticket_id} stands in front of the question mark"},
		{`{"link":"https://{ticket_id}.example/"}`, "link: {ticket_id} stands where it would choose the host"},
		{`{"timezone":"Europe/Nowhere"}`, "timezone: Europe/Nowhere is no time zone"},
		{`{"tags":{"x":"ticket.id"}}`, `tags: "x" is set to "ticket.id"`},
		{`{"last_reply":"anybody"}`, "last_reply: want requester or staff"},
		{`{"method":"get"}`, "method: EddyDesk has GET"},
		{`{"format":"yaml","template":"{}"}`, "format: yaml is none"},
		{`{"rule":"New request"}`, "unknown key rule"},
	}
	for _, test := range tests {
		got := plugintest.Refusal(plugin, test.config)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s:\nwant %s\n got %s", test.config, test.want, got)
		}
	}
}

func BenchmarkReceive(b *testing.B) {
	plugintest.Benchmark(b, plugin, "testdata/01-new-request.request.json")
}
