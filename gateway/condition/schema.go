package condition

import (
	"sort"
	"strings"
)

// kind is the type of a field.
type kind uint8

const (
	object kind = iota // has fields, is no value
	text_
	integer
	number // by context only: the canonical model has whole numbers
	boolean
	texts // a list of texts
	anything
	// By context only: anything, and the first of its kind where there is nothing. What is there must do: a text that is no
	// number is no 0, lest many events have one key.
	counted
	decided
	several
)

var kindNames = [...]string{"an object", "a text", "a whole number", "a number", "true or false", "a list of texts", "of any type", "a number", "true or false", "a list"}

// field is one name of the canonical event, with what is below it.
type field struct {
	kind   kind
	fields map[string]*field
}

// canonical is the event's schema: its attributes, the fields that the canonical model gives data, and those of the gateway's
// own events (package notice).
var canonical = func() *field {
	root := &field{fields: map[string]*field{}}
	for _, line := range strings.Split(strings.TrimSpace(schema), "\n") {
		name, list, _ := strings.Cut(line, ":")
		for _, path := range strings.Fields(list) {
			root.add(kinds[name], path)
		}
	}
	state := root.fields["data"].fields["state"]
	root.fields["data"].fields["previous_state"] = state
	return root
}()

var kinds = map[string]kind{"text": text_, "int": integer, "bool": boolean, "texts": texts, "any": anything}

func (f *field) add(k kind, path string) {
	for _, name := range strings.Split(path, ".") {
		next := f.fields[name]
		if next == nil {
			next = &field{fields: map[string]*field{}}
			f.fields[name] = next
		}
		f = next
	}
	f.kind = k
}

func (f *field) names() []string {
	names := make([]string, 0, len(f.fields))
	for name := range f.fields {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

const schema = `
text: specversion id source type subject time datacontenttype dataschema ccvendor cctype ccaccount ccreceived partitionkey traceparent tracestate
text: data.scope data.channel data.emitted_at data.actor.id
texts: data.derived
text: data.agent.id data.agent.external_id data.agent.name data.agent.email data.agent.username data.agent.phone data.agent.login_id data.agent.source_ip
texts: data.agent.groups data.agent.tags
text: data.state.name data.state.code data.state.base data.state.reason data.state.reason_raw
bool: data.state.custom
int: data.state.duration_seconds data.session.duration_seconds
bool: data.initial data.pending_disposition
text: data.call.id data.call.other_leg_id data.call.interaction_id data.call.interaction_context_id data.call.direction
text: data.call.from data.call.to data.call.from_name data.call.to_name data.call.customer_number data.call.contact_center_number
text: data.call.queue.id data.call.queue.name data.call.outcome data.call.outcome_raw data.call.hangup_cause
text: data.call.started_at data.call.answered_at data.call.ended_at data.call.recording_url data.call.recording_file
int: data.call.timings.ring_seconds data.call.timings.wait_seconds data.call.timings.talk_seconds data.call.timings.hold_seconds data.call.timings.total_seconds
bool: data.call.in_business_hours data.call.is_transfer data.call.proactive_outbound
texts: data.call.tags
text: data.ticket.id data.ticket.number data.ticket.parent_id data.ticket.external_id data.ticket.subject data.ticket.description
text: data.ticket.url data.ticket.type data.ticket.channel data.ticket.status data.ticket.previous_status data.ticket.status_label
text: data.ticket.status_code data.ticket.priority data.ticket.priority_label data.ticket.requester_id data.ticket.submitter_id
text: data.ticket.assignee_id data.ticket.organization_id data.ticket.group_id data.ticket.brand_id data.ticket.created_at data.ticket.updated_at
texts: data.ticket.tags
any: data.ticket.custom_fields
int: data.ticket.sla.remaining_minutes
text: data.change.field
any: data.change.previous data.change.current
text: data.comment.id data.comment.body data.comment.created_at data.comment.attachments_raw
text: data.comment.author.id data.comment.author.name data.comment.author.group
bool: data.comment.public data.comment.author.staff
text: data.contact.id data.contact.first_name data.contact.last_name data.contact.name data.contact.email data.contact.phone
text: data.contact.company data.contact.title data.contact.address data.contact.website
text: data.note.title data.note.content data.csat.comment data.disposition.code data.disposition.notes
any: data.csat.score
text: data.voicemail.recording_url data.voicemail.transcription
text: data.work_item.id data.work_item.channel data.work_item.reason data.work_item.previous_reason
any: data.extensions
text: data.destination data.endpoint data.route data.reason data.since data.delivery.id
text: data.event.id data.event.source data.event.type data.event.subject
int: data.count data.status data.attempts
texts: data.deliveries
`
