// Package template fills texts with values of a JSON document so that no value can change the text's structure.
//
// The language is a part of https://mustache.github.io: {{data.agent.name}} for a value, {{#path}}…{{/path}} for what
// stands there if the path leads to something (once, with names looked up in it first; for a list once for each element,
// {{.}} being it), {{^path}}…{{/path}} for what stands there if not, and {{! a remark }}. A section's tag alone on its
// line takes the line with it.
//
// A template is parsed for what it makes: JSON, XML, a form, a link, a header line or plain text. From the text around a
// value the parser finds out where it stands (inside a JSON string, in an attribute, in the link's path or its query) and
// that decides how it is escaped; where it cannot be made safe, as in the name of an element or the host of a link, the
// template is refused. So there is nothing to remember and nothing to forget, and no way round: triple braces and
// {{&name}} are refused too.
//
// Absent values and null render empty. In JSON outside of quotes a value is written as what it is (a number bare, a text
// in quotes, an object whole), and an absent one as "". What comes out is checked: JSON and XML must parse, a header is
// one line.
package template

import (
	"unsafe"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Format is what a template makes.
type Format uint8

// The formats.
const (
	Text   Format = iota // values stand as they are
	JSON                 // one JSON value
	XML                  // one XML document
	Form                 // application/x-www-form-urlencoded: name={{value}}&other={{value}}
	URL                  // a link, absolute or relative
	Header               // a header line's value
	HTML                 // a piece of HTML as chats take it: values are text, or stand in an attribute's quotes
	Mrkdwn               // Slack's markup, in which &, < and > alone have a meaning that a value could carry
)

// MaxOutput is how long a result may be.
const MaxOutput = 1 << 20

// Template is a parsed template. It does not change, and is safe for concurrent use, but for Text.
type Template struct {
	format Format
	nodes  []node
}

// node is a piece of text, a value, or a section.
type node struct {
	kind  nodeKind
	text  string // as it stands
	path  path
	place place // of a value
	body  []node
}

type nodeKind uint8

const (
	textNode nodeKind = iota
	valueNode
	sectionNode
	invertedNode
)

// path is a name to be looked up from the innermost section outwards, and the way on from there.
type path struct {
	first string // "" is the value of the section itself: {{.}}
	rest  string
}

// Error says what is wrong with a template, or with what came out of it.
type Error struct {
	Line, Column int // where it stands in the template, from 1; 0 when the fault is in the result
	Reason       string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Reason
	}
	return "line " + decimal(e.Line) + ", column " + decimal(e.Column) + ": " + e.Reason
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

// Append renders the template over root and appends the result to dst. Its error, an *Error, says why the result cannot
// be used; dst is then as it was.
func (t *Template) Append(dst []byte, root jsondoc.Value) ([]byte, error) {
	r := renderer{out: dst, limit: len(dst) + MaxOutput}
	r.render(t.nodes, frame{value: root})
	if r.over {
		return dst, &Error{Reason: "result is longer than 1 MiB"}
	}
	if reason := check(t.format, r.out[len(dst):]); reason != "" {
		return dst, &Error{Reason: reason}
	}
	return r.out, nil
}

// Text renders the template over root. It may be kept, as strings may: memory for many comes in one piece.
func (t *Template) Text(root jsondoc.Value) (string, error) {
	if cap(texts)-len(texts) < textsSize/8 {
		texts = make([]byte, 0, textsSize)
	}
	out, err := t.Append(texts[len(texts):], root)
	if err != nil {
		return "", err
	}
	if n := len(texts) + len(out); n <= cap(texts) {
		texts = texts[:n]
	}
	return unsafe.String(unsafe.SliceData(out), len(out)), nil
}

const textsSize = 16 << 10

// texts is where Text puts what it makes; what is written there once is never written again. Like all of a plugin's it is
// for one call at a time.
var texts []byte

// Constant says whether the template holds no values, so that its result is always the same.
func (t *Template) Constant() bool {
	for i := range t.nodes {
		if t.nodes[i].kind != textNode {
			return false
		}
	}
	return true
}

type renderer struct {
	out   []byte
	limit int
	over  bool
}

// frame is a section under way, and the ones around it.
type frame struct {
	value jsondoc.Value
	up    *frame
}

// find looks a path up: its first name in the innermost section that has it.
func (f *frame) find(p path) jsondoc.Value {
	if p.first == "" {
		return f.value
	}
	for ; f != nil; f = f.up {
		v := f.value.Member(p.first)
		if !v.Exists() {
			continue
		}
		if p.rest != "" {
			v = v.Get(p.rest)
		}
		return v
	}
	return jsondoc.Value{}
}

func (r *renderer) render(nodes []node, f frame) {
	for i := range nodes {
		if r.over = r.over || len(r.out) > r.limit; r.over {
			return
		}
		switch n := &nodes[i]; n.kind {
		case textNode:
			r.out = append(r.out, n.text...)
		case valueNode:
			r.out = appendValue(r.out, n.place, f.find(n.path))
		case sectionNode:
			r.section(n, f)
		case invertedNode:
			if !holds(f.find(n.path)) {
				r.render(n.body, f)
			}
		}
	}
}

func (r *renderer) section(n *node, f frame) {
	v := f.find(n.path)
	switch {
	case !holds(v):
	case v.Kind() == jsondoc.Array:
		for _, e := range v.Each {
			if r.over {
				return
			}
			r.render(n.body, frame{e, &f})
		}
	default:
		r.render(n.body, frame{v, &f})
	}
}

// holds says whether a section is rendered: for what is there, not empty and not false.
func holds(v jsondoc.Value) bool {
	return !v.Empty() && (v.Kind() != jsondoc.Bool || v.Str() == "true")
}
