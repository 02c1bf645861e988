package jsondoc

import (
	"math/bits"
	"unicode/utf8"
)

// parse fills the tape. It does not recurse: the containers that are open form a list through their next fields, which
// get their real content when the container closes. Depth is therefore a matter of a counter, not of the stack.
//
// It is one loop over tokens, and longer than is nice, because a call costs a WebAssembly guest more than what most of
// them would do here: names and values are strings alike, so that the search for a quote stands here once.
func (d *Doc) parse() error {
	src, tape := d.src, d.tape
	if len(src) > maxLen {
		return &SyntaxError{"text is longer than 2 GiB", maxLen}
	}
	i, open, depth := 0, int32(-1), 0
	nameAt, nameEnd, mark, flags := int32(-1), int32(0), uint64(0), uint8(0) // of the value that comes next
	wantName := false
	for {
		if i < len(src) && src[i] <= ' ' {
			i = skipSpace(src, i)
		}
		if i == len(src) {
			return early(src)
		}
		closed := true // whether the token ends a value
		c := src[i]
		// The next node is written in place, field by field: to append a struct is to make it twice.
		here := len(tape)
		if here == cap(tape) {
			tape = append(tape, node{})[:here]
		}
		n := &tape[:here+1][here]
		if c == '"' {
			i++
			j := i
			for j+8 <= len(src) {
				if m := special(load8(src, j)); m != 0 {
					j += bits.TrailingZeros64(m) >> 3
					break
				}
				j += 8
			}
			var esc uint8
			if j >= len(src) || src[j] != '"' {
				if j, esc = scanMixed(src, i, j); j < 0 {
					return stringFault(src, i)
				}
			}
			if wantName {
				wantName = false
				nameAt, nameEnd = int32(i), int32(j)
				if esc == 0 {
					mark = sign(src[i:j])
				} else {
					flags, mark = nameEscaped, sign(unescape(nil, src[i:j]))
				}
				if i = j + 1; i < len(src) && src[i] <= ' ' {
					i = skipSpace(src, i)
				}
				if i == len(src) {
					return early(src)
				}
				if src[i] != ':' {
					return &SyntaxError{"want a colon after a member's name", i}
				}
				i++
				continue
			}
			n.kind, n.flags, n.start, n.end, n.next = String, flags|esc, int32(i), int32(j), int32(here+1)
			i = j + 1
		} else if wantName {
			return &SyntaxError{"want a member's name in quotes", i}
		} else if c == '{' || c == '[' {
			if depth++; depth > MaxDepth {
				return &SyntaxError{"nested deeper than 512", i}
			}
			kind := Array
			if c == '{' {
				kind = Object
			}
			n.kind, n.flags, n.start, n.end, n.next = kind, flags, int32(i), 0, open
			open, closed = int32(here), false
			i++
		} else {
			kind, stop := scanBare(src, i)
			if kind == Absent {
				return &SyntaxError{"want a value", i}
			}
			n.kind, n.flags, n.start, n.end, n.next = kind, flags, int32(i), int32(stop), int32(here+1)
			i = stop
		}
		n.nameAt, n.nameEnd, n.sign = nameAt, nameEnd, mark
		tape = tape[:here+1]
		nameAt, mark, flags = -1, 0, 0
		// Close what ends here. A comma, or the first member or element, leads on to the next value.
		for {
			if i < len(src) && src[i] <= ' ' {
				i = skipSpace(src, i)
			}
			if open < 0 {
				d.tape = tape
				if i < len(src) {
					return &SyntaxError{"text goes on after the value", i}
				}
				return nil
			}
			if i == len(src) {
				return early(src)
			}
			up := &tape[open]
			c := src[i]
			if c == ',' && closed {
				i++
				wantName = up.kind == Object
				break
			}
			if (c == '}' && up.kind == Object) || (c == ']' && up.kind == Array) {
				i++
				open, up.next, up.end = up.next, int32(len(tape)), int32(i)
				depth--
				closed = true
				continue
			}
			if closed {
				return unclosed(up.kind, i)
			}
			wantName = up.kind == Object
			break
		}
	}
}

func unclosed(kind Kind, i int) error {
	if kind == Object {
		return &SyntaxError{"want a comma or } after an object's member", i}
	}
	return &SyntaxError{"want a comma or ] after an array's element", i}
}

func early(src []byte) error { return &SyntaxError{"text ends too early", len(src)} }

// skipSpace gives the end of the white space at i.
func skipSpace(src []byte, i int) int {
	for ; i+8 <= len(src); i += 8 {
		if m := notSpace(load8(src, i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(src) && isSpace(src[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// scanBare reads the number or literal at i and gives its kind and end; Absent when it is neither.
func scanBare(src []byte, i int) (Kind, int) {
	switch c := src[i]; {
	case c == '-' || c-'0' < 10:
		return scanNumber(src, i)
	case c == 't' && i+4 <= len(src) && string(src[i:i+4]) == "true":
		return Bool, i + 4
	case c == 'f' && i+5 <= len(src) && string(src[i:i+5]) == "false":
		return Bool, i + 5
	case c == 'n' && i+4 <= len(src) && string(src[i:i+4]) == "null":
		return Null, i + 4
	}
	return Absent, i
}

// plain marks the bytes that need no second look inside a string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < 0x80; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// scanMixed gives the place of the closing quote of the string whose content starts at from and is plain up to i, and
// whether it holds escapes; -1 when the string is malformed.
func scanMixed(src []byte, from, i int) (stop int, esc uint8) {
	wide := false
	for i < len(src) {
		switch c := src[i]; {
		case plain[c]:
			i++
		case c == '"':
			if wide && !utf8.Valid(src[from:i]) {
				return -1, 0
			}
			return i, esc
		case c == '\\':
			n := scanEscape(src, i+1)
			if n == 0 {
				return -1, 0
			}
			esc, i = escaped, i+1+n
		case c < 0x20:
			return -1, 0
		default:
			wide, i = true, i+1
		}
	}
	return -1, 0
}

// stringFault says why scanMixed was not content with the string at i.
func stringFault(src []byte, i int) error {
	for from := i; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"':
			return &SyntaxError{"string is not valid UTF-8", from}
		case c < 0x20:
			return &SyntaxError{"control character in a string", i}
		case c == '\\':
			n := scanEscape(src, i+1)
			if n == 0 && (i+1 == len(src) || src[i+1] == 'u' && i+6 > len(src)) {
				return early(src)
			} else if n == 0 {
				return &SyntaxError{"malformed escape in a string", i}
			}
			i += n
		}
	}
	return early(src)
}

// scanEscape gives the length of the escape whose backslash stands before i; 0 when it is none.
func scanEscape(src []byte, i int) int {
	if i >= len(src) {
		return 0
	}
	switch src[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		if _, ok := hex4(src, i+1); ok {
			return 5
		}
	}
	return 0
}

// scanNumber gives the end of the number at i; the kind is Absent when it is none.
func scanNumber(src []byte, i int) (Kind, int) {
	if src[i] == '-' {
		i++
	}
	first := i
	i = digits(src, i)
	if i == first || (src[first] == '0' && i > first+1) {
		return Absent, i
	}
	if i < len(src) && src[i] == '.' {
		first = i + 1
		if i = digits(src, first); i == first {
			return Absent, i
		}
	}
	if i < len(src) && (src[i] == 'e' || src[i] == 'E') {
		if i++; i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		first = i
		if i = digits(src, i); i == first {
			return Absent, i
		}
	}
	return Number, i
}

func digits(src []byte, i int) int {
	for i < len(src) && src[i]-'0' < 10 {
		i++
	}
	return i
}
