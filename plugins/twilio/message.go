package main

import (
	"strings"

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

// field is a value by its name in a form; absent when that is "".
func (m *message) field(name string) jsondoc.Value {
	if name == "" {
		return jsondoc.Value{}
	}
	if m.snake {
		name = snake(name)
	}
	return m.fields.Get(name)
}

// snake is what Event Streams make of a form's name.
func snake(name string) string {
	if name == "EventType" {
		return "eventtype" // the one name without its mark
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
	return string(b)
}

func (m *message) fill(r *sdk.Request, out *sdk.Events) {
	kind := kindOf(m.name)
	m.out = out.Add(kind)
	m.data = m.out.Data()
	m.identify(r)
	m.worker()
	switch {
	case kind == "agent.state.changed":
		m.activity()
	case strings.HasPrefix(kind, "agent.work_item."):
		for _, field := range workFields {
			m.data.StrFrom(field, m.field(places.At(field)))
		}
	}
	sdk.Keep(m.data, "extensions."+vendor, m.root)
}

// maxSeconds is beyond every time that a Timestamp in Unix seconds is taken for.
const maxSeconds = 1 << 36

// identify sets what says which event this is: its Sid, or the id of a CloudEvent; else what it says.
func (m *message) identify(r *sdk.Request) {
	account := m.field("AccountSid")
	name := sdk.Identifier(account)
	if name != "" {
		account.Carry()
	} else {
		name = sdk.Config().Member("account").Str()
	}
	m.out.Origin(vendor, name)
	if m.typ != "" {
		m.out.VendorType(m.typ)
		m.root.Member("type").Carry()
	} else if m.name != "" {
		m.out.VendorType(m.name)
		m.field("EventType").Carry()
	}
	id := m.field("Sid")
	if m.snake {
		id = m.root.Member("id")
	}
	if s := sdk.Identifier(id); s != "" {
		m.out.ID(s)
		id.Carry()
	} else {
		m.out.IDFromData()
	}
	stamp := m.field("Timestamp")
	if !m.out.TimeFrom(stamp) && !m.out.TimeFrom(m.root.Member("time")) {
		if n, ok := stamp.Int(); ok && n > 0 && n < maxSeconds && m.out.Time(string(rfc3339.Append(nil, rfc3339.Time{Sec: n}))) {
			stamp.Carry()
		}
	}
	m.out.Received(r.ReceivedAt())
}

// workFields are those of a reservation.
var workFields = [...]string{"work_item.id", "work_item.channel"}

// worker sets whom the event is about.
func (m *message) worker() {
	worker, about := m.field(places.At("agent.id")), m.field("ResourceSid")
	id := sdk.Identifier(worker)
	if id == "" && m.field("ResourceType").Str() == "worker" {
		id = sdk.Identifier(about)
	}
	if id == "" {
		return
	}
	m.data.Str("agent.id", id)
	m.out.Subject("agent", id)
	for _, v := range [...]jsondoc.Value{worker, about} {
		if v.Str() == id {
			v.Carry()
		}
	}
	m.data.StrFrom("agent.name", m.field(places.At("agent.name")))
}

// activity sets the state before and after. Activities are named by the workspace's owner.
func (m *message) activity() {
	m.data.Str("scope", "acd")
	m.state("state")
	m.state("previous_state")
	m.data.IntFrom(spent, m.field(places.At(spent)))
}

const spent = "previous_state.duration_seconds"

func (m *message) state(path string) {
	name := m.field(places.At(path + ".name"))
	m.data.StrFrom(path+".code", m.field(places.At(path+".code")))
	if !m.data.StrFrom(path+".name", name) {
		return
	}
	base, custom := bases.Base(name.Str())
	m.data.Str(path+".base", base)
	m.data.Bool(path+".custom", custom)
}

// kindOf is the canonical type of an event by Twilio's name for it: the connection's own table first.
func kindOf(name string) string {
	if own := sdk.Config().Member("types").Member(name).Str(); own != "" {
		return own
	}
	switch name {
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
