package main

import "github.com/plugboard/plugboard/sdk/jsondoc"

// The fields of a message that are looked for. One pass over a message finds them all: to look each of them up takes a pass
// for each.
const (
	eventTypeAt = iota
	prevStateAt
	eventAuxTypeAt
	prevAuxStateAt
	accountIDAt
	agentIDAt
	agentLoginIDAt
	agentPhoneAt
	sourceIPAt
	externalAgentIDAt
	usernameAt
	dateTimeAt
	durationAt
	pendingDispAt
	callIDAt
	callSourceIDAt
	callSourceNameAt
	dnisAt
	aniAt
	callStartAt
	callDurationAt
	queueDurationAt
	callStateAt
	gateIDAt
	gateNameAt
	recordingURLAt
	agentDispositionAt
	allFields
)

// fieldAt is where a field is kept; -1 for any other.
func fieldAt(name string) int {
	switch name {
	case "event_type":
		return eventTypeAt
	case "prev_state":
		return prevStateAt
	case "event_aux_type":
		return eventAuxTypeAt
	case "prev_aux_state":
		return prevAuxStateAt
	case "account_id":
		return accountIDAt
	case "agent_id":
		return agentIDAt
	case "agent_login_id":
		return agentLoginIDAt
	case "agent_phone":
		return agentPhoneAt
	case "source_ip":
		return sourceIPAt
	case "external_agent_id":
		return externalAgentIDAt
	case "username":
		return usernameAt
	case "date_time":
		return dateTimeAt
	case "duration":
		return durationAt
	case "pending_disp":
		return pendingDispAt
	case "call_id":
		return callIDAt
	case "call_source_id":
		return callSourceIDAt
	case "call_source_name":
		return callSourceNameAt
	case "dnis":
		return dnisAt
	case "ani":
		return aniAt
	case "call_start":
		return callStartAt
	case "call_duration":
		return callDurationAt
	case "queue_duration":
		return queueDurationAt
	case "call_state":
		return callStateAt
	case "gate_id":
		return gateIDAt
	case "gate_name":
		return gateNameAt
	case "recording_url":
		return recordingURLAt
	case "agent_disposition":
		return agentDispositionAt
	}
	return -1
}

// find takes note of where the fields are; of a name that comes twice, the last one.
func (m *message) find(root jsondoc.Value) {
	m.root = root
	if root.Kind() != jsondoc.Object {
		return
	}
	for name, v := range root.Each {
		if i := fieldAt(name); i >= 0 {
			m.fields[i] = v
		}
	}
}
