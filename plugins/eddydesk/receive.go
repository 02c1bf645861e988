package main

import (
	"cmp"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

// message is a webhook while it becomes an event.
type message struct {
	e    sdk.Event
	data jsondoc.Obj
	took layout.Took
	left []layout.Left
}

func read(r *sdk.Request, out *sdk.Events) error {
	if body == nil {
		return sdk.Fail("no template is configured: nobody knows what this says")
	}
	root, err := open(r)
	if err != nil {
		return err
	}
	m := message{e: out.Add(rule.typ)}
	m.data = m.e.Data()
	m.e.Origin("eddydesk", sdk.Config().Member("account").Str())
	m.e.VendorType(named)
	body.Walk(root, m.take)
	m.derive()
	m.subject()
	m.when(r)
	m.identify(layout.Keep(m.data, "extensions.eddydesk", root, m.left))
	return nil
}

// open reads what came: the body, or the link's parameters where the layout is a link.
func open(r *sdk.Request) (jsondoc.Value, error) {
	text := r.Body()
	switch body.Format() {
	case layout.JSON:
		if doc, err := r.JSON(); err == nil {
			return doc.Root(), nil
		}
	case layout.Link:
		text = []byte(r.Query())
	}
	if len(text) == 0 {
		return jsondoc.Value{}, sdk.Fail("nothing came where a " + body.Format().String() + " is configured")
	}
	root, recovered, err := body.Read(text)
	if err != nil {
		return root, sdk.Fail(err.Error())
	}
	if recovered {
		sdk.Info("the body did not parse; it was read by its layout")
	}
	return root, nil
}

// take sets the field of one tag. A second tag for the same field that says something else is left.
func (m *message) take(slot int, s string) {
	f := fields[slot]
	text := f.normal(s)
	if f.tag == "status_id" && f.path == "ticket.status_code" && knownStatus(s) != "" {
		f.path, text = "ticket.status", knownStatus(s)
	}
	before := m.said(f.path)
	if f.path == "" || text == "" || before != "" && before != text {
		m.left = append(m.left, layout.Left{Name: body.Names()[slot], Value: s})
		return
	}
	if before == "" {
		f.set(m.data, text)
		m.took.Add(f.path, text)
	}
}

// said is what a field was set to.
func (m *message) said(path string) string { return m.took.Of(path) }

// derive sets what follows from labels and from the condition.
func (m *message) derive() {
	if m.said("ticket.status") == "" {
		m.put("ticket.status", knownStatus(m.said("ticket.status_label")))
	}
	if m.said("ticket.priority") == "" {
		m.put("ticket.priority", knownPriority(m.said("ticket.priority_label")))
	}
	if rule.public != "" && m.said("comment.public") == "" {
		m.data.Bool("comment.public", rule.public == "true")
	}
}

func (m *message) put(path, s string) {
	if s != "" {
		m.data.Str(path, s)
		m.took.Add(path, s)
	}
}

func (m *message) subject() {
	if id := sdk.Attribute(m.said("ticket.id")); id != "" {
		m.e.Subject("ticket", id)
	} else if number := sdk.Attribute(m.said("ticket.number")); number != "" {
		m.e.Subject("ticket", "number:"+number)
	}
}

// when sets the time: a comment's and a new request's own, else the last change, else the last post's, else now.
func (m *message) when(r *sdk.Request) {
	posted, changed := m.said("comment.created_at"), m.said("ticket.updated_at")
	if (rule.typ == "ticket.comment.added" || rule.typ == "ticket.created") && posted != "" {
		changed = ""
	}
	m.e.Time(cmp.Or(changed, posted))
	m.e.Received(r.ReceivedAt())
}

// identify gives the event its id: by the last post, else by the time of the change, else by all that it says. EddyDesk repeats what
// fails for a day, and a change carries no id of its own.
func (m *message) identify(rest jsondoc.Value) {
	ticket := cmp.Or(m.said("ticket.id"), m.said("ticket.number"))
	what := cmp.Or(m.said("comment.id"), m.said("ticket.updated_at"))
	if what == "" {
		what = m.took.Sum(rest, m.left)
	}
	m.e.IDFrom("eddydesk", sdk.Config().Member("account").Str(), named, ticket, what)
}
