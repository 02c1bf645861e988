package layout

// The standard library's strings package is fine in a plugin; what is here is what it does not have, or what would be a call
// where a loop does.

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

func index(s, want string) int {
	for i := 0; i+len(want) <= len(s); i++ {
		if s[i:i+len(want)] == want {
			return i
		}
	}
	return -1
}

func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// before is what stands in front of the first c; all of s when there is none.
func before(s string, c byte) string {
	if i := indexByte(s, c); i >= 0 {
		return s[:i]
	}
	return s
}

// query is what stands behind a link's question mark; "" without one.
func query(link string) string {
	return before(link[min(len(link), len(before(link, '?'))+1):], '#')
}

func white(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func trim(s string) string { return trimLeft(trimRight(s)) }

func trimLeft(s string) string {
	for s != "" && white(s[0]) {
		s = s[1:]
	}
	return s
}

func trimRight(s string) string {
	for s != "" && white(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func decimal(n int) string {
	var digits [20]byte
	i := len(digits)
	for {
		i--
		digits[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(digits[i:])
		}
	}
}
