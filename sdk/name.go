package sdk

import (
	"unicode"
	"unicode/utf8"
)

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
