package main

import "cmp"

// userEvent fills in an event about an end user, who is a contact here. Agents are users too, but no contacts: theirs
// are unmapped.
func (m *message) userEvent() {
	m.about("contact", cmp.Or(first(m.detail.Member("id")), m.subject.of("user")))
	c := m.data.Object("contact")
	for _, name := range [...]string{"name", "email", "phone"} {
		c.StrFrom(name, m.detail.Member(name))
	}
	m.actor("")
	if m.event.Member("current").Exists() || m.event.Member("previous").Exists() {
		m.change(changedField(m.name))
	}
}
