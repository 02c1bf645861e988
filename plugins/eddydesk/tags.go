package main

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// kind is how a tag's text is read.
type kind uint8

const (
	text kind = iota
	whole
	score
	boolean
	instant // in the connection's zone
)

// field is what a tag means.
type field struct {
	tag  string
	path string // from data on
	also string // a second field that has the same
	kind kind
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
	if hasPrefix(tag, customField) && len(tag) > len(customField) {
		return field{tag: tag, path: "ticket.custom_fields." + jsondoc.Key(tag[len(customField):])}
	}
	return field{}
}

func kindOf(path string) kind {
	switch {
	case hasSuffix(path, "_seconds"), hasSuffix(path, "_minutes"):
		return whole
	case hasSuffix(path, "_at"):
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
	switch f.kind {
	case whole, score:
		if n, ok := number(s); ok {
			return strconv.FormatInt(n, 10)
		}
		if f.kind == whole {
			return ""
		}
	case boolean:
		switch s {
		case "true", "1":
			return "true"
		case "false", "0":
			return "false"
		}
		return ""
	case instant:
		return readTime(s)
	}
	return s
}

// set sets the field from a text that is normal.
func (f field) set(data jsondoc.Obj, s string) {
	switch f.kind {
	case whole, score:
		if n, ok := number(s); ok {
			data.Int(f.path, n)
			return
		}
	case boolean:
		data.Bool(f.path, s == "true")
		return
	}
	data.Str(f.path, s)
	if f.also != "" {
		data.Str(f.also, s)
	}
}
