package main

import (
	"cmp"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// agentEvent fills in an event about an agent's availability.
func (m *message) agentEvent(kind string) {
	id := cmp.Or(m.agentID(), m.subject.id)
	m.about("agent", id)
	m.actor(id)
	switch kind {
	case "agent.state.changed":
		m.stateChange()
	case "agent.work_item.added", "agent.work_item.updated", "agent.work_item.removed":
		m.workItem()
	}
}

// agentID is the agent whom the message names outside of its subject.
func (m *message) agentID() string {
	return first(m.detail.Member("agent_id"), m.event.Member("agent_id"))
}

// about makes the event one about an agent, a ticket or a contact.
func (m *message) about(kind, id string) {
	m.data.Object(kind).Str("id", id)
	m.out.Subject(kind, id)
	vendors := kind
	if kind == "contact" {
		vendors = "user"
	}
	m.subject.carried(vendors, id)
}

// stateChange fills in a change of the unified status, which is an object with a code and a reason, or of one channel's,
// which is a word.
func (m *message) stateChange() {
	if m.name == "agent.unified_state_changed" {
		m.data.Str("scope", "unified")
		m.unified("state", m.event.Member("new_unified_state"))
		m.unified("previous_state", m.event.Member("previous_unified_state"))
		return
	}
	m.data.Str("scope", "channel")
	m.data.StrFrom("channel", m.event.Member("channel"))
	named(m.data.Object("state"), m.event.Member("new_state"))
	named(m.data.Object("previous_state"), m.event.Member("previous_state"))
}

func (m *message) unified(path string, v jsondoc.Value) {
	s := m.data.Object(path)
	known := named(s, v.Member("name"))
	if s.StrFrom("code", v.Member("id")) && !known {
		s.Str("base", "unknown") // published material disagrees on the ids: without a name nobody can tell
	}
	if reason := v.Member("reason"); s.StrFrom("reason_raw", reason) {
		s.Str("reason", canonicalReason(reason.Str()))
	}
}

// named sets a state's name and what follows from it.
func named(s jsondoc.Obj, name jsondoc.Value) bool {
	if !s.StrFrom("name", name) {
		return false
	}
	base, custom := canonicalBase(name.Str())
	s.Str("base", base)
	s.Bool("custom", custom)
	return true
}

// workItemFields are what was seen in work item events, and where.
var workItemFields = [...]struct{ name, seen string }{
	{"id", "work_item_id"}, {"channel", "channel"}, {"reason", "reason"}, {"previous_reason", "previous_reason"},
}

// workItem fills in what was seen inside of work item events; Zendesk does not document it, so the configuration may say
// where it is.
func (m *message) workItem() {
	w, at := m.data.Object("work_item"), sdk.Config().Member("work_item")
	for _, f := range workItemFields {
		w.StrFrom(f.name, m.event.Get(cmp.Or(at.Member(f.name).Str(), f.seen)))
	}
}
