package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/zone"
)

// checkConfig refuses what would otherwise be found out with the first event, or never: a mistyped key falls back to its
// default without a word.
func checkConfig() error {
	timezone = zone.Zone{}
	for key, v := range sdk.Config().Each {
		var err error
		switch key {
		case "presence_map":
			err = checkMap(v)
		case "unmapped":
			err = oneOf(key, v, "name", "check", "create", "drop", "fail")
		case "api_changes":
			err = oneOf(key, v, "drop", "send")
		case "unchanged":
			err = oneOf(key, v, "skip", "send")
		case "source_id", "agent_source", "page_parameter", "account":
			if v.Kind() != jsondoc.String {
				err = sdk.Reject(key + " is not a text")
			}
		case "timezone":
			if timezone, err = zone.Parse(v.Str()); err != nil {
				err = sdk.Reject("timezone: " + err.Error())
			}
		case "fields":
			err = checkFields(v)
		case "types":
			err = checkTypes(v)
		case "presence_base":
			err = checkBases(v)
		default:
			err = sdk.Reject("unknown key " + key + "; a source has account, timezone, fields, types and presence_base, a destination " +
				"presence_map, unmapped, api_changes, unchanged, source_id, agent_source and page_parameter")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkMap(table jsondoc.Value) error {
	if table.Kind() != jsondoc.Object {
		return sdk.Reject(`presence_map is not a table; write presence_map = { away = "away" }`)
	}
	for name, v := range table.Each {
		if v.Kind() != jsondoc.String {
			return sdk.Reject("presence_map: \"" + name + "\" is not set to a text, the name of a presence")
		}
	}
	return nil
}

// checkFields holds the places of a layout's values against the fields that there are.
func checkFields(table jsondoc.Value) error {
	if table.Kind() != jsondoc.Object {
		return sdk.Reject(`fields is not a table; write fields = { presence = "agent.presence.name" }`)
	}
	for name, v := range table.Each {
		known := false
		list := ""
		for _, p := range places {
			known = known || p.field == name
			list += " " + p.field
		}
		if !known {
			return sdk.Reject("fields: " + name + " is none of" + list)
		}
		if v.Kind() != jsondoc.String {
			return sdk.Reject("fields." + name + " is not a text, the way to a value: agent.presence.name")
		}
	}
	return nil
}

func checkTypes(table jsondoc.Value) error {
	if table.Kind() != jsondoc.Object {
		return sdk.Reject(`types is not a table; write types = { "agent.login" = "agent.logged_in" }`)
	}
	for name, v := range table.Each {
		switch v.Str() {
		case "agent.state.changed", "agent.logged_in", "agent.logged_out", vendorUnmapped:
		default:
			return sdk.Reject("types: \"" + name + "\" is set to \"" + v.Str() + "\"; write agent.state.changed, agent.logged_in, agent.logged_out or vendor.unmapped")
		}
	}
	return nil
}

func checkBases(table jsondoc.Value) error {
	if table.Kind() != jsondoc.Object {
		return sdk.Reject(`presence_base is not a table; write presence_base = { lunch = "unavailable" }`)
	}
	for name, v := range table.Each {
		if err := oneOf("presence_base: \""+name+"\"", v, "available", "limited", "engaged", "wrap_up", "unavailable", "offline", "unknown"); err != nil {
			return err
		}
	}
	return nil
}

func oneOf(key string, v jsondoc.Value, words ...string) error {
	list := ""
	for i, w := range words {
		if v.Str() == w {
			return nil
		}
		if i > 0 {
			list += " or "
		}
		list += w
	}
	return sdk.Reject(key + " is \"" + v.Str() + "\"; write " + list)
}
