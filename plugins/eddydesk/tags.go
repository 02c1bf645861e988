package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

const (
	text, whole, score, boolean = layout.Text, layout.Whole, layout.Score, layout.Boolean

	instant = layout.Own // in the connection's zone
)

// field is what a tag means.
type field struct {
	tag  string
	path string // from data on
	also string // a second field that has the same
	kind layout.Kind
}

// tags are those with a meaning. link_staff and parent_ticket_id stand in EddyDesk's article; the others are seen in layouts that
// public integrations ask their users to paste. A configuration says what further ones mean (tags), and what these mean instead.
var tags = [...]field{
	{"ticket_id", "ticket.id", "", text}, {"unique_id", "ticket.number", "", text}, {"parent_ticket_id", "ticket.parent_id", "", text},
	{"ticket_name", "ticket.subject", "", text}, {"link_staff", "ticket.url", "", text},
	{"status", "ticket.status_label", "", text}, {"status_id", "ticket.status_code", "", text},
	{"priority", "ticket.priority_label", "", text},
	{"user_id", "ticket.requester_id", "contact.id", text}, {"user_name", "contact.name", "", text},
	{"user_email", "contact.email", "", text}, {"company_name", "contact.company", "", text},
	{"owner_id", "ticket.assignee_id", "agent.id", text}, {"owner_name", "agent.name", "", text}, {"owner_email", "agent.email", "", text},
	{"last_post_id", "comment.id", "", text}, {"last_post_user_id", "comment.author.id", "", text},
	{"creator_group_name", "comment.author.group", "", text}, {"last_post_date", "comment.created_at", "", instant},
	{"answer_last_without_html", "comment.body", "", text}, {"last_answer_attachments_links", "comment.attachments_raw", "", text},
	{"date_update", "ticket.updated_at", "", instant}, {"sla_remaining_minutes", "ticket.sla.remaining_minutes", "", whole},
}

const customField = "custom_field_"

// fieldOf says what a tag means; the zero field when nobody has said so.
func fieldOf(tag string) field {
	for name, v := range sdk.Config().Member("tags").Each {
		if name == tag {
			path := v.Str()[len("data."):]
			return field{tag: tag, path: path, kind: kindOf(path)}
		}
	}
	for _, f := range tags {
		if f.tag == tag {
			return f
		}
	}
	if strings.HasPrefix(tag, customField) && len(tag) > len(customField) {
		return field{tag: tag, path: "ticket.custom_fields." + jsondoc.Key(tag[len(customField):])}
	}
	return field{}
}

func kindOf(path string) layout.Kind {
	switch {
	case strings.HasSuffix(path, "_seconds"), strings.HasSuffix(path, "_minutes"):
		return whole
	case strings.HasSuffix(path, "_at"):
		return instant
	case path == "csat.score":
		return score
	case path == "comment.public", path == "comment.author.staff":
		return boolean
	}
	return text
}

// normal is a text as the field has it; "" when it is not of the field's kind.
func (f field) normal(s string) string {
	if f.kind == instant {
		return readTime(s)
	}
	return f.kind.Normal(s)
}

// set sets the field from a text that is normal.
func (f field) set(data jsondoc.Obj, s string) {
	f.kind.Set(data, f.path, s)
	if f.also != "" {
		f.kind.Set(data, f.also, s)
	}
}
