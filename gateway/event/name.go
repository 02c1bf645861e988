package event

// token marks the bytes that RFC 9110 allows in a header's name, without the underscore: gateways written for CGI read
// it as a hyphen, so that two senders could mean one header.
var token = func() (t [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^`|~" {
		t[c] = true
	}
	return t
}()

// IsToken says whether c may stand in a header's name or a method.
func IsToken(c byte) bool { return token[c] }

// ValidHeaderName says whether name may be a header's name: no control bytes, separators or underscores.
func ValidHeaderName(name string) bool {
	for i := range len(name) {
		if !token[name[i]] {
			return false
		}
	}
	return name != ""
}

// ValidHeaderValue says whether value is one line: no control bytes but tabs.
func ValidHeaderValue(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

// LowerName gives a header's name in lower case, without allocating when it is so already.
func LowerName(name string) string {
	for i := range len(name) {
		if c := name[i]; c >= 'A' && c <= 'Z' {
			b := []byte(name)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'A' && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}
