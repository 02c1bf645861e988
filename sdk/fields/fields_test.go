package fields_test

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/fields"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/plugintest"
)

var table = fields.Table{{"agent.id", "user.id"}, {"call.from", "ani"}}

func TestTable(t *testing.T) {
	doc, err := jsondoc.Parse([]byte(`{"user":{"id":7},"ani":"+1","who":{"number":"+2"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ config, field, at, value, below string }{
		{`{}`, "agent.id", "user.id", "7", "body.user.id"},
		{`{}`, "call.from", "ani", "+1", "body.ani"},
		{`{}`, "call.to", "", "", ""},
		{`{"fields":{"call.from":"who.number"}}`, "call.from", "who.number", "+2", "body.who.number"},
		{`{"fields":{"call.from":"who.number"}}`, "agent.id", "user.id", "7", "body.user.id"},
		{`{"fields":{"call.from":""}}`, "call.from", "", "", ""},
	} {
		with(t, tt.config, func(places fields.Table) {
			if at, value, below := places.At(tt.field), places.Of(doc.Root(), tt.field).Str(), places.Below("body.", tt.field); at != tt.at || value != tt.value || below != tt.below {
				t.Errorf("%s, %s: at %q, %q below, value %q; want %q, %q, %q", tt.config, tt.field, at, below, value, tt.at, tt.below, tt.value)
			}
		})
	}
	if table[1][1] != "ani" {
		t.Error("a configuration has changed the plugin's own table")
	}
}

// with reads the table as a plugin does that is configured so.
func with(t *testing.T, config string, do func(fields.Table)) {
	t.Helper()
	asked := false
	refused := plugintest.Refusal(plugintest.Plugin{Init: func() error {
		places, err := table.Configured()
		if asked = err == nil; asked {
			do(places)
		}
		return err
	}}, config)
	if !asked {
		t.Errorf("%s: refused: %s", config, refused)
	}
}

func TestRefused(t *testing.T) {
	for config, want := range map[string]string{
		`{"fields":"ani"}`:             "fields: want a table of places",
		`{"fields":{"call.fron":"x"}}`: "fields: unknown field call.fron; the fields are agent.id, call.from",
		`{"fields":{"call.from":7}}`:   `fields: call.from is set to 7; write the way to its value, such as "ani"`,
	} {
		got := plugintest.Refusal(plugintest.Plugin{Init: func() error { _, err := table.Configured(); return err }}, config)
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", config, got, want)
		}
	}
}
