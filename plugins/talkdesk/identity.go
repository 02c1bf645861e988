package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// window is for how many seconds an equal payload is taken for the same occurrence sent again, where nothing in it says which
// occurrence it was: an agent who logs in twice has two equal payloads.
const window = 60

// identify gives the event its id. A call has one: with the trigger, and with whom and what it was about where a call may have
// several of the kind (two agents who missed it, two codes set). Everything else is told apart by what it says, and when.
func (m *message) identify(r *sdk.Request, rest jsondoc.Value) {
	account, name := sdk.Config().Member("account").Str(), m.a.trigger.name
	if m.call != "" {
		m.e.IDFrom("talkdesk", account, name, m.call)
		switch m.a.trigger.typ {
		case "call.ringing", "call.missed", "call.transferred":
			m.e.IDFrom(m.agent)
		case "disposition.set":
			m.e.IDFrom(m.distinct)
		}
		return
	}
	said := m.took.Sum(rest, m.left)
	if m.timed {
		m.e.IDFrom("talkdesk", account, name, m.agent, m.contact, said)
		return
	}
	m.e.IDFrom("talkdesk", account, name, m.agent, m.contact, said, first(r, "seen/"+m.a.key+"/"+said))
}

// first is when an equal payload first came, if that was within the window; now, otherwise.
func first(r *sdk.Request, key string) string {
	received := r.ReceivedAt()
	now, ok := rfc3339.Parse(received)
	if !ok {
		return received
	}
	if before, ok := sdk.State(key); ok {
		if t, ok := rfc3339.Parse(before); ok && now.Sec-t.Sec >= 0 && now.Sec-t.Sec < window {
			return before
		}
	}
	sdk.SetState(key, received, window)
	return received
}
