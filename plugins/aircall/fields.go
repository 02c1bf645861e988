package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// What is moved as it is.
var (
	callTexts     = [...]string{"call.customer_number", "call.contact_center_number", "call.recording_url", "call.outcome_raw", "voicemail.recording_url"}
	callTimes     = [...]string{"call.started_at", "call.answered_at", "call.ended_at"}
	agentFields   = [...]string{"agent.name", "agent.email"}
	contactFields = [...]string{"contact.first_name", "contact.last_name", "contact.company"}
)

// call fills in an event about a call.
func (m *message) call() {
	c := m.about
	if id := sdk.Identifier(c.Member("id")); id != "" {
		m.data.StrFrom("call.id", c.Member("id"))
		m.out.Subject("call", id)
	}
	switch v := places.Of(c, "call.direction"); v.Str() {
	case "inbound", "outbound":
		m.data.StrFrom("call.direction", v)
	}
	for _, field := range callTexts {
		m.data.StrFrom(field, places.Of(c, field))
	}
	for _, field := range callTimes {
		v := places.Of(c, field)
		if t, ok := instant(v); ok && m.data.Time(field, t) {
			v.Carry()
		}
	}
	m.data.IntFrom("call.timings.total_seconds", places.Of(c, "call.timings.total_seconds"))
	m.outcome()
	m.person("agent.id", places.Of(c, "agent"), agentFields[:])
	m.person("contact.id", places.Of(c, "contact"), contactFields[:])
}

// outcome says how a call ended. That nobody missed it and somebody answered it is computed.
func (m *message) outcome() {
	if why := places.Of(m.about, "call.outcome_raw").Str(); why != "" {
		word := "missed"
		if prefixed(why, "abandoned") || why == "abandoned" {
			word = "abandoned"
		}
		m.data.Str("call.outcome", word)
		return
	}
	if _, answered := instant(places.Of(m.about, "call.answered_at")); answered && kindOf(m.name) == callEnded {
		m.data.Str("call.outcome", "answered")
		m.out.Derived("data.call.outcome")
	}
}

// person fills in an agent or a contact, if it has an id.
func (m *message) person(id string, v jsondoc.Value, list []string) {
	if sdk.Identifier(v.Member("id")) == "" {
		return
	}
	m.data.StrFrom(id, v.Member("id"))
	for _, field := range list {
		m.data.StrFrom(field, places.Of(v, field))
	}
}

// state is what a user.* event says of an agent: by a name that the message has, else by the event's own last word.
func (m *message) state() {
	m.data.Str("scope", "acd")
	state := m.data.Object("state")
	name := m.name[len("user."):]
	if v := places.Of(m.about, "state.name"); state.StrFrom("name", v) {
		name = v.Str()
	} else {
		state.Str("name", name)
		m.out.Derived("data.state.name")
	}
	base, custom := bases.Base(name)
	state.Str("base", base)
	state.Bool("custom", custom)
}

// maxSeconds is beyond every time that Aircall's Unix seconds are taken for.
const maxSeconds = 1 << 36

// instant reads a time that is written in Unix seconds.
func instant(v jsondoc.Value) (string, bool) {
	n, ok := v.Int()
	if !ok || n <= 0 || n >= maxSeconds {
		return "", false
	}
	return string(rfc3339.Append(nil, rfc3339.Time{Sec: n})), true
}

// kinds are what Aircall's events are here. The names of users' events are inferred.
var kinds = [...]struct{ name, kind string }{
	{"call.created", "call.created"}, {"call.ringing_on_agent", "call.ringing"}, {"call.answered", "call.answered"},
	{"call.ended", callEnded}, {"call.transferred", "call.transferred"}, {"call.voicemail_left", "voicemail.left"},
	{"contact.created", "contact.created"}, {"contact.updated", "contact.updated"},
	{"user.connected", "agent.logged_in"}, {"user.disconnected", "agent.logged_out"},
	{"user.opened", stateChanged}, {"user.closed", stateChanged},
}

// kindOf is the canonical type of an event by Aircall's name for it: the connection's own table first.
func kindOf(name string) string {
	if own := sdk.Config().Member("types").Member(name).Str(); own != "" {
		return own
	}
	for i := range kinds {
		if kinds[i].name == name {
			return kinds[i].kind
		}
	}
	return unmapped
}
