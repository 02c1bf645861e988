package jsondoc

import "unicode/utf8"

// parse fills the tape. It does not recurse: the containers that are open form a list through their next fields, which
// get their real content when the container closes. Depth is therefore a matter of a counter, not of the stack.
func (d *Doc) parse() error {
	src := d.src
	if len(src) > maxLen {
		return &SyntaxError{"text is longer than 2 GiB", maxLen}
	}
	i, open, depth := 0, int32(-1), 0
	n := node{nameAt: -1}
	for {
		i = space(src, i)
		if i == len(src) {
			return end(src)
		}
		c := src[i]
		n.start = int32(i)
		if c == '{' || c == '[' {
			if depth++; depth > MaxDepth {
				return &SyntaxError{"nested deeper than 512", i}
			}
			n.kind, n.next = Object, open
			if c == '[' {
				n.kind = Array
			}
			open = int32(len(d.tape))
			d.tape = append(d.tape, n)
			i = space(src, i+1)
			if i == len(src) {
				return end(src)
			}
			if src[i] != c+2 { // '}' and ']' stand two after their openers
				if err := d.name(&n, c, &i); err != nil {
					return err
				}
				continue
			}
		} else {
			if err := d.scalar(&n, c, &i); err != nil {
				return err
			}
			n.next = int32(len(d.tape) + 1)
			d.tape = append(d.tape, n)
			i = space(src, i)
		}
		// Close what ends here. A comma leads to the next value; the end of the last container to the end of all.
		for {
			if open < 0 {
				if i < len(src) {
					return &SyntaxError{"text goes on after the value", i}
				}
				return nil
			}
			if i == len(src) {
				return end(src)
			}
			c, up := src[i], &d.tape[open]
			if c == ',' {
				opener := byte('{')
				if up.kind == Array {
					opener = '['
				}
				i++
				if err := d.name(&n, opener, &i); err != nil {
					return err
				}
				break
			}
			if up.kind == Object && c != '}' {
				return &SyntaxError{"want a comma or } after an object's member", i}
			}
			if up.kind == Array && c != ']' {
				return &SyntaxError{"want a comma or ] after an array's element", i}
			}
			open, up.next, up.end = up.next, int32(len(d.tape)), int32(i+1)
			depth--
			i = space(src, i+1)
		}
	}
}

// name reads a member's name and its colon into n; in an array there is none.
func (d *Doc) name(n *node, opener byte, at *int) error {
	*n = node{nameAt: -1}
	if opener == '[' {
		return nil
	}
	src := d.src
	i := space(src, *at)
	if i == len(src) {
		return end(src)
	}
	if src[i] != '"' {
		return &SyntaxError{"want a member's name in quotes", i}
	}
	close, esc, err := scanString(src, i+1)
	if err != nil {
		return err
	}
	n.nameAt, n.nameEnd = int32(i+1), int32(close)
	if esc {
		n.flags = nameEscaped
	}
	i = space(src, close+1)
	if i == len(src) {
		return end(src)
	}
	if src[i] != ':' {
		return &SyntaxError{"want a colon after a member's name", i}
	}
	*at = i + 1
	return nil
}

// scalar reads the string, number or literal that starts with c at *at.
func (d *Doc) scalar(n *node, c byte, at *int) error {
	i := *at
	switch {
	case c == '"':
		close, esc, err := scanString(d.src, i+1)
		if err != nil {
			return err
		}
		n.kind, n.start, n.end = String, int32(i+1), int32(close)
		if esc {
			n.flags |= escaped
		}
		*at = close + 1
		return nil
	case c == '-' || c-'0' < 10:
		stop, ok := scanNumber(d.src, i)
		if !ok {
			return &SyntaxError{"malformed number", i}
		}
		n.kind, n.end, *at = Number, int32(stop), stop
		return nil
	case c == 't':
		return d.literal(n, "true", Bool, at)
	case c == 'f':
		return d.literal(n, "false", Bool, at)
	case c == 'n':
		return d.literal(n, "null", Null, at)
	}
	return &SyntaxError{"want a value", i}
}

func (d *Doc) literal(n *node, word string, kind Kind, at *int) error {
	stop := *at + len(word)
	if stop > len(d.src) || string(d.src[*at:stop]) != word {
		return &SyntaxError{"want a value", *at}
	}
	n.kind, n.end, *at = kind, int32(stop), stop
	return nil
}

func end(src []byte) error { return &SyntaxError{"text ends too early", len(src)} }

// space gives the first place from i on that is not white space.
func space(src []byte, i int) int {
	for i < len(src) && src[i] <= ' ' && (src[i] == ' ' || src[i] == '\n' || src[i] == '\r' || src[i] == '\t') {
		i++
	}
	return i
}

// plain marks the bytes that need no second look inside a string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < 0x80; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// scanString gives the place of the closing quote of the string whose content starts at i.
func scanString(src []byte, i int) (close int, esc bool, err error) {
	from, wide := i, false
	for {
		for i < len(src) && plain[src[i]] {
			i++
		}
		if i >= len(src) {
			return 0, false, end(src)
		}
		switch c := src[i]; {
		case c == '"':
			if wide && !utf8.Valid(src[from:i]) {
				return 0, false, &SyntaxError{"string is not valid UTF-8", from}
			}
			return i, esc, nil
		case c == '\\':
			n := scanEscape(src, i+1)
			if n == 0 {
				return 0, false, &SyntaxError{"malformed escape in a string", i}
			}
			esc, i = true, i+1+n
		case c < 0x20:
			return 0, false, &SyntaxError{"control character in a string", i}
		default:
			wide, i = true, i+1
		}
	}
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

// scanNumber gives the end of the number at i.
func scanNumber(src []byte, i int) (int, bool) {
	if src[i] == '-' {
		i++
	}
	first := i
	i = digits(src, i)
	if i == first || (src[first] == '0' && i > first+1) {
		return 0, false
	}
	if i < len(src) && src[i] == '.' {
		first = i + 1
		if i = digits(src, first); i == first {
			return 0, false
		}
	}
	if i < len(src) && (src[i] == 'e' || src[i] == 'E') {
		if i++; i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		first = i
		if i = digits(src, i); i == first {
			return 0, false
		}
	}
	return i, true
}

func digits(src []byte, i int) int {
	for i < len(src) && src[i]-'0' < 10 {
		i++
	}
	return i
}
