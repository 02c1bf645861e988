package sdk

import (
	"github.com/plugboard/plugboard/sdk/form"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

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
		text = form.AppendUnescaped(text[:0], name)
		dst = append(jsondoc.AppendString(dst, view(text)), ':')
		text = form.AppendUnescaped(text[:0], value)
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
