package verify

import (
	"fmt"
	"strings"
)

// field is what may stand in a template.
type field uint8

const (
	fieldText field = iota
	fieldBody
	fieldTimestamp
	fieldID
	fieldURL
)

var fieldNames = map[string]field{"body": fieldBody, "timestamp": fieldTimestamp, "id": fieldID, "url": fieldURL}

// template is what a sender signs: text and fields of its request.
type template []piece

type piece struct {
	field field
	text  string // of fieldText
}

// fields are a request's values for a template.
type fields struct {
	body        []byte
	timestamp   string
	id          string
	base        string // of the URL
	path, query string
}

// parseTemplate reads "{timestamp}.{body}". The body has to be in it: what is not signed anybody may write.
func parseTemplate(text string) (template, error) {
	var t template
	for rest := text; rest != ""; {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			open = len(rest)
		}
		if open > 0 {
			t, rest = append(t, piece{text: rest[:open]}), rest[open:]
			continue
		}
		name, behind, closed := strings.Cut(rest[1:], "}")
		f, known := fieldNames[name]
		if !closed || !known {
			return nil, fmt.Errorf("verify: signed = %q: there is no %s}; the fields are {body}, {timestamp}, {id}, {url}", text, rest[:min(len(rest), len(name)+1)])
		}
		t, rest = append(t, piece{field: f}), behind
	}
	if t.count(fieldBody) != 1 {
		return nil, fmt.Errorf("verify: signed = %q does not have {body} once; what is not signed anybody may write", text)
	}
	return t, nil
}

func (t template) count(f field) (n int) {
	for i := range t {
		if t[i].field == f {
			n++
		}
	}
	return n
}

// append adds what stands for the piece.
func (f *fields) append(dst []byte, p *piece) []byte {
	switch p.field {
	case fieldBody:
		return append(dst, f.body...)
	case fieldTimestamp:
		return append(dst, f.timestamp...)
	case fieldID:
		return append(dst, f.id...)
	case fieldURL:
		return appendURL(dst, f.base, f.path, f.query)
	}
	return append(dst, p.text...)
}

// appendURL writes the URL as the sender wrote it: the query keeps its order and escapes.
func appendURL(dst []byte, base, path, query string) []byte {
	dst = append(append(dst, base...), path...)
	if query != "" {
		dst = append(append(dst, '?'), query...)
	}
	return dst
}
