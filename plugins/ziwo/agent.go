package main

import "github.com/plugboard/plugboard/sdk"

// agent fills in what a message says about an agent. It has neither id nor name, only a number, which is taken to be the
// one that he logged in with; the directory may know whose it is.
func (m *message) agent() {
	number := m.take("data")
	m.data.Str("agent.phone", number)
	switch id := agentID(number); {
	case id != "":
		m.data.Str("agent.id", id)
		m.out.Derived("data.agent.id")
		m.out.Subject("agent", id)
	case number != "":
		m.out.Subject("agent", "phone:"+number)
	}
	status := m.root.Member("status")
	if m.data.StrFrom("state.name", status) {
		base, custom := baseOf(status.Str())
		m.data.Str("state.base", base)
		m.data.Bool("state.custom", custom)
	}
	if m.kind == "agent.state.changed" {
		m.data.Str("scope", "acd")
		m.echo(number, status.Str())
	}
	m.happened()
}

// echo says which effect of out.go the change may be: a status that Ziwo has, of an agent by his number or, if that is known, his id.
func (m *message) echo(number, status string) {
	subject := "agent/phone:" + number
	if id := agentID(number); id != "" {
		subject = "agent/" + id
	}
	for _, s := range statuses {
		if s.number > 0 && sameName(status, s.name) && number != "" {
			m.out.Echo(subject, s.name)
		}
	}
}

// agentID is whom the directory has for a number: the connection's own, or a table of the configuration.
func agentID(number string) string {
	if number == "" {
		return ""
	}
	for _, a := range set.agents {
		if a.Name == number {
			return a.Value
		}
	}
	if set.table != "" {
		id, _ := sdk.Lookup(set.table, number)
		return id
	}
	return ""
}

// statuses are Ziwo's own, by their numbers in its API (public code); a status without a number cannot be set.
var statuses = [...]struct {
	name, base string
	number     int64
}{
	{"Available", "available", 1}, {"On Break", "unavailable", 2}, {"Meeting", "unavailable", 3}, {"Outgoing", "engaged", 4},
	{"Not Ready", "unavailable", 0}, {"Logged Out", "offline", 0},
}

// baseOf says how available a status makes an agent: the connection's own table first.
func baseOf(name string) (base string, custom bool) {
	base, custom = "unknown", true
	for _, s := range statuses {
		if sameName(name, s.name) {
			base, custom = s.base, false
		}
	}
	if b, ok := set.statusBase.Find(name, sameName); ok {
		base = b
	}
	return base, custom
}

const unmapped = "vendor.unmapped"

// canonicalType maps a type: by the connection's table, then by what is documented or guessed.
func canonicalType(typ string) string {
	if kind, ok := set.types.Find(typ, sameName); ok {
		return kind
	}
	for _, t := range types {
		if sameName(typ, t.name) || len(t.kind) > 4 && t.kind[:5] == "call." && sameName(typ, "call-"+t.name) {
			return t.kind
		}
	}
	return unmapped
}

// types are Ziwo's. ringing and agent-connected are documented; of several for one meaning the first is what is written.
var types = [...]struct{ name, kind string }{
	{"created", "call.created"}, {"ringing", "call.ringing"}, {"answered", "call.answered"}, {"active", "call.answered"},
	{"ended", "call.ended"}, {"hangup", "call.ended"},
	{"agent-connected", "agent.logged_in"}, {"agent-disconnected", "agent.logged_out"}, {"agent-status-change", "agent.state.changed"},
}
