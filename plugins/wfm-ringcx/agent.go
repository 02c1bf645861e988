package main

import "github.com/plugboard/plugboard/sdk"

// session fills in a login or logout.
func (m *message) session(account string) {
	m.agent()
	m.data.IntFrom("session.duration_seconds", m.fields[durationAt])
	m.out.IDFrom(account, m.login(), m.kind, m.when(), "", "", "")
}

// state fills in a change of state. The code is one of the vendor's; the label beside it is what people see, and may be any
// text, in any script, or empty where it is the code's own.
func (m *message) state(account string) {
	m.agent()
	m.data.Str("scope", "acd")
	prev := sdk.Identifier(m.fields[prevStateAt])
	label := m.named("state", m.kind, eventAuxTypeAt)
	prevLabel := m.named("previous_state", prev, prevAuxStateAt)
	m.take(prevStateAt)
	m.data.IntFrom("previous_state.duration_seconds", m.fields[durationAt])
	if sameCode(prev, "LOGIN") {
		m.data.Bool("initial", true)
	}
	m.data.BoolFrom("pending_disposition", m.fields[pendingDispAt])

	m.data.Str("call.id", m.take(callIDAt)) // these are there during a call
	m.data.StrFrom("call.queue.id", m.fields[callSourceIDAt])
	m.data.StrFrom("call.queue.name", m.fields[callSourceNameAt])
	m.data.StrFrom("call.to", m.fields[dnisAt])
	m.data.StrFrom("call.from", m.fields[aniAt])
	m.out.IDFrom(account, m.login(), m.kind, m.when(), label, prev, prevLabel)
}

// named sets one of the two states, and gives its label as far as that says more than the code.
func (m *message) named(path, code string, field int) string {
	s := m.data.Object(path)
	s.Str("code", code)
	label := m.fields[field]
	if !s.StrFrom("name", label) {
		s.Str("name", code)
	}
	name := label.Str()
	if name == "" && code == "" {
		return ""
	}
	base, custom := canonicalBase(code, name)
	s.Str("base", base)
	s.Bool("custom", custom)
	if name == code {
		return ""
	}
	return name
}

// agent fills in who it is.
func (m *message) agent() {
	id := m.take(agentIDAt)
	m.data.Str("agent.id", id)
	m.out.Subject("agent", id)
	for _, f := range agentFields {
		m.data.StrFrom(f.path, m.fields[f.at])
	}
}

// agentFields are the fields about the agent, beside his id.
var agentFields = [...]struct {
	name, path string
	at         int
}{
	{"external_agent_id", "agent.external_id", externalAgentIDAt}, {"username", "agent.username", usernameAt}, {"agent_phone", "agent.phone", agentPhoneAt},
	{"agent_login_id", "agent.login_id", agentLoginIDAt}, {"source_ip", "agent.source_ip", sourceIPAt},
}

// login is what tells one session of an agent from another, for the id.
func (m *message) login() string {
	if s := m.fields[agentLoginIDAt].Str(); s != "" {
		return s
	}
	return m.fields[agentIDAt].Str()
}
