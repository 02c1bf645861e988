package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// steps are what the detail events of a voice conversation are here; inferred from their names. The connection's types win.
var steps = [...]struct{ step, kind string }{
	{"customer.start", "call.created"}, {"acd.start", "call.queued"}, {"acd.end", "call.dequeued"},
	{"user.start", "call.answered"}, {"customer.end", "call.ended"}, {"voicemail.end", "voicemail.left"},
}

var directions = [...]string{"inbound", "outbound"}

// stepType is the canonical type of a step: the connection's own table first.
func stepType(step string) string {
	if own := sdk.Config().Member("types").Member(step).Str(); own != "" {
		return own
	}
	for i := range steps {
		if steps[i].step == step {
			return steps[i].kind
		}
	}
	return unmapped
}

// conversation fills in a step of a call. What is no voice stays unmapped, with its id.
func (m *message) conversation(id, step string) {
	m.data.Str("call.id", id)
	m.out.Subject("call", id)
	if v := m.body.Member("conversationId"); v.Str() == id {
		v.Carry()
	}
	if !voice(places.Of(m.body, "media")) {
		return
	}
	m.out.Type(stepType(step))
	v := places.Of(m.body, "call.direction")
	for _, word := range directions {
		if sdk.SameName(v.Str(), word) {
			m.data.Str("call.direction", word)
			v.Carry()
		}
	}
	for _, field := range callFields {
		m.data.StrFrom(field, places.Of(m.body, field))
	}
}

// callFields are moved as they are.
var callFields = [...]string{"call.from", "call.to", "call.queue.id", "call.hangup_cause", "agent.id"}

// voice says whether a conversation is a call, as far as it says.
func voice(media jsondoc.Value) bool {
	said := media.Str()
	return said == "" || sdk.SameName(said, "voice")
}
