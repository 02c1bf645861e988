package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// message is one webhook while it becomes an event.
type message struct {
	root, detail, event jsondoc.Value
	subject             reference
	name                string // the type without its prefix: ticket.status_changed; "" when it has none
	enveloped           bool   // Zendesk wrote the envelope: its id, time and account can be believed

	out  sdk.Event
	data jsondoc.Obj
}

// open finds out what kind of body it is. An administrator's body may have members called type, id and time as well; an
// id of theirs (a ticket's, say) would make every later webhook about that ticket pass for a repeat.
func open(root jsondoc.Value) message {
	m := message{root: root}
	typ := root.Member("type")
	if !identifierKind(typ) || typ.Empty() {
		return m
	}
	name, ok := cutPrefix(typ.Str())
	if !ok && plain(root.Member("zendesk_event_version")) == "" {
		return m
	}
	m.name, m.enveloped = name, true
	m.detail, m.event = root.Member("detail"), root.Member("event")
	m.subject = parseReference(root.Member("subject"))
	return m
}

// cutPrefix takes the prefix off a type. Zendesk prints it with a colon and, for some user events, with a slash.
func cutPrefix(typ string) (name string, ok bool) {
	const prefix = "zen:event-type"
	if n := len(prefix); strings.HasPrefix(typ, prefix) && len(typ) > n && (typ[n] == ':' || typ[n] == '/') {
		return typ[n+1:], true
	}
	return typ, false
}

// identify sets what says which event this is: id, account and the vendor's type.
func (m *message) identify(r *sdk.Request) {
	id := ""
	if m.enveloped {
		id = first(m.root.Member("id"))
	}
	if id == "" {
		id = r.Header("x-zendesk-webhook-invocation-id")
	}
	m.out.ID(id)
	m.out.VendorType(first(m.root.Member("type")))
	m.out.Origin("zendesk", m.account(r))
}

// account is Zendesk's own account id where the event has it, else the connection's name for the account.
func (m *message) account(r *sdk.Request) string {
	if m.enveloped {
		if id := first(m.root.Member("account_id"), m.detail.Member("account_id")); id != "" {
			return id
		}
	}
	c := sdk.Config()
	if id := c.Member("account_id").Str(); id != "" {
		return id
	}
	if name := c.Member("account").Str(); name != "" {
		return name
	}
	return r.Header("x-zendesk-account-id")
}

// when sets the time. An agent event says when the change happened and, in the envelope, when the message was built,
// which may be weeks later; others only have the latter.
func (m *message) when(r *sdk.Request) {
	if m.enveloped {
		happened, built := m.event.Member("updated_at"), m.root.Member("time")
		if m.out.TimeFrom(happened) {
			if sameInstant(happened.Str(), built.Str()) {
				built.Carry()
			} else {
				m.data.TimeFrom("emitted_at", built)
			}
			return
		}
		if m.out.TimeFrom(built) {
			return
		}
	}
	m.out.Received(r.ReceivedAt())
}

func sameInstant(a, b string) bool {
	x, okx := rfc3339.Parse(a)
	y, oky := rfc3339.Parse(b)
	return okx && oky && x == y
}

// actor sets who caused the change, when that is not the agent whom it is about.
func (m *message) actor(agent string) {
	v := m.detail.Member("actor_id")
	switch id := plain(v); id {
	case "":
	case agent:
		v.Carry()
	default:
		m.data.StrFrom("actor.id", v)
	}
}

// change sets what a change event says: the raw values, of whatever kind they are.
func (m *message) change(field string) {
	c := m.data.Object("change")
	c.Str("field", field)
	c.CopyFrom("previous", m.event.Member("previous"))
	c.CopyFrom("current", m.event.Member("current"))
}
