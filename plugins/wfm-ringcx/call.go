package main

import "github.com/plugboard/plugboard/sdk/rfc3339"

// call fills in the end of a call.
func (m *message) call(account string) {
	m.agentOfCall()
	c := m.data.Object("call")
	id := m.take(callIDAt)
	c.Str("id", id)
	m.out.Subject("call", id)
	outbound := sameCode(m.kind, "VPD-CALL")
	if outbound {
		c.Str("direction", "outbound")
	} else {
		c.Str("direction", "inbound")
	}
	for _, f := range callFields {
		c.StrFrom(f.path, m.fields[f.at])
	}
	if state := m.fields[callStateAt]; c.StrFrom("outcome_raw", state) {
		c.Str("outcome", outcomeOf(state.Str()))
	}
	c.IntFrom("timings.wait_seconds", m.fields[queueDurationAt])
	c.IntFrom("timings.total_seconds", m.fields[callDurationAt])
	m.data.StrFrom("disposition.notes", m.fields[agentDispositionAt])
	started := m.times()
	if id == "" { // then its beginning and its ends tell it from others
		m.out.IDFrom(account, m.kind, started, m.fields[aniAt].Str(), m.fields[dnisAt].Str())
		return
	}
	m.out.IDFrom(account, id, m.kind)
}

// callFields are the fields of a call that are taken as they are.
var callFields = [...]struct {
	name, path string
	at         int
}{
	{"ani", "from", aniAt}, {"dnis", "to", dnisAt}, {"gate_id", "queue.id", gateIDAt}, {"gate_name", "queue.name", gateNameAt}, {"recording_url", "recording_url", recordingURLAt},
}

// agentOfCall fills in who took the call. The fields are not there when nobody did.
func (m *message) agentOfCall() {
	m.data.Str("agent.id", m.take(agentIDAt))
	for _, f := range agentFields {
		m.data.StrFrom(f.path, m.fields[f.at])
	}
}

// times sets when the call began and, computed from that, when it ended; it gives the beginning in one spelling.
func (m *message) times() string {
	v := m.fields[callStartAt]
	t, ok := set.zone.Read(v.Str())
	if !ok {
		return v.Str()
	}
	v.Carry()
	m.data.Instant("call.started_at", t)
	n, ok := m.fields[callDurationAt].Int()
	if ok && n >= 0 && n < 1e9 && !set.endReceived {
		end := rfc3339.Time{Sec: t.Sec + n, Nsec: t.Nsec}
		m.data.Instant("call.ended_at", end)
		m.out.Instant(end)
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
