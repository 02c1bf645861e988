package main

import (
	"github.com/plugboard/plugboard/sdk"
)

// ticket puts a ticket's fields back into detail, and what happened to it into event.
func (b *draft) ticket() {
	b.about("ticket", b.in.Get("data.ticket.id").Str(), "detail.id")
	b.move("actor.id", "detail.actor_id")
	for name, v := range b.in.Get("data.ticket").Each {
		switch name {
		case "external_id", "subject", "description", "requester_id", "submitter_id", "assignee_id",
			"organization_id", "group_id", "brand_id", "created_at", "updated_at": //nolint:misspell // Zendesk spells it so
			b.put(v.Str(), "detail."+name)
		case "status", "type", "priority":
			b.put(upper(v.Str()), "detail."+name)
		case "priority_label":
			b.put(v.Str(), "detail.priority")
		case "channel":
			b.put(v.Str(), "detail.via.channel")
		case "tags":
			b.texts(v, "detail.tags")
		}
	}
	switch b.in.Type() {
	case "csat.received":
		b.csat()
	case "ticket.comment.added", "ticket.updated":
		b.comment()
		b.change()
	case "ticket.status.changed", "ticket.assigned":
		b.change()
	}
}

// csat puts a rating where csat of receive looks for it.
func (b *draft) csat() {
	at := sdk.Config().Member("csat")
	for _, name := range [...]string{"score", "comment"} {
		if !at.Exists() {
			b.copy("csat."+name, "event.satisfaction_score."+name, "event.satisfaction_rating."+name, "event."+name)
		} else if place := at.Member(name).Str(); place != "" {
			b.copy("csat."+name, "event."+place)
		}
	}
}

func (b *draft) comment() {
	for _, m := range [...][2]string{{"id", "id"}, {"body", "body"}, {"created_at", "created_at"}, {"author.id", "author.id"}, {"author.name", "author.name"}} {
		b.move("comment."+m[0], "event.comment."+m[1])
	}
	b.copy("comment.public", "event.comment.is_public")
	b.copy("comment.author.staff", "event.comment.author.is_staff")
}

func (b *draft) change() {
	b.copy("change.previous", "event.previous")
	b.copy("change.current", "event.current")
}

// user puts an end user's fields back into detail.
func (b *draft) user() {
	b.about("user", b.in.Get("data.contact.id").Str(), "detail.id")
	b.move("actor.id", "detail.actor_id")
	for _, name := range [...]string{"name", "email", "phone"} {
		b.move("contact."+name, "detail."+name)
	}
	b.change()
	if b.in.Vendor() != "zendesk" {
		b.put("end-user", "detail.role") // Zendesk's own have it among what is kept
	}
}

// vendorType is the type under which Zendesk would tell of another vendor's event; "" when it would not.
func vendorType(in *sdk.Incoming) string {
	const prefix = "zen:event-type:"
	switch in.Type() {
	case "agent.state.changed":
		if in.Get("data.scope").Str() == "channel" {
			return prefix + "agent.state_changed"
		}
		return prefix + "agent.unified_state_changed"
	case "ticket.created":
		return prefix + "ticket.created"
	case "ticket.status.changed":
		return prefix + "ticket.status_changed"
	case "ticket.assigned":
		return prefix + "ticket.agent_assignment_changed"
	case "ticket.comment.added":
		return prefix + "ticket.comment_added"
	case "ticket.merged":
		return prefix + "ticket.merged"
	case "csat.received":
		return prefix + "ticket.csat_received"
	case "contact.created":
		return prefix + "user.created"
	case "contact.updated":
		return prefix + "user.identity_changed"
	}
	return ""
}

// upper gives s with its ASCII letters in upper case, as Zendesk writes its enumerations.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c &^ 0x20
		}
	}
	return string(b)
}
