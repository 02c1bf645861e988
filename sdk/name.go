package sdk

import (
	"unicode"
	"unicode/utf8"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// maxIdentifier is the length, in bytes, of what is still taken for an identifier: the gateway refuses an event with longer
// attributes, and one odd value should not cost the event.
const maxIdentifier = 512

// Identifier is a value that can serve as an id, an account or a type: a string or number of at most 512 bytes without control
// characters. Anything else is "".
func Identifier(v jsondoc.Value) string {
	if k := v.Kind(); k != jsondoc.String && k != jsondoc.Number {
		return ""
	}
	return Attribute(v.Str())
}

// Attribute is a text where it can stand in an event's attribute: at most 512 bytes without control characters. Any other is "".
func Attribute(s string) string {
	if len(s) > maxIdentifier {
		return ""
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return ""
		}
	}
	return s
}

// SameName compares names as people and vendors write them: in any script, whatever the case, a space as good as an
// underscore. "Transfers Only" is transfers_only. It does not allocate.
func SameName(a, b string) bool {
	if a == b {
		return true
	}
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, k := utf8.DecodeRuneInString(b)
		if folded(x) != folded(y) {
			return false
		}
		a, b = a[n:], b[k:]
	}
	return a == b
}

func folded(r rune) rune {
	switch {
	case r == ' ':
		return '_'
	case r < utf8.RuneSelf:
		if r >= 'A' && r <= 'Z' {
			r |= 0x20
		}
		return r
	}
	return unicode.ToLower(r)
}
