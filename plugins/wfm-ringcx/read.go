package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// message is one message of the feed while it becomes an event.
type message struct {
	root jsondoc.Value

	fields [allFields]jsondoc.Value

	kind string // event_type: LOGIN, AVAILABLE, ACD-CALL; "" when it has none
	typ  string // the canonical one
	out  sdk.Event
	data jsondoc.Obj
}

func read(r *sdk.Request, out *sdk.Events) error {
	if token := r.Header("validation-token"); token != "" && len(r.Body()) == 0 && r.Query() == "" {
		// RingCentral's newer subscriptions ask, when they are registered, whether somebody is there.
		out.Reply(200, "").Header("validation-token", token)
		return nil
	}
	root, err := content(r)
	if err != nil {
		return err
	}
	var m message
	m.find(root)
	m.kind = sdk.Identifier(m.fields[eventTypeAt])
	m.typ = m.canonicalType()
	m.out = out.Add(m.typ)
	m.data = m.out.Data()
	m.fill(r)
	if set.silent {
		out.Reply(200, "")
	}
	sdk.Keep(m.data, "extensions."+vendor, root)
	return nil
}

// canonicalType recognises a message by what is in it; the order counts.
func (m *message) canonicalType() string {
	state := m.fields[prevStateAt].Exists()
	switch {
	case sameCode(m.kind, "LOGIN") && !state:
		return "agent.logged_in"
	case sameCode(m.kind, "LOGOUT") && !state:
		return "agent.logged_out"
	case sameCode(m.kind, "ACD-CALL"), sameCode(m.kind, "VPD-CALL"):
		return "call.ended"
	case state || m.fields[eventAuxTypeAt].Exists():
		return "agent.state.changed"
	}
	return "vendor.unmapped"
}

func (m *message) fill(r *sdk.Request) {
	account := m.take(accountIDAt)
	if account == "" {
		account = set.account
	}
	m.out.Origin(vendor, account)
	m.out.VendorType(m.take(eventTypeAt))
	switch m.typ {
	case "call.ended":
		m.call(account)
	case "vendor.unmapped":
		m.unmapped(account)
	case "agent.state.changed":
		m.state(account)
	default:
		m.session(account)
	}
	m.out.Received(r.ReceivedAt())
}

// take gives a field that can serve as an identifier, and marks it as carried; "" for any other.
func (m *message) take(field int) string {
	v := m.fields[field]
	s := sdk.Identifier(v)
	if s != "" {
		v.Carry()
	}
	return s
}

// when sets the time from date_time, and gives it in one spelling: the same occurrence has the same id however it is written.
func (m *message) when() string {
	v := m.fields[dateTimeAt]
	t, ok := set.zone.Read(v.Str())
	if !ok {
		return v.Str()
	}
	v.Carry()
	m.out.Instant(t)
	return local(t)
}

// unmapped fills in whom a message is about that nobody knows. As nothing says what makes it one occurrence, all of it does.
func (m *message) unmapped(account string) {
	parts := append([]string{account, m.kind, m.when()}, sdk.RestParts(m.root, "date_time")...)
	m.out.IDFrom(parts...)
	agent, call := m.take(agentIDAt), m.take(callIDAt)
	m.data.Str("agent.id", agent)
	m.data.Str("call.id", call)
	m.out.Subject("call", call)
	m.out.Subject("agent", agent) // an agent's messages are in order with his states, whatever call they name
}

// local is an instant by the connection's clocks, as the feed writes times. Of an hour that repeats the second occurrence
// cannot be written so, and says that it is UTC's.
func local(t rfc3339.Time) string {
	var room [len("2006-01-02T15:04:05.999999999Z")]byte // memory costs a guest more than the rest of this
	if set.zone.Instant(set.zone.Local(t.Sec)) != t.Sec {
		return string(rfc3339.Append(room[:0], t))
	}
	return string(set.zone.Append(room[:0], t))
}
