package jsondoc

import "unicode/utf8"

// unescape appends the text of a string's checked content to dst.
func unescape(dst, src []byte) []byte {
	for i := 0; i < len(src); {
		c := src[i]
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		c = src[i+1]
		i += 2
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, n := surrogates(src, i)
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// surrogates reads the four hex digits at i and, where they are the first half of a pair, the second half; n is the
// bytes read. A half without its other is U+FFFD.
func surrogates(src []byte, i int) (r rune, n int) {
	r, _ = hex4(src, i)
	if r < 0xd800 || r > 0xdfff {
		return r, 4
	}
	if r < 0xdc00 && i+6 <= len(src) && src[i+4] == '\\' && src[i+5] == 'u' {
		if low, ok := hex4(src, i+6); ok && low >= 0xdc00 && low <= 0xdfff {
			return (r-0xd800)<<10 + (low - 0xdc00) + 0x10000, 10
		}
	}
	return utf8.RuneError, 4
}

func hex4(src []byte, i int) (r rune, ok bool) {
	if i+4 > len(src) {
		return 0, false
	}
	for _, c := range src[i : i+4] {
		switch {
		case c-'0' < 10:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// AppendString appends s to dst as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = AppendEscaped(dst, s)
	return append(dst, '"')
}

// AppendEscaped appends s to dst as the content of a JSON string, without quotes.
func AppendEscaped(dst []byte, s string) []byte {
	if isPlain(bytesOf(s)) {
		return append(dst, s...)
	}
	return appendMixed(dst, s)
}

// appendMixed is AppendEscaped for a text that is not all plain.
func appendMixed(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += n
			continue
		}
		dst = appendEscape(append(dst, s[from:i]...), c)
		i++
		from = i
	}
	return append(dst, s[from:]...)
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// appendInt appends n in decimal.
func appendInt(dst []byte, n int64) []byte {
	var buf [20]byte
	i, u := len(buf), uint64(n)
	if n < 0 {
		u = -u
	}
	for {
		i--
		buf[i] = byte('0' + u%10)
		if u /= 10; u == 0 {
			break
		}
	}
	if n < 0 {
		i--
		buf[i] = '-'
	}
	return append(dst, buf[i:]...)
}
