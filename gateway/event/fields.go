package event

import "strings"

// Field is a field that events of a type may have.
type Field struct {
	Path string `json:"path"` // as a template names it: data.call.id
	Kind string `json:"kind"` // text, number, bool, time, list, object, any
}

// Fields lists what events of a canonical type may have, by the canonical model; nothing for a type that is none. Which of them
// an event has is its vendor's doing.
func Fields(typ string) []Field {
	known := false
	for _, t := range canonical {
		known = known || t == typ
	}
	if !known {
		return nil
	}
	list := parse("id text,type text,source text,subject text,time time,ccvendor text,cctype text,ccaccount text,ccreceived time", "")
	for _, part := range parts(typ) {
		list = append(list, parse(fields[part], "data.")...)
	}
	return append(list, parse("emitted_at time,derived list,extensions object", "data.")...)
}

// parts are the objects that events of a type have.
func parts(typ string) []string {
	switch domain, _, _ := strings.Cut(typ, "."); {
	case typ == "agent.state.changed":
		return []string{"state", "agent", "actor"}
	case typ == "agent.logged_in", typ == "agent.logged_out":
		return []string{"agent", "session"}
	case strings.HasPrefix(typ, "agent.work_item."):
		return []string{"agent", "actor", "work_item"}
	case domain == "agent":
		return []string{"agent", "actor"}
	case domain == "call":
		return []string{"call", "agent", "contact", "disposition"}
	case domain == "voicemail":
		return []string{"voicemail", "call", "agent", "contact"}
	case domain == "contact":
		return []string{"contact", "actor", "change"}
	case domain == "note":
		return []string{"note", "contact"}
	case domain == "csat":
		return []string{"csat", "call", "ticket", "agent", "contact"}
	case domain == "disposition":
		return []string{"disposition", "call", "agent", "contact"}
	case domain == "ticket":
		return []string{"ticket", "comment", "change", "contact", "agent", "actor"}
	}
	return []string{"agent", "call", "ticket", "contact"}
}

// fields are the canonical model's, by the object that they are in.
var fields = map[string]string{
	"agent": "agent.id text,agent.external_id text,agent.name text,agent.email text,agent.username text,agent.phone text," +
		"agent.login_id text,agent.source_ip text,agent.groups list,agent.tags list",
	"actor": "actor.id text",
	"state": "scope text,channel text," +
		"state.name text,state.code text,state.base text,state.custom bool,state.reason text,state.reason_raw text,state.duration_seconds number," +
		"previous_state.name text,previous_state.code text,previous_state.base text,previous_state.custom bool," +
		"previous_state.reason text,previous_state.reason_raw text,previous_state.duration_seconds number,initial bool,pending_disposition bool",
	"session": "session.duration_seconds number",
	"call": "call.id text,call.other_leg_id text,call.interaction_id text,call.interaction_context_id text,call.direction text," +
		"call.from text,call.to text,call.from_name text,call.to_name text,call.customer_number text,call.contact_center_number text," +
		"call.queue.id text,call.queue.name text,call.outcome text,call.outcome_raw text,call.started_at time,call.answered_at time," +
		"call.ended_at time,call.timings.ring_seconds number,call.timings.wait_seconds number,call.timings.talk_seconds number," +
		"call.timings.hold_seconds number,call.timings.total_seconds number,call.hangup_cause text,call.in_business_hours bool," +
		"call.is_transfer bool,call.proactive_outbound bool,call.recording_url text,call.recording_file text,call.tags list",
	"ticket": "ticket.id text,ticket.number text,ticket.parent_id text,ticket.external_id text,ticket.subject text," +
		"ticket.description text,ticket.url text,ticket.type text,ticket.channel text,ticket.status text,ticket.previous_status text," +
		"ticket.status_label text,ticket.status_code text,ticket.priority text,ticket.priority_label text,ticket.requester_id text," +
		"ticket.submitter_id text,ticket.assignee_id text,ticket.organization_id text,ticket.group_id text,ticket.brand_id text," +
		"ticket.tags list,ticket.custom_fields object,ticket.created_at time,ticket.updated_at time,ticket.sla.remaining_minutes number",
	"change": "change.field text,change.previous any,change.current any",
	"comment": "comment.id text,comment.body text,comment.public bool,comment.created_at time,comment.attachments_raw text," +
		"comment.author.id text,comment.author.name text,comment.author.staff bool,comment.author.group text",
	"contact": "contact.id text,contact.first_name text,contact.last_name text,contact.name text,contact.email text,contact.phone text," +
		"contact.company text,contact.title text,contact.address text,contact.website text",
	"note":        "note.title text,note.content text",
	"csat":        "csat.score number,csat.comment text",
	"disposition": "disposition.code text,disposition.notes text",
	"voicemail":   "voicemail.recording_url text,voicemail.transcription text",
	"work_item":   "work_item.id text,work_item.channel text,work_item.reason text,work_item.previous_reason text",
}

func parse(list, before string) (fields []Field) {
	for one := range strings.SplitSeq(list, ",") {
		path, kind, _ := strings.Cut(one, " ")
		fields = append(fields, Field{before + path, kind})
	}
	return fields
}
