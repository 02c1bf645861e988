package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// checkConfig refuses what would otherwise be found out with the first event, or never: a mistyped key falls back to its
// default without a word.
func checkConfig() error {
	for key, v := range sdk.Config().Each {
		var err error
		switch key {
		case "presence_map":
			err = checkMap(v)
		case "unmapped":
			err = oneOf(key, v, "name", "check", "drop", "fail")
		case "api_changes":
			err = oneOf(key, v, "drop", "send")
		case "unchanged":
			err = oneOf(key, v, "skip", "send")
		case "source_id", "agent_source", "page_parameter":
			if v.Kind() != jsondoc.String {
				err = sdk.Reject(key + " is not a text")
			}
		default:
			err = sdk.Reject("unknown key " + key +
				"; there are presence_map, unmapped, api_changes, unchanged, source_id, agent_source and page_parameter")
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
