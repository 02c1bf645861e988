package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// call fills in an event about a call.
func (m *message) call() {
	call, c := m.data.Object("call"), m.about
	if id := plain(c.Member("id")); id != "" {
		call.StrFrom("id", c.Member("id"))
		m.out.Subject("call", id)
	}
	switch c.Member("direction").Str() {
	case "inbound", "outbound":
		call.StrFrom("direction", c.Member("direction"))
	}
	call.StrFrom("customer_number", c.Member("raw_digits"))
	call.StrFrom("contact_center_number", c.Get("number.digits"))
	for _, at := range [...]string{"started_at", "answered_at", "ended_at"} {
		if t, ok := instant(c.Member(at)); ok && call.Time(at, t) {
			c.Member(at).Carry()
		}
	}
	call.IntFrom("timings.total_seconds", c.Member("duration"))
	call.StrFrom("recording_url", c.Member("recording"))
	m.data.StrFrom("voicemail.recording_url", c.Member("voicemail"))
	m.outcome(call)
	m.agent(c.Member("user"))
	m.contact(c.Member("contact"))
}

// outcome says how a call ended. That nobody missed it and somebody answered it is computed.
func (m *message) outcome(call jsondoc.Obj) {
	if why := m.about.Member("missed_call_reason"); call.StrFrom("outcome_raw", why) {
		word := "missed"
		if prefixed(why.Str(), "abandoned") || why.Str() == "abandoned" {
			word = "abandoned"
		}
		call.Str("outcome", word)
		return
	}
	if _, answered := instant(m.about.Member("answered_at")); answered && m.kind() == "call.ended" {
		call.Str("outcome", "answered")
		m.out.Derived("data.call.outcome")
	}
}

func (m *message) agent(user jsondoc.Value) {
	if plain(user.Member("id")) == "" {
		return
	}
	agent := m.data.Object("agent")
	for _, name := range [...]string{"id", "name", "email"} {
		agent.StrFrom(name, user.Member(name))
	}
}

func (m *message) contact(v jsondoc.Value) {
	if plain(v.Member("id")) == "" {
		return
	}
	contact := m.data.Object("contact")
	for _, name := range [...]string{"id", "first_name", "last_name"} {
		contact.StrFrom(name, v.Member(name))
	}
	contact.StrFrom("company", v.Member("company_name"))
}

// state is what a user.* event says of an agent: by a name that the message has, else by the event's own last word.
func (m *message) state() {
	m.data.Str("scope", "acd")
	state := m.data.Object("state")
	name := m.name[len("user."):]
	if v := m.about.Member("availability_status"); state.StrFrom("name", v) {
		name = v.Str()
	} else {
		state.Str("name", name)
		m.out.Derived("data.state.name")
	}
	base, custom := bases.Base(name)
	state.Str("base", base)
	state.Bool("custom", custom)
}

// instant reads a time that is written in Unix seconds.
func instant(v jsondoc.Value) (string, bool) {
	n, ok := v.Int()
	if !ok || n <= 0 || n > 1<<36 {
		return "", false
	}
	return string(rfc3339.Append(nil, rfc3339.Time{Sec: n})), true
}

// plain is a value that can serve as an identifier; anything else is "" and stays where it is.
func plain(v jsondoc.Value) string {
	if k := v.Kind(); k != jsondoc.String && k != jsondoc.Number {
		return ""
	}
	s := v.Str()
	if len(s) > 512 {
		return ""
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return ""
		}
	}
	return s
}

// kinds are what Aircall's events are here. The names of users' events are inferred.
var kinds = [...]struct{ name, kind string }{
	{"call.created", "call.created"}, {"call.ringing_on_agent", "call.ringing"}, {"call.answered", "call.answered"},
	{"call.ended", "call.ended"}, {"call.transferred", "call.transferred"}, {"call.voicemail_left", "voicemail.left"},
	{"contact.created", "contact.created"}, {"contact.updated", "contact.updated"},
	{"user.connected", "agent.logged_in"}, {"user.disconnected", "agent.logged_out"},
	{"user.opened", "agent.state.changed"}, {"user.closed", "agent.state.changed"},
}

// kind is the canonical type: the connection's own table first.
func (m *message) kind() string {
	if own := sdk.Config().Member("types").Member(m.name).Str(); own != "" {
		return own
	}
	for i := range kinds {
		if kinds[i].name == m.name {
			return kinds[i].kind
		}
	}
	return unmapped
}
