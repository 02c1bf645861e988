package main

import (
	"unicode"
	"unicode/utf8"
)

// sameName compares names in any case and script; a space, a hyphen and an underscore are the same.
func sameName(a, b string) bool {
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, k := utf8.DecodeRuneInString(b)
		if x != y && folded(x) != folded(y) {
			return false
		}
		a, b = a[n:], b[k:]
	}
	return a == b
}

func folded(r rune) rune {
	switch {
	case r == ' ' || r == '-':
		return '_'
	case r < utf8.RuneSelf:
		if r >= 'A' && r <= 'Z' {
			r |= 0x20
		}
		return r
	}
	return unicode.ToLower(r)
}
