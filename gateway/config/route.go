package config

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/plugboard/plugboard/gateway/secret"
)

var names = kind{"a list of names", `["zendesk"]`}

var routeSettings = []setting[Route]{
	{key: "name", required: `write name = "…": it is shown with every delivery`, meaning: "shown with every delivery",
		reads: word(kind{"a text of one line, at most 100 letters", `"tickets to crm"`}, func(r *Route) *string { return &r.Name }, validTitle)},
	{key: "from", def: []any{}, meaning: "sources; left out: every one",
		why:   "every source that somebody sends from; the gateway's own events (plugboard) are asked for by name",
		reads: words(names, kind{"a source", `"zendesk"`}, func(r *Route) *[]string { return &r.From }, validName)},
	{key: "types", def: []any{}, meaning: "event types, * at the end allowed; left out: every one",
		why:   "every type: a condition can still narrow it",
		reads: types()},
	{key: "when", def: "", meaning: "a condition on the event; left out: always",
		why:   "always",
		reads: expression(`'data.scope == "unified"'`, func(r *Route) *string { return &r.When })},
	{key: "via", def: []any{}, meaning: "transform plugins, in order",
		why:   "none: the destination's plugin reads the event as it came",
		reads: vias()},
	{key: "to", required: `write to = ["NAME"] with a destination's name`, meaning: "destinations",
		reads: destinations()},
	{key: "shadow", meaning: "a candidate that runs beside the destinations' plugin, compared and never sent",
		why:   "none: it costs a further call for each delivery",
		reads: shadow()},
	{key: "echoes", def: false, meaning: "whether echoes (a source's echo) are wanted too, as for a log",
		why:   "an echo that goes on is the beginning of a loop",
		reads: boolean(func(r *Route) *bool { return &r.Echoes })},
	{key: "enabled", def: true, meaning: "false: as if the route were not there",
		why:   "who writes a route wants it",
		reads: boolean(func(r *Route) *bool { return &r.Enabled })},
}

// destinations is a list of at least one name.
func destinations() reads[Route] {
	inner := words(names, kind{"a destination", `"babelforce"`}, func(r *Route) *[]string { return &r.To }, validName)
	read := inner.into
	inner.into = func(r *reader, n node, t *Route) {
		if items, ok := n.items(); ok && len(items) == 0 {
			r.fault(n, "the route goes nowhere", `write to = ["NAME"] with a destination's name, or enabled = false`)
		}
		read(r, n, t)
	}
	return inner
}

func validTitle(name string) bool {
	return strings.TrimSpace(name) == name && name != "" && len(name) <= 100 && strings.IndexFunc(name, unicode.IsControl) < 0
}

func routes() reads[Config] {
	k := kind{"a list of tables", "[]"}
	return reads[Config]{kind: k, inner: describe(routeSettings), into: func(r *reader, n node, c *Config) {
		items, ok := n.items()
		if !ok {
			r.fault(n, fmt.Sprintf("routes wants %s, has %s", k.wants, typeName(n.value)), "write [[routes]] with two pairs of brackets")
			return
		}
		for i, item := range items {
			route := &Route{Index: i}
			readTable(r, item, routeSettings, route)
			c.Routes = append(c.Routes, route)
		}
	}}
}

var viaSettings = []setting[Via]{
	{key: "plugin", required: "write plugin = \"NAME\"", meaning: "changes the event", reads: plugin(func(v *Via) *string { return &v.Plugin })},
	{key: "config", def: map[string]any{}, meaning: "handed to the plugin",
		why:   "nothing: each plugin has its own keys and defaults",
		reads: pluginConfig(func(v *Via) *Settings { return &v.Config })},
}

func vias() reads[Route] {
	k := kind{"a list of tables", `[{ plugin = "NAME" }]`}
	return reads[Route]{kind: k, inner: describe(viaSettings), into: func(r *reader, n node, t *Route) {
		items, ok := n.items()
		if !ok {
			r.wrong(n, k)
			return
		}
		for _, item := range items {
			v := Via{Vault: &secret.Vault{}}
			r.vault = v.Vault
			readTable(r, item, viaSettings, &v)
			r.vault = nil
			t.Via = append(t.Via, v)
		}
	}}
}

// shadow has no default for config: left out, it is the destination's.
var shadowSettings = []setting[Via]{
	{key: "plugin", required: "write plugin = \"NAME\"", meaning: "the candidate", reads: plugin(func(v *Via) *string { return &v.Plugin })},
	{key: "config", meaning: "handed to it in place of the destination's",
		why:   "the destination's: a candidate is compared on equal terms",
		reads: pluginConfig(func(v *Via) *Settings { return &v.Config })},
}

func shadow() reads[Route] {
	k := kind{"a table", `{ plugin = "NAME" }`}
	return reads[Route]{kind: k, inner: describe(shadowSettings), into: func(r *reader, n node, t *Route) {
		t.Shadow = &Via{Vault: &secret.Vault{}}
		r.vault = t.Shadow.Vault
		readTable(r, n, shadowSettings, t.Shadow)
		r.vault = nil
	}}
}
