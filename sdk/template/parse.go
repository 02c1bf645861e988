package template

import (
	"strings"
	"unicode/utf8"
)

// maxNesting is how deep sections may stand in each other.
const maxNesting = 32

// Parse reads a template for what it is to make. Its error, an *Error, has the place of the fault.
func Parse(text string, format Format) (*Template, error) {
	p := parser{text: text, context: newContext(format)}
	nodes, err := p.nodes("", 0)
	if err != nil {
		return nil, err
	}
	return &Template{format, nodes}, nil
}

type parser struct {
	text    string
	at      int
	context context
}

// tag is what stands between two braces and two braces.
type tag struct {
	from, to int // in the text, braces included
	sigil    byte
	name     string
}

// nodes reads up to the end of the section called open, or to the end of the text when open is "".
func (p *parser) nodes(open string, depth int) ([]node, error) {
	var list []node
	for {
		t, ok, err := p.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			if open != "" {
				return nil, p.fault(len(p.text), "section "+open+" is not closed: {{/"+open+"}} is missing")
			}
			return p.literal(list, len(p.text)), nil
		}
		from, to := t.from, t.to
		if t.sigil != 0 {
			from, to = p.line(t)
		}
		list = p.literal(list, from)
		p.at = to
		switch t.sigil {
		case '!':
			continue
		case '/':
			if t.name != open {
				return nil, p.fault(t.from, "{{/"+t.name+"}} closes no section that is open here")
			}
			return list, nil
		case '#', '^':
			n, err := p.section(t, depth)
			if err != nil {
				return nil, err
			}
			list = append(list, n)
		default:
			place, reason := p.context.place()
			if reason != "" {
				return nil, p.fault(t.from, reason)
			}
			p.context.value()
			list = append(list, node{kind: valueNode, path: pathOf(t.name), place: place})
		}
	}
}

// section reads a section whose opening tag was just read. It must leave off where it began, in a string or out of it,
// or whether it is rendered would change what follows.
func (p *parser) section(t tag, depth int) (node, error) {
	if depth == maxNesting {
		return node{}, p.fault(t.from, "sections stand more than 32 deep")
	}
	before := p.context
	body, err := p.nodes(t.name, depth+1)
	if err != nil {
		return node{}, err
	}
	if p.context != before {
		return node{}, p.fault(t.from, "section "+t.name+" begins and ends in different places of the text, such as inside and outside of quotes")
	}
	kind := sectionNode
	if t.sigil == '^' {
		kind = invertedNode
	}
	return node{kind: kind, path: pathOf(t.name), body: body}, nil
}

// literal adds the text up to the place to, if there is any.
func (p *parser) literal(list []node, to int) []node {
	if to <= p.at {
		return list
	}
	text := p.text[p.at:to]
	p.context.feed(text)
	return append(list, node{kind: textNode, text: text})
}

// next finds the next tag.
func (p *parser) next() (t tag, ok bool, err error) {
	i := strings.Index(p.text[p.at:], "{{")
	if i < 0 {
		return tag{}, false, nil
	}
	t.from = p.at + i
	if strings.HasPrefix(p.text[t.from:], "{{{") {
		return tag{}, false, p.fault(t.from, "three braces: values are always escaped; write two, with a space after a brace that is meant")
	}
	n := strings.Index(p.text[t.from:], "}}")
	if n < 0 {
		return tag{}, false, p.fault(t.from, "{{ is not closed")
	}
	inner := strings.TrimSpace(p.text[t.from+2 : t.from+n])
	t.to = t.from + n + 2
	if inner != "" && strings.IndexByte("!/#^&>=$<", inner[0]) >= 0 {
		t.sigil, inner = inner[0], strings.TrimSpace(inner[1:])
	}
	t.name = inner
	return t, true, p.checkTag(t)
}

// checkTag refuses what is not in the language.
func (p *parser) checkTag(t tag) error {
	switch t.sigil {
	case '!':
		return nil
	case '&':
		return p.fault(t.from, "{{&…}}: values are always escaped")
	case '>', '=', '$', '<':
		return p.fault(t.from, "{{"+string(rune(t.sigil))+"…}} is not in this language")
	}
	switch {
	case t.name == "":
		return p.fault(t.from, "{{}} has no name in it")
	case strings.ContainsAny(t.name, " \t\r\n{}\""):
		return p.fault(t.from, "the name "+t.name+" holds a space, quote or brace; a name is a path such as data.agent.name")
	case t.name != "." && (t.name[0] == '.' || strings.HasSuffix(t.name, ".") || strings.Contains(t.name, "..")):
		return p.fault(t.from, "the path "+t.name+" has a step without a name")
	}
	return nil
}

// line is the tag with its whole line, when nothing else stands there; otherwise the tag.
func (p *parser) line(t tag) (from, to int) {
	from, to = t.from, t.to
	for from > p.at && (p.text[from-1] == ' ' || p.text[from-1] == '\t') {
		from--
	}
	if from > 0 && p.text[from-1] != '\n' {
		return t.from, t.to
	}
	for to < len(p.text) && (p.text[to] == ' ' || p.text[to] == '\t') {
		to++
	}
	switch {
	case to == len(p.text) && from > 0:
		return from, to
	case strings.HasPrefix(p.text[to:], "\r\n"):
		return from, to + 2
	case strings.HasPrefix(p.text[to:], "\n"):
		return from, to + 1
	}
	return t.from, t.to
}

func pathOf(name string) path {
	if name == "." {
		return path{}
	}
	first, rest, _ := strings.Cut(name, ".")
	return path{first, rest}
}

func (p *parser) fault(at int, reason string) error {
	before := p.text[:at]
	line := strings.Count(before, "\n")
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &Error{line + 1, column + 1, reason}
}
