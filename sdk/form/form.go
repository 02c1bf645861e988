// Package form escapes names and values for forms, query strings and paths (application/x-www-form-urlencoded, RFC 3986), and takes
// the escapes out. Whatever comes is read: what is malformed stays as it is, as browsers have it. net/url would refuse it, and is
// large in a plugin.
package form

// AppendEscaped appends one name or value of a form to dst. Everything is escaped but RFC 3986's unreserved characters: letters,
// digits and -_.~; a space is a plus.
func AppendEscaped(dst []byte, s string) []byte { return appendEscaped(dst, s, true) }

// AppendPercent is AppendEscaped for a part of a URL, where a plus would be one: a space is %20.
func AppendPercent(dst []byte, s string) []byte { return appendEscaped(dst, s, false) }

func appendEscaped(dst []byte, s string, plus bool) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '~':
			dst = append(dst, c)
		case c == ' ' && plus:
			dst = append(dst, '+')
		default:
			dst = AppendByte(dst, c)
		}
	}
	return dst
}

// AppendByte appends the escape of one byte, whatever it is.
func AppendByte(dst []byte, c byte) []byte {
	const hex = "0123456789ABCDEF"
	return append(dst, '%', hex[c>>4], hex[c&15])
}

// AppendUnescaped appends one name or value of a form to dst, without its escapes. A % that no two hex digits follow stays.
func AppendUnescaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' {
			c = ' '
		} else if c == '%' && i+2 < len(s) {
			if hi, lo := HexDigit(s[i+1]), HexDigit(s[i+2]); hi < 16 && lo < 16 {
				c = hi<<4 | lo
				i += 2
			}
		}
		dst = append(dst, c)
	}
	return dst
}

// HexDigit is the value of a hex digit; 16 when c is none.
func HexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}
