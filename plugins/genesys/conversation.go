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

// conversation fills in a step of a call. What is no voice stays unmapped, with its id.
func (m *message) conversation(id, step string) {
	m.data.Str("call.id", id)
	m.out.Subject("call", id)
	if v := m.body.Member("conversationId"); v.Str() == id {
		v.Carry()
	}
	if media := m.body.Member("mediaType").Str(); media != "" && !sdk.SameName(media, "voice") {
		return
	}
	for i := range steps {
		if steps[i].step == step {
			m.out.Type(steps[i].kind)
		}
	}
	if own := sdk.Config().Member("types").Member(step).Str(); own != "" {
		m.out.Type(own)
	}
	call := m.data.Object("call")
	switch v := m.body.Member("direction"); {
	case sdk.SameName(v.Str(), "inbound"), sdk.SameName(v.Str(), "outbound"):
		call.Str("direction", lower(v.Str()))
		v.Carry()
	}
	call.StrFrom("from", m.body.Member("ani"))
	call.StrFrom("to", m.body.Member("dnis"))
	call.StrFrom("queue.id", m.body.Member("queueId"))
	call.StrFrom("hangup_cause", m.body.Member("disconnectType"))
	m.data.StrFrom("agent.id", m.body.Member("userId"))
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// plain is a value that can serve as an identifier; anything else is "" and stays where it is.
func plain(v jsondoc.Value) string {
	if k := v.Kind(); k != jsondoc.String && k != jsondoc.Number {
		return ""
	}
	s := v.Str()
	if len(s) > 512 {
		return ""
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return ""
		}
	}
	return s
}
