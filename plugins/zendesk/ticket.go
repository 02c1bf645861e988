package main

import (
	"cmp"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// ticketEvent fills in an event about a ticket.
func (m *message) ticketEvent(kind string) {
	id := cmp.Or(first(m.detail.Member("id")), m.subject.of("ticket"))
	m.about("ticket", id)
	m.ticket()
	m.actor("")
	switch kind {
	case "ticket.comment.added":
		m.comment()
		if body := m.event.Get("comment.body").Str(); body != "" {
			m.out.Echo(commentEcho(id, body))
		}
	case "csat.received":
		m.csat()
	case "ticket.status.changed":
		if s := m.event.Member("previous"); s.Kind() == jsondoc.String {
			m.data.Str("ticket.previous_status", lower(s.Str()))
		}
		m.change(changedField(m.name))
	case "ticket.updated":
		m.comment() // made private, redacted
		m.change(changedField(m.name))
	case "ticket.assigned":
		m.change(changedField(m.name))
	}
}

// ticket reads the detail in one pass: it has some twenty members, most of which a field carries.
func (m *message) ticket() {
	t := m.data.Object("ticket")
	for name, v := range m.detail.Each {
		switch name {
		case "external_id", "subject", "description", "requester_id", "submitter_id", "assignee_id",
			"organization_id", "group_id", "brand_id": //nolint:misspell // Zendesk spells it so
			t.StrFrom(name, v)
		case "created_at", "updated_at":
			t.TimeFrom(name, v)
		case "status", "type":
			enumFrom(t, name, v)
		case "priority":
			priorityFrom(t, v)
		case "tags":
			t.StrsFrom(name, v)
		case "via":
			t.StrFrom("channel", v.Member("channel"))
		}
	}
}

// enumFrom sets one of Zendesk's upper-case words in lower case.
func enumFrom(t jsondoc.Obj, path string, v jsondoc.Value) {
	if v.Kind() == jsondoc.String && !v.Empty() {
		t.Str(path, lower(v.Str()))
		v.Carry()
	}
}

// priorityFrom sets the priority when it is one of the four words, else its label.
func priorityFrom(t jsondoc.Obj, v jsondoc.Value) {
	switch lower(v.Str()) {
	case "low", "normal", "high", "urgent":
		enumFrom(t, "priority", v)
	default:
		t.StrFrom("priority_label", v)
	}
}

func (m *message) comment() {
	c, v := m.data.Object("comment"), m.event.Member("comment")
	c.StrFrom("id", v.Member("id"))
	c.StrFrom("body", v.Member("body"))
	c.BoolFrom("public", v.Member("is_public"))
	c.TimeFrom("created_at", v.Member("created_at"))
	by, author := c.Object("author"), v.Member("author")
	by.StrFrom("id", author.Member("id"))
	by.StrFrom("name", author.Member("name"))
	by.BoolFrom("staff", author.Member("is_staff"))
}

// csat looks for the rating where the configuration says, else where it was seen or can be expected; Zendesk's page does
// not show the event. Where it is not found all of it stays under extensions.
func (m *message) csat() {
	if at := sdk.Config().Member("csat"); at.Exists() {
		m.rating(m.event.Get(at.Member("score").Str()), m.event.Get(at.Member("comment").Str()))
		return
	}
	for _, at := range [...]string{"satisfaction_score", "satisfaction_rating"} {
		m.rating(m.event.Member(at).Member("score"), m.event.Member(at).Member("comment"))
	}
	m.rating(m.event.Member("score"), m.event.Member("comment"))
}

// rating sets a score: a whole number as one, anything else (GOOD) as text.
func (m *message) rating(score, comment jsondoc.Value) {
	c := m.data.Object("csat")
	if !c.Has("score") && !c.IntFrom("score", score) && score.Kind() != jsondoc.Bool {
		c.StrFrom("score", score)
	}
	if !c.Has("comment") {
		c.StrFrom("comment", comment)
	}
}
