package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

const text, seconds, score, boolean = layout.Text, layout.Whole, layout.Score, layout.Boolean

// The kinds that are Talkdesk's own.
const (
	list    = layout.Own + iota // a, b
	instant                     // RFC 3339
	status
)

// field is what a placeholder means.
type field struct {
	placeholder string
	path        string // from data on
	kind        layout.Kind
}

// timePath is the field of {{timestamp}}: when it happened.
const timePath = "time"

// fields are the placeholders with a meaning. Those of Talkdesk's connector are seen in its public definition; status,
// previous_status, csat_score and disposition_code are guesses after the columns of reports. A configuration says what others
// mean (placeholders), and what these mean instead.
var fields = []field{
	{"call_id", "call.id", text}, {"interaction_id", "call.interaction_id", text},
	{"interaction_context_id", "call.interaction_context_id", text},
	{"agent_id", "agent.id", text}, {"agent.name", "agent.name", text}, {"agent.email", "agent.email", text},
	{"agent.tags_list", "agent.tags", list},
	{"contact_id", "contact.id", text}, {"contact.id", "contact.id", text},
	{"contact.first_name", "contact.first_name", text}, {"contact.last_name", "contact.last_name", text},
	{"contact.name", "contact.name", text}, {"contact.email", "contact.email", text}, {"contact.phone", "contact.phone", text},
	{"contact.company", "contact.company", text}, {"contact.title", "contact.title", text},
	{"contact.address", "contact.address", text}, {"contact.website", "contact.website", text},
	{"contact_phone_number", "call.customer_number", text}, {"customer_phone_number", "call.customer_number", text},
	{"talkdesk_phone_number", "call.contact_center_number", text},
	{"recording_url", "call.recording_url", text}, {"hangup", "call.hangup_cause", text},
	{"csat_score", "csat.score", score}, {"disposition_code", "disposition.code", text},
	{"title", "note.title", text}, {"content", "note.content", text},
	{"duration", "call.timings.talk_seconds", seconds}, {"waiting_time", "call.timings.wait_seconds", seconds},
	{"hold_time", "call.timings.hold_seconds", seconds}, {"holding_time", "call.timings.hold_seconds", seconds},
	{"total_duration", "call.timings.total_seconds", seconds},
	{"in_business_hours", "call.in_business_hours", boolean}, {"is_transfer", "call.is_transfer", boolean},
	{"proactive_outbound", "call.proactive_outbound", boolean}, {"tags", "call.tags", list},
	{"start_time", "call.started_at", instant}, {"timestamp", timePath, instant},
	{"status", "state.name", status}, {"previous_status", "previous_state.name", status},
}

// fieldOf says what a placeholder means for events of a type; false when nobody has said so.
func fieldOf(placeholder, typ string) (field, bool) {
	for name, v := range sdk.Config().Member("placeholders").Each {
		if name == placeholder {
			path := v.Str()[len("data."):]
			return field{placeholder, path, kindOf(path)}, true
		}
	}
	for _, f := range fields {
		if f.placeholder != placeholder {
			continue
		}
		if placeholder == "recording_url" && strings.HasPrefix(typ, "voicemail.") {
			f.path = "voicemail.recording_url"
		}
		return f, true
	}
	return field{}, false
}

// kindOf is how the field at a path is read, for placeholders that a configuration gives a meaning.
func kindOf(path string) layout.Kind {
	for _, f := range fields {
		if f.path == path {
			return f.kind
		}
	}
	switch {
	case strings.HasSuffix(path, "_seconds"), strings.HasSuffix(path, "_minutes"):
		return seconds
	case strings.HasSuffix(path, "_at"):
		return instant
	case strings.HasSuffix(path, ".tags"), strings.HasSuffix(path, ".groups"):
		return list
	case path == "initial", path == "pending_disposition", path == "comment.public", path == "state.custom":
		return boolean
	}
	return text
}

// normal is a text as the field has it, so that the same value is the same text however it was written; "" when it is not of the
// field's kind.
func (f field) normal(s string) string {
	switch f.kind {
	case instant:
		t, ok := rfc3339.Normalise(nil, s)
		if !ok {
			return ""
		}
		return string(t)
	case list:
		return items(s)
	}
	return f.kind.Normal(s)
}

// set sets the field from a text that is normal.
func (f field) set(e sdk.Event, data jsondoc.Obj, s string) {
	switch f.kind {
	case instant:
		if f.path == timePath {
			e.Time(s)
			return
		}
	case list:
		for one := range strings.SplitSeq(s, ",") {
			data.Append(f.path, one)
		}
		return
	case status:
		base, custom := baseOf(s)
		o := data.Object(f.path[:len(f.path)-len(".name")])
		o.Str("base", base)
		o.Bool("custom", custom)
	}
	f.kind.Set(data, f.path, s)
}

// items is a list with nothing but its items and the commas between them.
func items(s string) string {
	var out []byte
	for one := range strings.SplitSeq(s, ",") {
		if one = strings.Trim(one, " \t"); one != "" {
			if len(out) > 0 {
				out = append(out, ',')
			}
			out = append(out, one...)
		}
	}
	return string(out)
}
