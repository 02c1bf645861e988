package main

import (
	"cmp"

	"github.com/plugboard/plugboard/sdk"
)

// wanted is what an event asks for: a status of an agent.
type wanted struct {
	agent  string // Zendesk's id of the agent
	status string // by name, as it came or as the configuration maps it
	// otherwise is the default status that will do where Zendesk has none of that name; "": none will.
	otherwise string
}

// wantedStatus reads an event. It is the same for every step of a delivery.
func wantedStatus(in *sdk.Incoming) (want wanted, err error) {
	if t := in.Type(); t != "agent.state.changed" {
		return want, sdk.Drop("only agent.state.changed sets a status, not " + t)
	}
	switch scope := in.Get("data.scope").Str(); scope {
	case "unified", "acd":
	case "channel":
		return want, sdk.Drop("a channel's own state; the unified status is for all")
	default:
		return want, sdk.Drop("data.scope is neither unified nor acd, but \"" + scope + "\"")
	}
	c := sdk.Config()
	if in.Get("data.state.reason").Str() == "api" && c.Member("api_changes").Str() != "send" {
		return want, sdk.Drop("echo")
	}
	if want.agent, err = zendeskID(in, "agent_id", "data.agent.id"); err != nil {
		return want, err
	}
	want.status, want.otherwise, err = statusFor(in.Get("data.state.name").Str(), in.Get("data.state.base").Str())
	return want, err
}

// zendeskID is what stands at the path that the configuration gives under key, as it is or through the table of agents.
func zendeskID(in *sdk.Incoming, key, path string) (string, error) {
	path = cmp.Or(sdk.Config().Member(key).Str(), path)
	id := in.Get(path).Str()
	if id == "" {
		return "", sdk.Fail("event has no " + path + ", by which Zendesk could know whom it is about; set " + key)
	}
	table := sdk.Config().Member("agents").Str()
	if table == "" || key != "agent_id" {
		return id, nil
	}
	known, ok := sdk.Lookup(table, id)
	if !ok || known == "" {
		return "", sdk.Fail("table " + table + " has no Zendesk id for agent \"" + id + "\"; add a line")
	}
	return known, nil
}

// statusFor finds the status for a state: by its name, then by its base, both in the connection's map; then what unmapped
// says of a state that is in neither.
func statusFor(name, base string) (status, otherwise string, err error) {
	for _, key := range [...]string{name, base} {
		s, ok := mapped(key)
		if ok && s == "" {
			return "", "", sdk.Drop("status_map maps \"" + key + "\" to nothing")
		}
		if ok {
			return s, "", nil
		}
	}
	unmapped := sdk.Config().Member("unmapped").Str()
	if base != "available" {
		switch unmapped {
		case "drop":
			return "", "", sdk.Drop("status_map has nothing for \"" + cmp.Or(name, base) + "\"")
		case "fail":
			return "", "", sdk.Fail("status_map has nothing for \"" + cmp.Or(name, base) + "\"; add it, or set unmapped")
		}
	}
	otherwise = statusOf(base, unmapped == "base")
	if name == "" {
		name, otherwise = otherwise, ""
	}
	if name == "" {
		return "", "", sdk.Fail("event has no data.state.name, and status_map has nothing for base \"" + base + "\"")
	}
	return name, otherwise, nil
}

// statusOf is the default status that says the same as a base. Whoever takes nothing may be at lunch or in a meeting, and
// is only said to be away where the configuration asks for that.
func statusOf(base string, any bool) string {
	switch base {
	case "available":
		return "online"
	case "limited":
		return "transfers_only"
	case "offline":
		return "offline"
	case "unavailable", "engaged", "wrap_up":
		if any {
			return "away"
		}
	}
	return ""
}

// mapped looks a state up in the connection's map.
func mapped(state string) (status string, ok bool) {
	if state == "" {
		return "", false
	}
	for key, v := range sdk.Config().Member("status_map").Each {
		if sdk.SameName(state, key) {
			return v.Str(), true
		}
	}
	return "", false
}
