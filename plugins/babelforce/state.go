package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
	"github.com/plugboard/plugboard/sdk/zone"
)

// timezone is of times that carry none.
var timezone zone.Zone

// canonical maps the message's type. One that nobody has said anything about is a presence if it carries one, and has no
// type, or babelforce's word for it.
func (m *message) canonical() string {
	for key, v := range sdk.Config().Member("types").Each {
		if m.vendorType != "" && sdk.SameName(m.vendorType, key) {
			return v.Str()
		}
	}
	switch m.vendorType {
	case "", "agent.presence.changed", "agent.state.changed":
		if text(find(m.root, "presence")) != "" {
			return "agent.state.changed"
		}
	case "agent.logged_in", "agent.logged_out":
		return m.vendorType
	}
	return vendorUnmapped
}

// agent sets whom it is about. sourceId is what other systems know the agent by, and what they ask babelforce for.
func (m *message) agent() {
	a := m.data.Object("agent")
	id := take(m.root, "agent_id")
	source := take(m.root, "source_id")
	a.Str("id", id)
	a.Str("external_id", source)
	m.out.Subject("agent", orDefault(id, source))
	for _, f := range [...]struct{ field, to string }{{"name", "name"}, {"email", "email"}, {"number", "phone"}} {
		if v := find(m.root, f.field); !placeholder(v.Str()) {
			a.StrFrom(f.to, v)
		}
	}
}

// state sets a presence, and what it is the echo of: a delivery to babelforce names the agent by sourceId.
func (m *message) state() {
	m.data.Str("scope", "acd")
	name := m.presence("state", "presence", "available")
	m.presence("previous_state", "previous", "previous_available")
	if v := find(m.root, "reason"); !placeholder(v.Str()) && m.data.StrFrom("state.reason_raw", v) {
		m.data.Str("state.reason", reasonOf(v.Str()))
	}
	if source := text(find(m.root, "source_id")); source != "" {
		m.out.Echo("agent/"+source, name)
	}
}

func (m *message) presence(to, field, flag string) string {
	v := find(m.root, field)
	name := v.Str()
	s := m.data.Object(to)
	if placeholder(name) || !s.StrFrom("name", v) {
		return ""
	}
	base, custom := baseOf(name, find(m.root, flag))
	s.Str("base", base)
	s.Bool("custom", custom)
	return name
}

// baseOf says how available a presence makes an agent: by the connection's own table, else by its name where babelforce
// fixes what it means, else by what babelforce says of it. There is one presence that is there from the beginning.
func baseOf(name string, available jsondoc.Value) (base string, custom bool) {
	custom = !sdk.SameName(name, "available")
	for key, v := range sdk.Config().Member("presence_base").Each {
		if sdk.SameName(name, key) {
			return v.Str(), custom
		}
	}
	switch yes, known := available.Bool(); {
	case !custom, known && yes:
		return "available", custom
	case sdk.SameName(name, "offline"):
		return "offline", custom
	case known:
		return "unavailable", custom
	}
	return "unknown", custom
}

// reasonOf takes a reason that is in the model's own words: what a template says is its author's choice.
func reasonOf(s string) string {
	switch s {
	case "agent", "login", "logout", "idle", "disconnect", "reconnect", "api", "wfm", "admin", "system":
		return s
	}
	return "unknown"
}

// when sets the time: RFC 3339, or without a zone, or as seconds or milliseconds since 1970.
func (m *message) when(r *sdk.Request) {
	v := find(m.root, "time")
	t, ok := timezone.Read(v.Str())
	if n, isNumber := v.Int(); isNumber && n > 0 {
		t, ok = rfc3339.Time{Sec: n}, true
		if n > 99_999_999_999 {
			t = rfc3339.Time{Sec: n / 1000, Nsec: int32(n%1000) * 1_000_000}
		}
	}
	if ok && m.out.Time(string(rfc3339.Append(nil, t))) {
		v.Carry()
		return
	}
	m.out.Received(r.ReceivedAt())
}

// idHeader is where an id may be that the body has none of.
const idHeader = "webhook-id"

// identify sets the id. Without one in the message or beside it, it is made of what happened, to whom and when; without a time neither,
// since the same may happen again within the minute.
func (m *message) identify(r *sdk.Request, account string) {
	if id := orDefault(take(m.root, "id"), r.Header(idHeader)); id != "" {
		m.out.ID(id)
		return
	}
	if at := find(m.root, "time"); at.Str() != "" && !placeholder(at.Str()) {
		m.out.IDFrom("babelforce", account, m.vendorType, text(find(m.root, "agent_id")), text(find(m.root, "source_id")),
			find(m.root, "presence").Str(), at.Str())
	}
}
