package sdk

import "github.com/plugboard/plugboard/sdk/jsondoc"

// appendPairs appends the pairs of a form or query string to dst as a JSON object of strings.
func appendPairs(dst []byte, s string) []byte {
	dst = append(dst, '{')
	var text []byte
	first := true
	for len(s) > 0 {
		pair := s
		if i := index(s, '&'); i >= 0 {
			pair, s = s[:i], s[i+1:]
		} else {
			s = ""
		}
		if pair == "" {
			continue
		}
		name, value := pair, ""
		if i := index(pair, '='); i >= 0 {
			name, value = pair[:i], pair[i+1:]
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		text = unescapePair(text[:0], name)
		dst = append(jsondoc.AppendString(dst, view(text)), ':')
		text = unescapePair(text[:0], value)
		dst = jsondoc.AppendString(dst, view(text))
	}
	return append(dst, '}')
}

func index(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// unescapePair undoes form escaping. A % that no two hex digits follow stays, as browsers have it.
func unescapePair(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' {
			c = ' '
		} else if c == '%' && i+2 < len(s) {
			if hi, lo := nibble(s[i+1]), nibble(s[i+2]); hi < 16 && lo < 16 {
				c = hi<<4 | lo
				i += 2
			}
		}
		dst = append(dst, c)
	}
	return dst
}

// nibble is the value of a hex digit; 16 or more when c is none.
func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}
