package main

import "github.com/plugboard/plugboard/sdk"

// change is what an event asks for.
type change struct {
	agent    string // as the event's system knows the agent, and babelforce as sourceId
	presence string
	check    bool // whether such a presence exists is to be found out first,
	create   bool // and it is to be made if not
}

// known remembers for an hour that the presence exists.
func (c change) known() {
	if len(c.presence) <= 200 {
		sdk.SetState("presence/"+c.presence, "exists", 3600)
	}
}

func (c change) unknown() {
	if len(c.presence) <= 200 {
		sdk.SetState("presence/"+c.presence, "", 0)
	}
}

// isKnown says whether an earlier delivery found the presence.
func (c change) isKnown() bool {
	_, ok := sdk.State("presence/" + c.presence)
	return ok
}

// wanted reads an event. It is the same for every step of a delivery.
func wanted(in *sdk.Incoming) (change, error) {
	c := sdk.Config()
	if t := in.Type(); t != "agent.state.changed" {
		return change{}, sdk.Drop("only agent.state.changed sets a presence, not " + t)
	}
	switch scope := in.Get("data.scope").Str(); scope {
	case "unified", "acd":
	case "channel":
		return change{}, sdk.Drop("a channel's own state; babelforce has one presence for all")
	default:
		return change{}, sdk.Drop("data.scope is neither unified nor acd, but \"" + scope + "\"")
	}
	if in.Get("data.state.reason").Str() == "api" && c.Member("api_changes").Str() != "send" {
		return change{}, sdk.Drop("echo")
	}
	path := orDefault(c.Member("source_id").Str(), "data.agent.id")
	agent := in.Get(path).Str()
	if agent == "" {
		return change{}, sdk.Fail("event has no " + path + ", by which babelforce could know the agent")
	}
	presence, check, err := presenceFor(in.Get("data.state.name").Str(), in.Get("data.state.base").Str())
	return change{agent, presence, check, c.Member("unmapped").Str() == "create"}, err
}

// presenceFor finds the presence of a state: by its name, then by its base, both in the connection's map; then the one
// green presence that babelforce has; then what unmapped says.
func presenceFor(name, base string) (presence string, check bool, err error) {
	for _, key := range [...]string{name, base} {
		p, ok := mapped(key)
		if ok && p == "" {
			return "", false, sdk.Drop("presence_map maps \"" + key + "\" to nothing")
		}
		if ok {
			return p, false, nil
		}
	}
	if base == "available" {
		return "available", false, nil
	}
	if name == "" {
		return "", false, sdk.Fail("event has no data.state.name, and presence_map has nothing for base \"" + base + "\"")
	}
	switch sdk.Config().Member("unmapped").Str() {
	case "drop":
		return "", false, sdk.Drop("presence_map has nothing for \"" + name + "\"")
	case "fail":
		return "", false, sdk.Fail("presence_map has nothing for \"" + name + "\"; add it, or set unmapped")
	case "check", "create":
		return name, true, nil
	}
	return name, false, nil
}

// mapped looks a state up in the connection's map.
func mapped(state string) (presence string, ok bool) {
	if state == "" {
		return "", false
	}
	for key, v := range sdk.Config().Member("presence_map").Each {
		if sdk.SameName(state, key) {
			return v.Str(), true
		}
	}
	return "", false
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
