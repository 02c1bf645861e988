package main

import "github.com/plugboard/plugboard/sdk/rfc3339"

// call fills in the end of a call.
func (m *message) call(account string) {
	m.agentOfCall()
	c := m.data.Object("call")
	id := m.take("call_id")
	c.Str("id", id)
	m.out.Subject("call", id)
	outbound := sameCode(m.kind, "VPD-CALL")
	if outbound {
		c.Str("direction", "outbound")
	} else {
		c.Str("direction", "inbound")
	}
	for _, f := range callFields {
		c.StrFrom(f.path, m.root.Member(f.name))
	}
	if state := m.root.Member("call_state"); c.StrFrom("outcome_raw", state) {
		c.Str("outcome", outcomeOf(state.Str()))
	}
	c.IntFrom("timings.wait_seconds", m.root.Member("queue_duration"))
	c.IntFrom("timings.total_seconds", m.root.Member("call_duration"))
	m.data.StrFrom("disposition.notes", m.root.Member("agent_disposition"))
	started := m.times()
	if id == "" { // then its beginning and its ends tell it from others
		m.out.IDFrom(account, m.kind, started, m.root.Member("ani").Str(), m.root.Member("dnis").Str())
		return
	}
	m.out.IDFrom(account, id, m.kind)
}

// callFields are the fields of a call that are taken as they are.
var callFields = [...]struct{ name, path string }{
	{"ani", "from"}, {"dnis", "to"}, {"gate_id", "queue.id"}, {"gate_name", "queue.name"}, {"recording_url", "recording_url"},
}

// agentOfCall fills in who took the call. The fields are not there when nobody did.
func (m *message) agentOfCall() {
	m.data.Str("agent.id", m.take("agent_id"))
	for _, f := range agentFields {
		m.data.StrFrom(f.path, m.root.Member(f.name))
	}
}

// times sets when the call began and, computed from that, when it ended; it gives the beginning in one spelling.
func (m *message) times() string {
	v := m.root.Member("call_start")
	t, ok := set.zone.Read(v.Str())
	if !ok {
		return v.Str()
	}
	v.Carry()
	m.data.Instant("call.started_at", t)
	n, ok := m.root.Member("call_duration").Int()
	if ok && n >= 0 && n < 1e9 && !set.endReceived {
		end := rfc3339.Time{Sec: t.Sec + n, Nsec: t.Nsec}
		m.data.Instant("call.ended_at", end)
		m.out.Time(string(rfc3339.Append(nil, end)))
		m.out.Derived("time", "data.call.ended_at")
	}
	return local(t)
}

// outcomeOf maps call_state. Inbound and outbound calls spell one of them differently.
func outcomeOf(state string) string {
	for _, o := range [...]struct{ state, outcome string }{
		{"ANSWERED", "answered"}, {"DEFLECTED", "deflected"}, {"ABANDON", "abandoned"}, {"ABANDONED", "abandoned"}, {"MACHINE", "machine"},
	} {
		if sameCode(state, o.state) {
			return o.outcome
		}
	}
	return "unknown"
}
