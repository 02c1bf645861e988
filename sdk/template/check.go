package template

import (
	"strings"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// check says why a result is not what the format asks for; "" when it is.
func check(f Format, out []byte) string {
	switch f {
	case JSON:
		if jsondoc.Valid(out) {
			return ""
		}
		var d jsondoc.Doc
		if err := d.Reset(out); err != nil {
			return "result is not JSON: " + err.Error()
		}
	case XML:
		if reason := checkXML(string(out)); reason != "" {
			return "result is not XML: " + reason
		}
	case Header:
		for _, c := range out {
			if c < ' ' && c != '\t' || c == 0x7f {
				return "result is not one line: it holds a line end or another control character"
			}
		}
	case Form, URL:
		for _, c := range out {
			if c <= ' ' || c == 0x7f {
				return "result holds a space, a line end or another control character"
			}
		}
		if f == URL {
			return checkPath(string(out))
		}
	}
	return ""
}

// checkPath refuses a link whose path climbs: a segment . or .. would be taken away, with the one before it, by whoever
// reads the link, however it is encoded. Two slashes at the beginning, as an empty first segment makes them, would turn
// the second segment into a host.
func checkPath(link string) string {
	if strings.HasPrefix(link, "//") {
		return "result begins with two slashes, which makes a host of what follows"
	}
	if i := strings.IndexAny(link, "?#"); i >= 0 {
		link = link[:i]
	}
	for s := range strings.SplitSeq(link, "/") {
		switch strings.ReplaceAll(strings.ToLower(s), "%2e", ".") {
		case ".", "..":
			return "result has a path with the segment " + s
		}
	}
	return ""
}
