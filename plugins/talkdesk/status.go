package main

import (
	"cmp"

	"github.com/plugboard/plugboard/sdk"
)

// setStatus sets a user's status: PUT /ccaas/users/{id}/status with the status that the user has and the one to have. That is what
// Talkdesk's public connector does; it takes Available and one custom status, and is marked as deprecated.
func setStatus(in *sdk.Incoming, out *sdk.Outgoing) error {
	c := sdk.Config()
	switch {
	case in.Type() != "agent.state.changed":
		return sdk.Drop("only agent.state.changed sets a status")
	case in.Get("data.scope").Str() == "channel":
		return sdk.Drop("a change of one channel: Talkdesk has one status for all")
	case in.Get("data.state.reason").Str() == "api" && c.Member("api_changes").Str() != "send":
		return sdk.Drop("echo")
	}
	path := cmp.Or(c.Member("user_id").Str(), "data.agent.id")
	user := in.Get(path).Str()
	if user == "" {
		return sdk.Fail("event has no " + path + ", by which Talkdesk could know the user")
	}
	if table := c.Member("users").Str(); table != "" {
		own, ok := sdk.Lookup(table, user)
		if !ok {
			return sdk.Fail("table " + table + " has no user for " + user)
		}
		user = own
	}
	next, err := statusFor(in.Get("data.state.name").Str(), in.Get("data.state.base").Str())
	if err != nil {
		return err
	}
	out.Method("PUT")
	out.Path("ccaas", "users", user, "status")
	out.JSON().Str("current_status", current(in, next))
	out.JSON().Str("new_status", next)
	out.Effect("agent/"+user, next)
	return nil
}

// statusFor finds the status for a state: by its name, then by its base, in the connection's map; then Available for who is, and
// the one for everybody else who is logged in.
func statusFor(name, base string) (string, error) {
	c := sdk.Config()
	for _, key := range [...]string{name, base} {
		s, ok := mapped(key)
		if ok && s == "" {
			return "", sdk.Drop("status_map maps \"" + key + "\" to nothing")
		}
		if ok {
			return s, nil
		}
	}
	switch base {
	case "available":
		return "Available", nil
	case "limited", "engaged", "wrap_up", "unavailable":
		return busy(), nil
	}
	if c.Member("unmapped").Str() == "fail" {
		return "", sdk.Fail("status_map has nothing for \"" + name + "\", whose base is \"" + base + "\"; add it, or set unmapped")
	}
	return "", sdk.Drop("status_map has nothing for \"" + name + "\", whose base is \"" + base + "\"")
}

// busy is the custom status that the account has for people who take nothing.
func busy() string { return cmp.Or(sdk.Config().Member("busy").Str(), "Busy") }

// current is the status that the user is said to have: what is configured, or of the two that can be set the other one. That
// Talkdesk holds it against the real one is a guess.
func current(in *sdk.Incoming, next string) string {
	if s := sdk.Config().Member("current_status").Str(); s != "" {
		return s
	}
	before := in.Get("data.previous_state")
	if s, err := statusFor(before.Member("name").Str(), before.Member("base").Str()); err == nil && s != next {
		return s
	}
	if next == "Available" {
		return busy()
	}
	return "Available"
}

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
