package event

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// ofData is what id_from says of an event whose message has no id of its own and nothing else to know it by: it is known by
// what it says.
const ofData = "data"

// hashParts is the first 16 bytes of SHA-256 over the parts joined with 0x1F, in hex: the same occurrence has the same
// id whoever hashes it.
func hashParts(parts jsondoc.Value) string {
	text := make([]byte, 0, 256)
	first := true
	for _, p := range parts.Each {
		if !first {
			text = append(text, 0x1F)
		}
		first = false
		text = p.AppendStr(text)
	}
	return shortHash(text)
}

// hashData is an id made of an event's source, its vendor's type, its time and every value under data by its path; not of
// what data.derived names, of what is empty, or of how and in which order things are written. So the same message has the same
// id each time, and so has one that says the same: what encode makes of the event, above all. The event's type does not count:
// a plugin that remembers may call the second message something else.
func (n *envelope) hashData(v jsondoc.Value) string {
	data := v.Member("data")
	derived := []string{"data.derived"}
	for _, path := range data.Member("derived").Each {
		derived = append(derived, path.Str())
	}
	text := appendText(appendText(make([]byte, 0, 1024), n.e.Source), n.kind)
	if n.derived || slices.Contains(derived, "time") {
		text = appendText(text, "")
	} else {
		text = appendText(text, n.time)
	}
	text = appendSaid(text, data, below("data", derived))
	return shortHash(appendSaid(text, v.Member("data_base64"), nil))
}

// appendSaid appends what a value says, an object's members in order of their names, so that nothing else appends the same. Of
// what says nothing it appends nothing, but for the place in a list. It recurses as deep as documents may nest.
func appendSaid(dst []byte, v jsondoc.Value, derived []string) []byte {
	begin := len(dst)
	switch {
	case v.Empty():
		return dst
	case v.Kind() == jsondoc.Object:
		dst = appendMembers(append(dst, '{'), v, derived)
		if len(dst) == begin+1 {
			return dst[:begin]
		}
		return append(dst, '}')
	case v.Kind() == jsondoc.Array:
		dst = append(dst, '[')
		for _, m := range v.Each {
			dst = append(appendSaid(dst, m, nil), ',')
		}
		return append(dst, ']')
	}
	return appendText(append(dst, '='), v.Str())
}

func appendMembers(dst []byte, v jsondoc.Value, derived []string) []byte {
	type member struct {
		name  string
		value jsondoc.Value
	}
	var room [16]member
	members := room[:0]
	for name, m := range v.Each {
		members = append(members, member{name, m})
	}
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	for i, m := range members {
		if i+1 < len(members) && members[i+1].name == m.name || slices.Contains(derived, m.name) {
			continue // of two with one name the last counts
		}
		before := len(dst)
		dst = appendText(dst, m.name)
		named := len(dst)
		if dst = appendSaid(dst, m.value, below(m.name, derived)); len(dst) == named {
			dst = dst[:before]
		}
	}
	return dst
}

// below are the paths that lead into the member of that name, from there on.
func below(name string, paths []string) (further []string) {
	for _, p := range paths {
		if rest, ok := strings.CutPrefix(p, name); ok && strings.HasPrefix(rest, ".") {
			further = append(further, rest[1:])
		}
	}
	return further
}

func shortHash(text []byte) string {
	s := sha256.Sum256(text)
	return hex.EncodeToString(s[:16])
}
