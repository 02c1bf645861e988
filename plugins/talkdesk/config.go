package main

import (
	"cmp"
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

// automation is one automation, ready to be used.
type automation struct {
	key     string // its name in automations; "" for the only one
	vendors string // the trigger, as it is configured
	trigger trigger
	on      bool
	layout  *layout.Layout
	fields  []field // by slot; without a path the placeholder has no meaning
	url     string  // where it sends; "" is the destination's
}

var automations []automation

// configure reads the configuration. Its error names the key and, in a layout, the place.
func configure() error {
	automations = nil
	c := sdk.Config()
	for name, v := range c.Each {
		if err := checkKey(name, v); err != nil {
			return err
		}
	}
	if err := checkPlaceholders(c.Member("placeholders")); err != nil {
		return err
	}
	several := c.Member("automations")
	if several.Empty() {
		return readAutomation("", c)
	}
	if c.Member("trigger").Exists() || c.Member("template").Exists() {
		return sdk.Reject("trigger and template stand beside automations; put them in there, as one more")
	}
	for name, v := range several.Each {
		if v.Kind() != jsondoc.Object {
			return sdk.Reject("automations." + name + `: want { trigger = "…", template = "…" }`)
		}
		if err := readAutomation(name, v); err != nil {
			return err
		}
	}
	return nil
}

func checkKey(name string, v jsondoc.Value) error {
	switch name {
	case "status_base":
		for status, base := range v.Each {
			if !oneOf(base.Str(), "available", "limited", "engaged", "wrap_up", "unavailable", "offline", "unknown") {
				return sdk.Reject("status_base: \"" + status + "\" is set to \"" + base.Str() +
					"\"; write available, limited, engaged, wrap_up, unavailable, offline or unknown")
			}
		}
	case "template_syntax":
		if v.Str() != "talkdesk" {
			return sdk.Reject("template_syntax: Talkdesk has one, {{placeholder}}; leave it out")
		}
	case "template_file":
		return sdk.Reject("template_file: a plugin reads no files; write template = \"{{file." + v.Str() + "}}\"")
	case "unmapped":
		if !oneOf(v.Str(), "drop", "fail") {
			return sdk.Reject("unmapped: want drop or fail")
		}
	case "api_changes":
		if !oneOf(v.Str(), "drop", "send") {
			return sdk.Reject("api_changes: want drop or send")
		}
	case "user_id":
		if !strings.HasPrefix(v.Str(), "data.") {
			return sdk.Reject("user_id: want a field of the event, such as data.agent.external_id")
		}
	case "account", "timezone", "trigger", "template", "format", "enabled", "type", "direction", "outcome", "url", "automations", "placeholders",
		"status_map", "users", "current_status", "busy":
	default:
		return sdk.Reject("unknown key " + name + "; the README of the plugin has the keys")
	}
	return nil
}

func checkPlaceholders(table jsondoc.Value) error {
	for name, v := range table.Each {
		if path := v.Str(); !strings.HasPrefix(path, "data.") || len(path) == len("data.") || strings.HasPrefix(path, "data.extensions") {
			return sdk.Reject("placeholders: \"" + name + "\" is set to \"" + path + "\"; write a field of the event, such as data.call.queue.name")
		}
	}
	return nil
}

// readAutomation reads one automation; none where there is neither trigger nor template.
func readAutomation(key string, c jsondoc.Value) error {
	at := func(name string) string {
		if key == "" {
			return name
		}
		return "automations." + key + "." + name
	}
	name, written := c.Member("trigger").Str(), c.Member("template").Str()
	if key == "" && name == "" && written == "" {
		return nil
	}
	if name == "" {
		return sdk.Reject(at("trigger") + `: is missing; write the trigger's name as Talkdesk has it, such as "An agent status changes"`)
	}
	if written == "" {
		return sdk.Reject(at("template") + ": is missing; write the payload as it stands in Talkdesk, or \"{{file.PATH}}\"")
	}
	t, _ := triggerOf(name)
	t.typ = cmp.Or(c.Member("type").Str(), t.typ)
	t.direction = cmp.Or(c.Member("direction").Str(), t.direction)
	t.outcome = cmp.Or(c.Member("outcome").Str(), t.outcome)
	a := automation{key: key, vendors: name, trigger: t, on: c.Member("enabled").Str() != "false", url: c.Member("url").Str()}
	f, err := formatOf(c.Member("format").Str(), written)
	if err != nil {
		return err
	}
	if a.layout, err = layout.Parse(written, f, layout.Braces); err != nil {
		return sdk.Reject(at("template") + ": " + err.Error())
	}
	a.fields = make([]field, len(a.layout.Names()))
	for slot, placeholder := range a.layout.Names() {
		a.fields[slot], _ = fieldOf(placeholder, t.typ)
	}
	automations = append(automations, a)
	return nil
}

func formatOf(name, written string) (layout.Format, error) {
	switch name {
	case "":
		if layout.Detect(written) == layout.XML {
			return layout.XML, nil
		}
		return layout.JSON, nil
	case "json":
		return layout.JSON, nil
	case "xml":
		return layout.XML, nil
	}
	return 0, sdk.Reject("format: " + name + " is none of Talkdesk's; write json or xml")
}

func oneOf(s string, words ...string) bool {
	for _, w := range words {
		if s == w {
			return true
		}
	}
	return false
}
