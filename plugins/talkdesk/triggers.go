package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
)

// trigger is what fires an automation, and what it is in the canonical model.
type trigger struct {
	name      string // as it stands in Talkdesk's list
	typ       string
	direction string
	outcome   string
	event     string // what Talkdesk's own connector has in {{event}}, where it is known; to send
}

// triggers are the 25 of Talkdesk's page and the one that only its connector has. That the triggers exist is documented; what
// they are in the canonical model is our reading, and a configuration may have another (type, direction, outcome).
var triggers = []trigger{
	{"CSAT score received", "csat.received", "", "", ""},
	{"A call enters the waiting queue", "call.queued", "inbound", "", ""},
	{"A call is abandoned", "call.abandoned", "inbound", "abandoned", ""},
	{"A call is missed", "call.missed", "inbound", "missed", ""},
	{"A call is short abandoned", "call.abandoned", "inbound", "short_abandoned", ""},
	{"A call leaves the waiting queue", "call.dequeued", "inbound", "", ""},
	{"A contact is created", "contact.created", "", "", "contact_created"},
	{"A contact is updated", "contact.updated", "", "", "contact_updated"},
	{"A note is created", "note.created", "", "", "note_created"},
	{"A transferred call is answered", "call.transferred", "", "answered", ""},
	{"A voicemail is assigned", "voicemail.assigned", "", "", ""},
	{"A voicemail is left", "voicemail.left", "", "", ""},
	{"A voicemail transcription is made available", "voicemail.transcribed", "", "", ""},
	{"An agent logs in", "agent.logged_in", "", "", "agent_logged_in"},
	{"An agent logs out", "agent.logged_out", "", "", "agent_logged_out"},
	{"An agent status changes", "agent.state.changed", "", "", ""},
	{"An inbound call ends", "call.ended", "inbound", "", "inbound_call_ended"},
	{"An inbound call is ringing", "call.ringing", "inbound", "", ""},
	{"An inbound call starts", "call.answered", "inbound", "", "inbound_call_started"},
	{"An inbound disposition code is set", "disposition.set", "inbound", "", ""},
	{"An outbound disposition code is set", "disposition.set", "outbound", "", ""},
	{"An outbound call ends", "call.ended", "outbound", "", "outbound_call_ended"},
	{"An outbound call is missed", "call.missed", "outbound", "missed", ""},
	{"An outbound call is ringing", "call.ringing", "outbound", "", ""},
	{"An outbound call starts", "call.answered", "outbound", "", ""},
	{"Inbound call reaches contact center", "call.created", "inbound", "", "inbound_call_reached"},
}

// triggerOf finds a trigger by its name, whatever the case, with or without the full stop that one has in the list. One that
// nobody knows is vendor.unmapped.
func triggerOf(name string) (t trigger, known bool) {
	bare := plainName(name)
	for _, t := range triggers {
		if sdk.SameName(t.name, bare) {
			return t, true
		}
	}
	return trigger{name: bare, typ: unmapped}, false
}

const unmapped = "vendor.unmapped"

// plainName is a trigger's name without spaces around it and without a full stop.
func plainName(s string) string { return strings.TrimRight(strings.TrimLeft(s, " \t"), " \t.") }

// statusBases are Talkdesk's statuses, and how available they make somebody.
var statusBases = [...]struct{ name, base string }{
	{"Available", "available"}, {"Away", "unavailable"}, {"Busy", "unavailable"},
	{"On a Call", "engaged"}, {"After Call Work", "wrap_up"}, {"Offline", "offline"},
}

// baseOf says how available a status makes an agent: by the connection's own table first, then by Talkdesk's. custom: it is none
// of Talkdesk's.
func baseOf(status string) (base string, custom bool) {
	base, custom = "unknown", true
	for _, s := range statusBases {
		if sdk.SameName(s.name, status) {
			base, custom = s.base, false
			break
		}
	}
	for name, v := range sdk.Config().Member("status_base").Each {
		if sdk.SameName(name, status) {
			base = v.Str()
		}
	}
	return base, custom
}
