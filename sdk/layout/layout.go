// Package layout reads messages that an administrator has written with placeholders, and writes them.
//
// Some products have no fixed message: whoever sets up a webhook writes its body, and the product puts values in.
//
//	layout  {"kind": "queue", "call": {"id": "{{call_id}}"}}
//	body    {"kind": "queue", "call": {"id": "c1d2"}}
//
// What a value means is said by its placeholder, not by its key. So a layout is parsed once, when it is configured, and then
// walked together with each body: where the layout has a placeholder the body has its value. What stands elsewhere is a
// literal, and stays where it is.
//
//	text ─Parse─► tokens: what stands where, and how a value is to be written there ─► Fill, recovery
//	        └───► tree:   the same as JSON, XML and forms turned into it            ─► Walk
//
// A body that does not parse, since the product puts values in unescaped, is recovered: the layout's texts are a pattern, in
// which each placeholder takes as little as it can. What is found is written into the layout anew, properly, and that is read.
// The pattern is searched from left to right without going back, so a body costs its length times a text's, whatever it holds.
//
// XML as JSON: an element is a member, {"call": {"@id": "c1", "agent": "7"}}; attributes have an @ in front, an element's text
// beside attributes or elements is "#", elements of one name are a list.
package layout

import (
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Format is what a layout makes.
type Format uint8

// The formats.
const (
	JSON Format = iota
	XML
	Form // name={{value}}&other={{value}}
	Link // a link with a query string; its body is the query string alone
)

func (f Format) String() string { return [...]string{"JSON", "XML", "form", "link"}[f] }

// Syntax is how placeholders are written.
type Syntax uint8

// The syntaxes.
const (
	Braces Syntax = iota // {{contact.name}}
	Tags                 // {ticket_id}, and $strip_tags({ticket_name}), which means the same tag
)

// Bounds of a layout.
const (
	MaxText  = 64 << 10 // bytes
	MaxNames = 512      // placeholders
)

// Layout is a parsed layout. It is not safe for concurrent use.
type Layout struct {
	format Format
	syntax Syntax
	tokens []token
	names  []string
	root   node

	doc  jsondoc.Doc // of a body that was no JSON as it came
	seen []string    // what a walk has found, by slot
}

// Error says what is wrong with a layout, and where.
type Error struct {
	Line, Column int // from 1
	Reason       string
}

func (e *Error) Error() string {
	return "line " + decimal(e.Line) + ", column " + decimal(e.Column) + ": " + e.Reason
}

// Detect says what a text is the layout of, by how it begins.
func Detect(text string) Format {
	t := trim(text)
	switch {
	case t == "" || t[0] == '{' || t[0] == '[' || t[0] == '"':
		return JSON
	case t[0] == '<':
		return XML
	case hasPrefix(t, "http://") || hasPrefix(t, "https://") || t[0] == '/' || t[0] == '?':
		return Link
	case indexByte(t, '=') > 0:
		return Form
	}
	return JSON
}

// Parse reads a layout. Its error, an *Error, has the place of the fault.
func Parse(text string, f Format, s Syntax) (*Layout, error) {
	if len(text) > MaxText {
		return nil, &Error{1, 1, "it is longer than 64 KiB"}
	}
	l := &Layout{format: f, syntax: s}
	if err := l.tokenise(text); err != nil {
		return nil, err
	}
	if len(l.names) > MaxNames {
		return nil, &Error{1, 1, "it has more than 512 placeholders"}
	}
	doc, err := l.skeleton(text)
	if err != nil {
		return nil, err
	}
	if name := l.compile(&l.root, doc); name != "" {
		return nil, fault(text, max(0, index(text, name)), name+" is in a name; a placeholder can stand in a value alone")
	}
	l.seen = make([]string, len(l.names))
	return l, nil
}

// Format is what the layout makes.
func (l *Layout) Format() Format { return l.format }

// Names are the placeholders, each once; its place in the list is its slot.
func (l *Layout) Names() []string { return l.names }

// ContentType is the media type of what the layout makes; "" for a link.
func (l *Layout) ContentType() string {
	return [...]string{"application/json", "application/xml", "application/x-www-form-urlencoded", ""}[l.format]
}

// fault makes an Error for a place in a text.
func fault(text string, at int, reason string) error {
	e := &Error{Line: 1, Column: 1, Reason: reason}
	for i, r := range text {
		if i >= at {
			break
		}
		e.Column++
		if r == '\n' {
			e.Line, e.Column = e.Line+1, 1
		}
	}
	return e
}
