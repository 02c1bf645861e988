package event

import (
	"bytes"
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
	text := append(append([]byte(n.e.Source), 0x1F), n.kind...)
	if text = append(text, 0x1F); !n.derived && !slices.Contains(derived, "time") {
		text = append(text, n.time...)
	}
	if s, ok := sumOf(data, below("data", derived)); ok {
		text = append(append(text, 0x1F), s[:]...)
	}
	if b := v.Member("data_base64"); !b.Empty() {
		text = append(append(text, 0x1F), b.Str()...)
	}
	return shortHash(text)
}

type sum = [sha256.Size]byte

// sumOf is a hash of a value, false for one that says nothing. An object's is that of its members' names and hashes, in order
// of the names' hashes, so that it takes no more time than the text is long, whatever names somebody sends. It recurses as deep
// as documents may nest.
func sumOf(v jsondoc.Value, derived []string) (sum, bool) {
	kind := v.Kind()
	if kind != jsondoc.Object && kind != jsondoc.Array {
		return sha256.Sum256(v.AppendStr([]byte{'='})), !v.Empty()
	}
	var members []member
	for name, m := range v.Each {
		if !slices.Contains(derived, name) {
			s, says := sumOf(m, below(name, derived))
			members = append(members, member{name: sha256.Sum256([]byte(name)), value: s, says: says})
		}
	}
	text := []byte{byte(kind)}
	if kind == jsondoc.Array {
		for _, m := range members {
			if m.says {
				text = append(text, m.value[:]...)
			}
			text = append(text, 0x1F) // its place counts
		}
		return sha256.Sum256(text), len(members) > 0
	}
	slices.SortStableFunc(members, func(a, b member) int { return bytes.Compare(a.name[:], b.name[:]) })
	for i, m := range members {
		last := i+1 == len(members) || members[i+1].name != m.name // of two with one name the last counts
		if last && m.says {
			text = append(append(text, m.name[:]...), m.value[:]...)
		}
	}
	return sha256.Sum256(text), len(text) > 1
}

type member struct {
	name, value sum
	says        bool
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
