package main

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/plugintest"
)

var plugin = plugintest.Plugin{Init: configure, Format: write}

func TestScenarios(t *testing.T) { plugintest.Run(t, plugin, "testdata") }

// A configuration that cannot work is refused when it is taken into use, with the key and the place.
func TestConfigure(t *testing.T) {
	tests := []struct{ config, want string }{
		{`{}`, ""},
		{`{"url":"https://crm.example/events"}`, ""},
		{`{"uri":"https://crm.example"}`, "uri: unknown key; the keys are method, url, headers, format, mode, type_prefix, body and effect"},
		{`{"format":"yaml"}`, "format: yaml is none of json, cloudevent, xml, form, query, text"},
		{`{"format":7}`, "format: want a text"},
		{`{"method":"GET /"}`, "method: GET / is not a method; write GET, POST, PUT, PATCH or DELETE"},
		{`{"url":"https://{{data.host}}/"}`, "url: line 1, column 9: a value cannot choose the link's scheme or host: write them out, or begin with a slash"},
		{`{"url":"https://crm.example/#top"}`, "url: what follows # is never sent; leave it out"},
		{`{"url":"https://crm.example/a b"}`, "url: result holds a space, a line end or another control character"},
		{`{"headers":"x"}`, "headers: want a table of names and values"},
		{`{"headers":{"x y":"z"}}`, "headers: x y is not a header's name"},
		{`{"headers":{"x":1}}`, "headers.x: want a text"},
		{`{"headers":{"x":"a\nb"}}`, "headers.x: result is not one line: it holds a line end or another control character"},
		{`{"headers":{"x":"{{{a}}}"}}`, "headers.x: line 1, column 1: three braces: values are always escaped; write two, with a space after a brace that is meant"},
		{`{"effect":{"key":"agent/7"}}`, `effect: want { key = "…", value = "…" }, what the request will cause`},
		{`{"effect":{"key":"agent/{{}}","value":""}}`, "effect.key: line 1, column 7: {{}} has no name in it"},
		{`{"format":"xml"}`, "body: format xml needs a template"},
		{`{"format":"cloudevent","mode":"binary","type_prefix":"com.example.cc."}`, ""},
		{`{"format":"cloudevent","mode":"nested"}`, "mode: nested is none of structured, binary, batch"},
		{`{"mode":"binary"}`, `mode: is for format = "cloudevent" alone`},
		{`{"type_prefix":"x."}`, `type_prefix: is for format = "cloudevent" alone; a template writes it where it wants it`},
		{`{"format":"cloudevent","type_prefix":"a\nb"}`, "type_prefix: want letters, digits, dots and hyphens"},
		{`{"format":"cloudevent","body":"{}"}`, `body: format cloudevent sends the event itself; leave body out, or write format = "json"`},
		{`{"body":"{\n \"a\": {{}}\n}"}`, "body: line 2, column 7: {{}} has no name in it"},
		{`{"body":"{\"a\": 1,}"}`, "body: result is not JSON: want a member's name in quotes (byte 8)"},
		{`{"format":"xml","body":"<a>"}`, "body: result is not XML: element a is not closed"},
		{`{"format":"xml","body":"<{{type}}/>"}`, "body: line 1, column 2: inside a tag a value can only stand in an attribute's quotes"},
	}
	for _, test := range tests {
		got := plugintest.Refusal(plugin, test.config)
		if got != test.want {
			t.Errorf("%s:\nwant %s\n got %s", test.config, test.want, got)
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	plugintest.Benchmark(b, plugin, "testdata/json-template.scenario.json")
}
