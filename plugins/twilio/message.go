package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// message is one of Twilio's events while it becomes one of ours.
type message struct {
	root   jsondoc.Value
	fields jsondoc.Value // where the names stand
	snake  bool          // as worker_sid; else as WorkerSid
	name   string        // worker.activity.update
	typ    string        // the type as it came, where that is more
	out    sdk.Event
	data   jsondoc.Obj
}

// field is a value by its name in a form.
func (m *message) field(name string) jsondoc.Value {
	if !m.snake {
		return m.fields.Member(name)
	}
	if name == "EventType" {
		return m.fields.Member("eventtype") // the one name without its mark
	}
	var text [64]byte
	b := text[:0]
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b = append(b, '_')
			}
			c |= 0x20
		}
		b = append(b, c)
	}
	return m.fields.Member(string(b))
}

func (m *message) fill(r *sdk.Request, out *sdk.Events) {
	kind := m.kind()
	m.out = out.Add(kind)
	m.data = m.out.Data()
	m.identify(r)
	m.worker()
	switch {
	case kind == "agent.state.changed":
		m.activity()
	case prefixed(kind, "agent.work_item."):
		w := m.data.Object("work_item")
		w.StrFrom("id", m.field("ReservationSid"))
		w.StrFrom("channel", m.field("TaskChannelUniqueName"))
	}
	if m.root.Kind() == jsondoc.Object {
		m.data.Rest("extensions.twilio", m.root)
	} else {
		m.data.Rest("extensions.twilio.body", m.root)
	}
}

// identify sets what says which event this is.
func (m *message) identify(r *sdk.Request) {
	account := m.field("AccountSid")
	name := plain(account)
	if name != "" {
		account.Carry()
	} else {
		name = sdk.Config().Member("account").Str()
	}
	m.out.Origin("twilio", name)
	if m.typ != "" {
		m.out.VendorType(m.typ)
		m.root.Member("type").Carry()
	} else {
		m.out.VendorType(m.name)
		m.field("EventType").Carry()
	}
	id := m.field("Sid")
	if m.snake {
		id = m.root.Member("id")
	}
	stamp := m.field("Timestamp")
	switch s := plain(id); {
	case s != "":
		m.out.ID(s)
		id.Carry()
	case plain(stamp) != "" && plain(m.field("ResourceSid")) != "":
		m.out.IDFrom(name, m.name, plain(m.field("ResourceSid")), plain(stamp), m.field("WorkerActivitySid").Str(), m.field("ReservationSid").Str())
	default:
		m.out.IDFrom(name, string(m.root.Raw()))
	}
	if !m.out.TimeFrom(stamp) && !m.out.TimeFrom(m.root.Member("time")) {
		if n, ok := stamp.Int(); ok && n > 0 && n < 1<<36 && m.out.Time(string(rfc3339.Append(nil, rfc3339.Time{Sec: n}))) {
			stamp.Carry()
		}
	}
	m.out.Received(r.ReceivedAt())
}

// worker sets whom the event is about.
func (m *message) worker() {
	id := plain(m.field("WorkerSid"))
	if id == "" && m.field("ResourceType").Str() == "worker" {
		id = plain(m.field("ResourceSid"))
	}
	if id == "" {
		return
	}
	agent := m.data.Object("agent")
	agent.Str("id", id)
	m.out.Subject("agent", id)
	for _, name := range [...]string{"WorkerSid", "ResourceSid"} {
		if v := m.field(name); v.Str() == id {
			v.Carry()
		}
	}
	agent.StrFrom("name", m.field("WorkerName"))
}

// activity sets the state before and after. Activities are named by the workspace's owner.
func (m *message) activity() {
	m.data.Str("scope", "acd")
	m.state("state", "WorkerActivity")
	m.state("previous_state", "WorkerPreviousActivity")
	m.data.IntFrom("previous_state.duration_seconds", m.field("WorkerTimeInPreviousActivity"))
}

func (m *message) state(path, prefix string) {
	s, name := m.data.Object(path), m.field(prefix+"Name")
	s.StrFrom("code", m.field(prefix+"Sid"))
	if !s.StrFrom("name", name) {
		return
	}
	base, custom := bases.Base(name.Str())
	s.Str("base", base)
	s.Bool("custom", custom)
}

// kind is the canonical type: the connection's own table first.
func (m *message) kind() string {
	if own := sdk.Config().Member("types").Member(m.name).Str(); own != "" {
		return own
	}
	switch m.name {
	case "worker.activity.update":
		return "agent.state.changed"
	case "reservation.created":
		return "agent.work_item.added"
	case "reservation.accepted", "reservation.wrapup":
		return "agent.work_item.updated"
	case "reservation.rejected", "reservation.timeout", "reservation.canceled", "reservation.rescinded", "reservation.completed":
		return "agent.work_item.removed"
	}
	return unmapped
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
