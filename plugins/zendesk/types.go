package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

const vendorUnmapped = "vendor.unmapped"

// canonicalType maps a type, without its prefix. What Zendesk adds to its list one day is vendor.unmapped until somebody
// has read what it means.
func canonicalType(name string, detail jsondoc.Value) string {
	switch name {
	case "agent.unified_state_changed", "agent.state_changed":
		return "agent.state.changed"
	case "agent.work_item_added":
		return "agent.work_item.added"
	case "agent.work_item_updated":
		return "agent.work_item.updated"
	case "agent.work_item_removed":
		return "agent.work_item.removed"
	case "agent.channel_created":
		return "agent.channel.created"
	case "agent.channel_deleted":
		return "agent.channel.deleted"
	case "agent.max_capacity_changed":
		return "agent.capacity.changed"
	case "agent.groups_updated":
		return "agent.groups.changed"
	case "ticket.created":
		return "ticket.created"
	case "ticket.status_changed":
		return "ticket.status.changed"
	case "ticket.agent_assignment_changed":
		return "ticket.assigned"
	case "ticket.comment_added":
		return "ticket.comment.added"
	case "ticket.merged":
		return "ticket.merged"
	case "ticket.csat_received":
		return "csat.received"
	case "ticket.attachment_linked_to_comment", "ticket.attachment_redacted_from_comment", "ticket.brand_changed",
		"ticket.comment_made_private", "ticket.marked_as_spam", "ticket.ola_policy_changed", "ticket.permanently_deleted",
		"ticket.soft_deleted", "ticket.undeleted",
		"ticket.comment_redacted", "ticket.csat_requested", "ticket.custom_field_changed", "ticket.custom_status_changed",
		"ticket.description_changed", "ticket.email_ccs_changed", "ticket.external_id_changed", "ticket.followers_changed",
		"ticket.form_changed", "ticket.group_assignment_changed", "ticket.next_sla_breach_changed",
		"ticket.organization_changed", "ticket.priority_changed", "ticket.problem_link_changed", "ticket.requester_changed",
		"ticket.schedule_changed", "ticket.sla_policy_changed", "ticket.subject_changed", "ticket.submitter_changed",
		"ticket.tags_changed", "ticket.task_due_at_changed", "ticket.type_changed":
		return "ticket.updated"
	}
	if strings.HasPrefix(name, "user.") && lower(detail.Member("role").Str()) == "end-user" {
		if name == "user.created" {
			return "contact.created"
		}
		return "contact.updated"
	}
	return vendorUnmapped
}

// changedField is what a change event is about: the name without its domain and without _changed.
func changedField(name string) string {
	if name == "ticket.agent_assignment_changed" {
		return "assignee"
	}
	for i := range len(name) {
		if name[i] == '.' {
			name = name[i+1:]
			break
		}
	}
	const suffix = "_changed"
	if n := len(name) - len(suffix); n > 0 && name[n:] == suffix {
		return name[:n]
	}
	return name
}

// lower gives s with its ASCII letters in lower case: Zendesk's enumerations have no others.
func lower(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'A' && c <= 'Z' {
					b[i] = c | 0x20
				}
			}
			return string(b)
		}
	}
	return s
}
