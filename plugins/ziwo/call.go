package main

import "github.com/plugboard/plugboard/sdk/rfc3339"

// call fills in what a message says about a call.
func (m *message) call() {
	c := m.data.Object("call")
	id := m.take("callID")
	c.Str("id", id)
	m.out.Subject("call", id)
	for _, f := range callFields {
		c.StrFrom(f.path, m.root.Member(f.name))
	}
	if m.began {
		c.Instant("started_at", m.start)
	}
	if m.kind == unmapped {
		return // what the rest means there nobody knows
	}
	for _, f := range callSeconds {
		c.IntFrom(f.path, m.root.Member(f.name))
	}
	if result := m.root.Member("result"); c.StrFrom("outcome_raw", result) {
		c.Str("outcome", outcomeOf(result.Str()))
	}
	c.TimeFrom("answered_at", m.root.Member("answeredAt"))
	c.TimeFrom("ended_at", m.root.Member("endedAt"))
	switch m.kind {
	case "call.created", "call.ringing":
		m.happened()
	case "call.answered":
		m.out.Time(m.root.Member("answeredAt").Str())
	case "call.ended":
		m.out.Time(m.root.Member("endedAt").Str())
	}
	m.direction()
}

func (m *message) happened() {
	if m.began {
		m.out.Time(string(rfc3339.Append(nil, m.start)))
	}
}

// callFields are the fields of a call that are taken as they are.
var callFields = [...]struct{ name, path string }{
	{"otherLegCallID", "other_leg_id"}, {"callerIdNumber", "from"}, {"callerIdName", "from_name"}, {"calleeIdNumber", "to"},
	{"calleeIdName", "to_name"}, {"queueName", "queue.name"}, {"recordingFile", "recording_file"},
}

// callSeconds are those that count seconds.
var callSeconds = [...]struct{ name, path string }{
	{"duration", "timings.total_seconds"}, {"talkTime", "timings.talk_seconds"}, {"ringTime", "timings.ring_seconds"},
}

// direction is as sent, or else follows from which end is an internal number: both or none say nothing. The internal end may
// be an agent's, if the directory has it.
func (m *message) direction() {
	sent := m.root.Member("direction")
	from, to := m.root.Member("callerIdNumber").Str(), m.root.Member("calleeIdNumber").Str()
	direction := ""
	for _, d := range [...]string{"inbound", "outbound", "internal"} {
		if sameName(sent.Str(), d) {
			direction = d
			sent.Carry()
		}
	}
	if inside, outside := set.internal.match(from), set.internal.match(to); direction == "" && inside != outside && from != "" && to != "" {
		direction = "inbound"
		if inside {
			direction = "outbound"
		}
		m.out.Derived("data.call.direction")
	}
	m.data.Str("call.direction", direction)
	number := to
	if direction == "outbound" {
		number = from
	}
	if id := agentID(number); id != "" {
		m.data.Str("agent.id", id)
		m.out.Derived("data.agent.id")
	}
}

// outcomeOf maps a call's result: by the connection's table, by what was seen, or as the outcome of that very name.
func outcomeOf(result string) string {
	if o, ok := set.results.Find(result, sameName); ok {
		return o
	}
	if sameName(result, "no-answer") {
		return "missed"
	}
	for _, o := range outcomes {
		if sameName(result, o) {
			return o
		}
	}
	return "unknown"
}

var outcomes = [...]string{"answered", "missed", "abandoned", "short_abandoned", "deflected", "machine", "voicemail", "busy", "failed", "unknown"}
