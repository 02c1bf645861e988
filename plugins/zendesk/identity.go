package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// maxID is the length, in bytes, of what is still taken for an id. The gateway refuses an event with longer attributes,
// and one odd value should not cost the event.
const maxID = 512

// plain is a value that can serve as an identifier: a string or number without control characters. Anything else, also a
// placeholder that nobody replaced ({{ticket.id}}), is "" and stays where it is.
func plain(v jsondoc.Value) string {
	if k := v.Kind(); k != jsondoc.String && k != jsondoc.Number {
		return ""
	}
	s := v.Str()
	if !identifier(s) {
		return ""
	}
	return s
}

func identifier(s string) bool {
	if s == "" || len(s) > maxID || s[0] == '{' && s[len(s)-1] == '}' {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// first is the first of vs that can serve as an identifier. All that say the same are carried by the field that the
// caller sets; one that says something else stays.
func first(vs ...jsondoc.Value) string {
	id := ""
	for _, v := range vs {
		s := plain(v)
		if id == "" {
			id = s
		}
		if s != "" && s == id {
			v.Carry()
		}
	}
	return id
}

// reference is the envelope's subject, zen:agent:8447388090494, taken apart.
type reference struct {
	v        jsondoc.Value
	kind, id string // kind is "" when the subject has another form; id is its last part
}

func parseReference(v jsondoc.Value) reference {
	s := plain(v)
	colon := -1
	for i := range len(s) {
		if s[i] == ':' {
			colon = i
		}
	}
	r := reference{v: v}
	if id := s[colon+1:]; id != "" && (id[0] != '{' || id[len(id)-1] != '}') { // a placeholder that nobody replaced is none
		r.id = id
	}
	if len("zen:") <= colon && strings.HasPrefix(s, "zen:") {
		r.kind = s[len("zen:"):colon]
	}
	return r
}

// of gives the id when the subject is of that kind.
func (r reference) of(kind string) string {
	if r.kind == kind {
		return r.id
	}
	return ""
}

// carried marks the subject as carried by an id, if it says just that.
func (r reference) carried(kind, id string) {
	if id != "" && r.kind == kind && r.id == id {
		r.v.Carry()
	}
}
