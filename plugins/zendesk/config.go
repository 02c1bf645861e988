package main

import (
	"strconv"
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/template"
)

// set is the part of the configuration that is worth keeping ready: a destination's.
var set struct {
	comment       *template.Template // nil: the action is status
	public        bool
	skipUnchanged bool
	remember      int64  // seconds
	statusKey     string // where in the body of the PUT a status's id goes
}

// checkConfig refuses what would otherwise be found out with the first event, or never: a mistyped key falls back to its
// default without a word. A source and a destination have the same plugin, and each its own keys; timezone and
// signing_secret are a connection's, and nothing here.
func checkConfig() (err error) {
	set.comment, set.public, set.skipUnchanged, set.remember = nil, false, false, 3600
	set.statusKey = "id"
	for key, v := range sdk.Config().Each {
		switch key {
		case "account", "account_id", "timezone", "signing_secret":
		case "status_base":
			err = checkBases(v)
		case "csat":
			err = checkPaths(key, v, "score", "comment")
		case "work_item":
			err = checkPaths(key, v, "id", "channel", "reason", "previous_reason")
		case "status_map":
			err = checkMap(v)
		case "action":
			err = oneOf(key, v, "status", "comment")
		case "unmapped":
			err = oneOf(key, v, "name", "base", "drop", "fail")
		case "api_changes":
			err = oneOf(key, v, "drop", "send")
		case "unchanged":
			err = oneOf(key, v, "send", "skip")
			set.skipUnchanged = v.Str() == "skip"
		case "agent_id", "ticket_id", "agents":
			err = isText(key, v)
		case "status_key":
			err = readStatusKey(v)
		case "comment":
			err = readComment(v)
		case "public":
			err = readPublic(v)
		case "remember":
			err = readRemember(v)
		default:
			err = sdk.Reject("unknown key " + key + "; a source has account, account_id, status_base, csat and work_item, a destination " +
				"action, status_map, unmapped, api_changes, unchanged, agent_id, agents, remember, status_key, comment, public and ticket_id")
		}
		if err != nil {
			return err
		}
	}
	return checkAction()
}

// checkAction holds what belongs together against each other.
func checkAction() error {
	comments := sdk.Config().Member("action").Str() == "comment"
	switch {
	case comments && set.comment == nil:
		return sdk.Reject(`action is "comment", and there is no comment; write comment = "{{data.agent.name}} called", a template`)
	case !comments && set.comment != nil:
		return sdk.Reject(`comment is set, and action is not; write action = "comment"`)
	}
	return nil
}

func checkBases(table jsondoc.Value) error {
	if !table.Empty() && table.Kind() != jsondoc.Object {
		return sdk.Reject(`status_base is not a table; write status_base = { "Training" = "unavailable" }`)
	}
	for name, v := range table.Each {
		switch v.Str() {
		case "available", "limited", "engaged", "wrap_up", "unavailable", "offline", "unknown":
		default:
			return sdk.Reject("status_base: \"" + name + "\" is set to \"" + v.Str() +
				"\"; write available, limited, engaged, wrap_up, unavailable, offline or unknown")
		}
	}
	return nil
}

func checkMap(table jsondoc.Value) error {
	if table.Kind() != jsondoc.Object {
		return sdk.Reject(`status_map is not a table; write status_map = { lunch = "Away" }`)
	}
	for name, v := range table.Each {
		if v.Kind() != jsondoc.String {
			return sdk.Reject("status_map: \"" + name + "\" is not set to a text, the name of a status")
		}
	}
	return nil
}

// checkPaths holds a table of places inside of event against the fields that it may give.
func checkPaths(key string, table jsondoc.Value, fields ...string) error {
	if table.Kind() != jsondoc.Object {
		return sdk.Reject(key + " is not a table; write " + key + " = { " + fields[0] + " = \"path.inside.event\" }")
	}
	for name, v := range table.Each {
		if err := isText(key+"."+name, v); err != nil {
			return err
		}
		if err := amongst("a key of "+key, name, fields...); err != nil {
			return err
		}
	}
	return nil
}

func isText(key string, v jsondoc.Value) error {
	if v.Kind() != jsondoc.String {
		return sdk.Reject(key + " is not a text")
	}
	return nil
}

func readComment(v jsondoc.Value) (err error) {
	if err = isText("comment", v); err != nil {
		return err
	}
	if set.comment, err = template.Parse(v.Str(), template.Text); err != nil {
		return sdk.Reject("comment: " + err.Error())
	}
	return nil
}

func readPublic(v jsondoc.Value) (err error) {
	if v.Kind() != jsondoc.Bool {
		return sdk.Reject("public is neither true nor false")
	}
	set.public, _ = v.Bool()
	return nil
}

// readStatusKey reads a path in a JSON body.
func readStatusKey(v jsondoc.Value) error {
	set.statusKey = v.Str()
	if set.statusKey == "" || strings.HasPrefix(set.statusKey, ".") || strings.HasSuffix(set.statusKey, ".") || strings.Contains(set.statusKey, "..") {
		return sdk.Reject("status_key is \"" + set.statusKey + "\"; write a member's name, or several with dots: id, agent_status.id")
	}
	return nil
}

// readRemember reads a duration as the gateway's settings have it: 30s, 15m, 12h, 1d.
func readRemember(v jsondoc.Value) error {
	s := v.Str()
	unit := int64(0)
	if s != "" {
		switch s[len(s)-1] {
		case 's':
			unit = 1
		case 'm':
			unit = 60
		case 'h':
			unit = 3600
		case 'd':
			unit = 86400
		}
	}
	n, err := int64(0), error(nil)
	if unit > 0 {
		n, err = strconv.ParseInt(s[:len(s)-1], 10, 32)
	}
	if unit == 0 || err != nil || n <= 0 {
		return sdk.Reject("remember is \"" + s + "\"; write a duration as \"1h\": 30s, 15m, 1h, 1d")
	}
	set.remember = n * unit
	return nil
}

func oneOf(key string, v jsondoc.Value, words ...string) error {
	return amongst(key, v.Str(), words...)
}

func amongst(key, s string, words ...string) error {
	list := ""
	for i, w := range words {
		if s == w {
			return nil
		}
		if i > 0 {
			list += " or "
		}
		list += w
	}
	return sdk.Reject(key + " is \"" + s + "\"; write " + list)
}
