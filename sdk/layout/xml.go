package layout

import (
	"unicode/utf8"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

const (
	maxDepth      = 128 // how deep elements may nest
	maxAttributes = 64  // of an element
)

// element is an element, an attribute (@ in front), or a pair of a form.
type element struct {
	name     string
	text     []byte
	children []*element
	leaf     bool     // it can be nothing but a text
	next     *element // the next one of that name
	follows  bool     // one of that name stands before it
}

// append writes an element's value as JSON.
func (e *element) append(dst []byte) []byte {
	if len(e.children) == 0 {
		if !e.leaf && trim(string(e.text)) == "" {
			return append(dst, `""`...)
		}
		return jsondoc.AppendString(dst, string(e.text))
	}
	dst = append(dst, '{')
	dst = appendMembers(dst, e, false)
	if text := trim(string(e.text)); text != "" {
		dst = jsondoc.AppendString(append(dst, `,"#":`...), text)
	}
	return append(dst, '}')
}

// xmlToJSON appends an XML document as JSON, or gives the place and reason of its fault. It knows no document types, so no
// entities but the five and numbers: nothing in a body can make more of it than it is.
func xmlToJSON(dst []byte, s string) (out []byte, at int, reason string) {
	if !utf8.ValidString(s) {
		return dst, 0, "it is not UTF-8"
	}
	p := xmlReader{s: s}
	root := &element{}
	p.open = append(p.open, root)
	if hasPrefix(s, "\ufeff") {
		p.at = len("\ufeff")
	}
	for p.at < len(s) && p.reason == "" {
		p.next()
	}
	switch {
	case p.reason != "":
		return dst, p.at, p.reason
	case len(p.open) > 1:
		return dst, p.at, "element " + p.open[len(p.open)-1].name + " is not closed"
	case len(root.children) != 1:
		return dst, p.at, "it has no element"
	}
	dst = append(dst, '{')
	return append(appendMembers(dst, root, false), '}'), 0, ""
}

type xmlReader struct {
	s      string
	at     int
	open   []*element
	reason string
}

// next reads a text, a tag, or what else begins with <.
func (p *xmlReader) next() {
	rest := p.s[p.at:]
	switch {
	case rest[0] != '<':
		p.text(before(rest, '<'))
	case hasPrefix(rest, "<!--"):
		p.past("<!--", "-->", "comment")
	case hasPrefix(rest, "<![CDATA["):
		from := p.at + len("<![CDATA[")
		p.past("<![CDATA[", "]]>", "CDATA section")
		if len(p.open) == 1 {
			p.fail("text outside of the outermost element")
		} else if p.reason == "" {
			e := p.open[len(p.open)-1]
			e.text = append(e.text, p.s[from:p.at-3]...)
		}
	case hasPrefix(rest, "<?"):
		p.past("<?", "?>", "processing instruction")
	case hasPrefix(rest, "<!"):
		p.fail("a document type is not taken")
	case hasPrefix(rest, "</"):
		p.closing()
	default:
		p.opening()
	}
}

func (p *xmlReader) fail(reason string) {
	if p.reason == "" {
		p.reason = reason
	}
}

func (p *xmlReader) text(t string) {
	e := p.open[len(p.open)-1]
	if len(p.open) == 1 {
		if trim(t) != "" {
			p.fail("text outside of the outermost element")
			return
		}
	} else {
		var ok bool
		if e.text, ok = xmlText(e.text, t); !ok {
			p.fail("& begins no reference; write &amp;")
			return
		}
	}
	p.at += len(t)
}

func (p *xmlReader) past(opener, closer, what string) {
	i := index(p.s[p.at+len(opener):], closer)
	if i < 0 {
		p.fail(what + " is not closed")
		return
	}
	p.at += len(opener) + i + len(closer)
}

func (p *xmlReader) closing() {
	p.at += 2
	name := p.name()
	p.space()
	n := len(p.open) - 1
	if n == 0 || p.open[n].name != name || !p.skip(">") {
		p.fail("</" + name + "> closes no element that is open there")
		return
	}
	p.open = p.open[:n]
}

func (p *xmlReader) opening() {
	start := p.at
	p.at++
	e := &element{name: p.name()}
	up := p.open[len(p.open)-1]
	switch {
	case e.name == "":
		p.at = start
		p.fail("< begins no element; write &lt;")
	case len(p.open) == 1 && len(up.children) > 0:
		p.fail("more than one outermost element")
	case len(p.open) > maxDepth:
		p.fail("elements nest deeper than 128")
	}
	up.children = append(up.children, e)
	for p.reason == "" {
		spaced := p.space()
		switch {
		case p.skip("/>"):
			return
		case p.skip(">"):
			p.open = append(p.open, e)
			return
		case !spaced:
			p.fail("tag " + e.name + " is malformed or not closed")
		default:
			p.attribute(e)
		}
	}
}

func (p *xmlReader) attribute(e *element) {
	a := &element{name: "@" + p.name(), leaf: true}
	p.space()
	equals := p.skip("=")
	p.space()
	if a.name == "@" || !equals || p.at == len(p.s) || p.s[p.at] != '"' && p.s[p.at] != '\'' {
		p.fail("tag " + e.name + " has an attribute that is malformed or not in quotes")
		return
	}
	if len(e.children) == maxAttributes {
		p.fail("tag " + e.name + " has more than 64 attributes")
		return
	}
	for _, c := range e.children {
		if c.name == a.name {
			p.fail("tag " + e.name + " has an attribute twice")
			return
		}
	}
	quote := p.s[p.at]
	p.at++
	i := indexByte(p.s[p.at:], quote)
	if i < 0 || indexByte(p.s[p.at:p.at+i], '<') >= 0 {
		p.fail("attribute is not closed, or has < in it")
		return
	}
	var ok bool
	if a.text, ok = xmlText(nil, p.s[p.at:p.at+i]); !ok {
		p.fail("& begins no reference; write &amp;")
		return
	}
	p.at += i + 1
	e.children = append(e.children, a)
}

func (p *xmlReader) skip(want string) bool {
	if !hasPrefix(p.s[p.at:], want) {
		return false
	}
	p.at += len(want)
	return true
}

func (p *xmlReader) space() bool {
	from := p.at
	for p.at < len(p.s) && white(p.s[p.at]) {
		p.at++
	}
	return p.at > from
}

// name reads a name. Letters of all scripts are taken to be allowed.
func (p *xmlReader) name() string {
	from := p.at
	for ; p.at < len(p.s); p.at++ {
		c := p.s[p.at]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= utf8.RuneSelf
		if !letter && (p.at == from || c != '-' && c != '.' && (c < '0' || c > '9')) {
			break
		}
	}
	return p.s[from:p.at]
}
