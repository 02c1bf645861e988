package main

import (
	"unicode"
	"unicode/utf8"
)

// codes are the vendor's states. The names are documented; how available each makes an agent is our reading, which
// status_base can overrule.
var codes = [...]struct{ code, base string }{
	{"AVAILABLE", "available"}, {"ON BREAK", "unavailable"}, {"LUNCH", "unavailable"}, {"AWAY", "unavailable"}, {"TRAINING", "unavailable"},
	{"TRANSITION", "engaged"}, {"ENGAGED", "engaged"}, {"WORKING", "engaged"},
	{"LOGIN", "offline"}, // occurs as previous state only
}

// canonicalBase says how available a state makes an agent: the connection's own table first, by label and by code, then the
// vendor's codes. custom: the label is none of the vendor's.
func canonicalBase(code, label string) (base string, custom bool) {
	base, custom = "unknown", true
	shown := label
	if shown == "" {
		shown = code
	}
	for _, c := range codes {
		if len(code) == len(c.code) && sameCode(code, c.code) {
			base = c.base
		}
		if len(shown) == len(c.code) && sameCode(shown, c.code) {
			custom = false
		}
	}
	for _, key := range [...]string{code, label} {
		if b, ok := set.statusBase.Find(key, sameCode); ok {
			base = b
		}
	}
	return base, custom
}

// sameCode compares names in any case and script; a space, a hyphen and an underscore are the same (ON BREAK, On-Break).
func sameCode(a, b string) bool {
	for a != "" && b != "" {
		if x, y := a[0], b[0]; x|y < utf8.RuneSelf { // most are plain
			if x != y && plainFold[x] != plainFold[y] {
				return false
			}
			a, b = a[1:], b[1:]
			continue
		}
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
	if r < utf8.RuneSelf {
		return rune(plainFold[r])
	}
	return unicode.ToLower(r)
}

var plainFold = func() (t [utf8.RuneSelf]byte) {
	for i := range t {
		switch c := byte(i); {
		case c == ' ' || c == '-':
			t[i] = '_'
		case c >= 'A' && c <= 'Z':
			t[i] = c | 0x20
		default:
			t[i] = c
		}
	}
	return t
}()
