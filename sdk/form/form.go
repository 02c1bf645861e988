// Package form takes the escapes out of forms and query strings (application/x-www-form-urlencoded). Whatever comes is read: what
// is malformed stays as it is, as browsers have it. net/url would refuse the whole of it, and is large in a plugin.
package form

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
