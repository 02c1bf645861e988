package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

// message is a payload while it becomes an event.
type message struct {
	a    *automation
	e    sdk.Event
	data jsondoc.Obj

	call, agent, contact, distinct string // ids, and what makes an event another one beside them
	timed                          bool   // the payload said when it happened
	took                           layout.Took
	left                           []layout.Left
}

func read(r *sdk.Request, out *sdk.Events) error {
	if len(automations) == 0 {
		return sdk.Fail("no trigger and no template are configured: nobody knows what this says")
	}
	a, root, err := choose(r)
	if err != nil {
		return err
	}
	if !a.on {
		return sdk.Drop("the automation \"" + a.vendors + "\" is turned off")
	}
	m := message{a: a}
	m.e = out.Add(a.trigger.typ)
	m.data = m.e.Data()
	m.e.Origin("talkdesk", sdk.Config().Member("account").Str())
	m.e.VendorType(a.vendors)
	m.fill(root)
	m.e.Received(r.ReceivedAt())
	m.identify(r, layout.Keep(m.data, "extensions.talkdesk", root, m.left))
	return nil
}

// choose finds the automation that a request belongs to, and reads the body by its layout. Of several it is the one that the URL
// names (?automation=queue), else the one whose layout's literals all stand in the body.
func choose(r *sdk.Request) (*automation, jsondoc.Value, error) {
	if len(automations) == 1 {
		root, err := automations[0].open(r)
		return &automations[0], root, err
	}
	if name := r.QueryFields().Root().Member("automation").Str(); name != "" {
		for i := range automations {
			if automations[i].key == name {
				root, err := automations[i].open(r)
				return &automations[i], root, err
			}
		}
		return nil, jsondoc.Value{}, sdk.Reject("there is no automation \"" + sdk.Excerpt(name, 64) + "\" here")
	}
	var best *automation
	most, tie := 0, false
	for i := range automations {
		root, err := automations[i].open(r)
		if err != nil {
			continue
		}
		n, all := automations[i].layout.Literals(root)
		switch {
		case !all || n < most || n == 0:
		case n == most:
			tie = true
		default:
			best, most, tie = &automations[i], n, false
		}
	}
	if best == nil || tie {
		return nil, jsondoc.Value{}, sdk.Fail("nothing says which automation this is of; put ?automation=NAME behind the URL in Talkdesk, or a literal into each payload")
	}
	root, err := best.open(r)
	return best, root, err
}

// open reads the body.
func (a *automation) open(r *sdk.Request) (jsondoc.Value, error) {
	if a.layout.Format() == layout.JSON {
		if doc, err := r.JSON(); err == nil {
			return doc.Root(), nil
		}
	}
	root, recovered, err := a.layout.Read(r.Body())
	if err != nil {
		return root, sdk.Fail(err.Error())
	}
	if recovered {
		sdk.Info("the body did not parse; it was read by its layout")
	}
	return root, nil
}

// fill sets what the trigger says and what the placeholders' values say.
func (m *message) fill(root jsondoc.Value) {
	if m.a.trigger.typ == "agent.state.changed" {
		m.data.Str("scope", "acd")
	}
	m.a.layout.Walk(root, m.take)
	if t := m.a.trigger; t.typ != unmapped {
		m.data.Str("call.direction", t.direction)
		m.data.Str("call.outcome", t.outcome)
	}
	m.subject()
}

// take sets the field of one placeholder.
func (m *message) take(slot int, s string) {
	f := m.a.fields[slot]
	text := f.normal(s)
	if before := m.took.Of(f.path); before != "" { // synonyms: contact_id and contact.id
		if before == text {
			return
		}
		text = ""
	}
	if f.path == "" || text == "" {
		m.left = append(m.left, layout.Left{Name: m.a.layout.Names()[slot], Value: s})
		return
	}
	f.set(m.e, m.data, text)
	m.took.Add(f.path, text)
	switch f.path {
	case "call.id":
		m.call = s
	case "agent.id":
		m.agent = s
	case "contact.id":
		m.contact = s
	case "disposition.code":
		m.distinct = s
	case timePath:
		m.timed = true
		if m.a.trigger.typ == "call.ended" {
			m.data.Time("call.ended_at", s)
		}
	}
}

// subject says whom the event is about.
func (m *message) subject() {
	typ, call, agent, contact := m.a.trigger.typ, sdk.Attribute(m.call), sdk.Attribute(m.agent), sdk.Attribute(m.contact)
	switch {
	case strings.HasPrefix(typ, "agent.") && agent != "":
		m.e.Subject("agent", agent)
	case (strings.HasPrefix(typ, "contact.") || strings.HasPrefix(typ, "note.")) && contact != "":
		m.e.Subject("contact", contact)
	case call != "":
		m.e.Subject("call", call)
	case agent != "":
		m.e.Subject("agent", agent)
	default:
		m.e.Subject("contact", contact)
	}
}
