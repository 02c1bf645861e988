package main

import (
	"cmp"
	"strings"
)

// unmapped fills in whom a message is about that the plugin cannot otherwise read, if it says so.
func (m *message) unmapped() {
	if !m.enveloped {
		m.layout()
		return
	}
	agent := m.agentID()
	switch {
	case agent != "":
	case m.subject.of("agent") != "" || strings.HasPrefix(m.name, "agent."):
		agent = m.subject.id
	case m.subject.of("user") != "" || strings.HasPrefix(m.name, "user."):
		agent = m.staff()
	}
	ticket := first(m.detail.Member("ticket_id"), m.event.Member("ticket_id"))
	if ticket == "" && strings.HasPrefix(m.name, "ticket.") {
		ticket = first(m.detail.Member("id"))
	}
	m.aboutEither(cmp.Or(ticket, m.subject.of("ticket")), agent)
}

// staff is the user's id where the role says that it is an agent.
func (m *message) staff() string {
	switch lower(m.detail.Member("role").Str()) {
	case "agent", "admin":
		id := cmp.Or(first(m.detail.Member("id")), m.subject.of("user"))
		m.subject.carried("user", id)
		return id
	}
	return ""
}

// layout is a body that an administrator wrote. Its keys are his; these two mean what they say.
func (m *message) layout() {
	m.aboutEither(first(m.root.Member("ticket_id")), first(m.root.Member("agent_id")))
}

// aboutEither sets both ids. An event with both is ordered with the ticket's others: it is the ticket that it tells of.
func (m *message) aboutEither(ticket, agent string) {
	m.about("agent", agent)
	m.about("ticket", ticket)
}
