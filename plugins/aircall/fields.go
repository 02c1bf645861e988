package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// field is a member of Aircall's and where it stands in the canonical object.
type field struct{ name, path string }

var (
	callFields = [...]field{
		{"id", "id"}, {"raw_digits", "customer_number"}, {"number.digits", "contact_center_number"},
		{"recording", "recording_url"}, {"missed_call_reason", "outcome_raw"},
	}
	callTimes     = [...]string{"started_at", "answered_at", "ended_at"}
	agentFields   = [...]field{{"id", "id"}, {"name", "name"}, {"email", "email"}}
	contactFields = [...]field{{"id", "id"}, {"first_name", "first_name"}, {"last_name", "last_name"}, {"company_name", "company"}}
)

// call fills in an event about a call.
func (m *message) call() {
	call, c := m.data.Object("call"), m.about
	m.out.Subject("call", sdk.Identifier(c.Member("id")))
	for i := range callFields {
		if f := &callFields[i]; f.name != "id" || sdk.Identifier(c.Member("id")) != "" {
			call.StrFrom(f.path, c.Get(f.name))
		}
	}
	switch c.Member("direction").Str() {
	case "inbound", "outbound":
		call.StrFrom("direction", c.Member("direction"))
	}
	for _, at := range callTimes {
		if t, ok := instant(c.Member(at)); ok && call.Time(at, t) {
			c.Member(at).Carry()
		}
	}
	call.IntFrom("timings.total_seconds", c.Member("duration"))
	m.data.StrFrom("voicemail.recording_url", c.Member("voicemail"))
	m.outcome(call)
	m.person("agent", c.Member("user"), agentFields[:])
	m.person("contact", c.Member("contact"), contactFields[:])
}

// outcome says how a call ended. That nobody missed it and somebody answered it is computed.
func (m *message) outcome(call jsondoc.Obj) {
	if why := m.about.Member("missed_call_reason").Str(); why != "" {
		word := "missed"
		if prefixed(why, "abandoned") || why == "abandoned" {
			word = "abandoned"
		}
		call.Str("outcome", word)
		return
	}
	if _, answered := instant(m.about.Member("answered_at")); answered && kindOf(m.name) == callEnded {
		call.Str("outcome", "answered")
		m.out.Derived("data.call.outcome")
	}
}

// person fills in an agent or a contact, if it has an id.
func (m *message) person(as string, v jsondoc.Value, list []field) {
	if sdk.Identifier(v.Member("id")) == "" {
		return
	}
	o := m.data.Object(as)
	for i := range list {
		o.StrFrom(list[i].path, v.Member(list[i].name))
	}
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
