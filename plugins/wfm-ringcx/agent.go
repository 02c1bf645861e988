package main

// session fills in a login or logout.
func (m *message) session(account string) {
	m.agent()
	m.data.IntFrom("session.duration_seconds", m.root.Member("duration"))
	m.out.IDFrom(account, m.login(), m.kind, m.when(), "", "", "")
}

// state fills in a change of state. The code is one of the vendor's; the label beside it is what people see, and may be any
// text, in any script, or empty where it is the code's own.
func (m *message) state(account string) {
	m.agent()
	m.data.Str("scope", "acd")
	prev := plain(m.root.Member("prev_state"))
	label := m.named("state", m.kind, "event_aux_type")
	prevLabel := m.named("previous_state", prev, "prev_aux_state")
	m.take("prev_state")
	m.data.IntFrom("previous_state.duration_seconds", m.root.Member("duration"))
	if sameCode(prev, "LOGIN") {
		m.data.Bool("initial", true)
	}
	m.data.BoolFrom("pending_disposition", m.root.Member("pending_disp"))

	m.data.Str("call.id", m.take("call_id")) // these are there during a call
	m.data.StrFrom("call.queue.id", m.root.Member("call_source_id"))
	m.data.StrFrom("call.queue.name", m.root.Member("call_source_name"))
	m.data.StrFrom("call.to", m.root.Member("dnis"))
	m.data.StrFrom("call.from", m.root.Member("ani"))
	m.out.IDFrom(account, m.login(), m.kind, m.when(), label, prev, prevLabel)
}

// named sets one of the two states, and gives its label as far as that says more than the code.
func (m *message) named(path, code, field string) string {
	s := m.data.Object(path)
	s.Str("code", code)
	label := m.root.Member(field)
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
	id := m.take("agent_id")
	m.data.Str("agent.id", id)
	m.out.Subject("agent", id)
	for _, f := range agentFields {
		m.data.StrFrom(f.path, m.root.Member(f.name))
	}
}

// agentFields are the fields about the agent, beside his id.
var agentFields = [...]struct{ name, path string }{
	{"external_agent_id", "agent.external_id"}, {"username", "agent.username"}, {"agent_phone", "agent.phone"},
	{"agent_login_id", "agent.login_id"}, {"source_ip", "agent.source_ip"},
}

// login is what tells one session of an agent from another, for the id.
func (m *message) login() string {
	if s := m.root.Member("agent_login_id").Str(); s != "" {
		return s
	}
	return m.root.Member("agent_id").Str()
}
