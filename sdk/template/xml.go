package template

import (
	"strings"
	"unicode/utf8"
)

// checkXML says why s is not a well-formed XML document; "" when it is. It is here because encoding/xml would triple the
// size of a plugin. It knows no document types, which nobody should send, and does not resolve namespaces.
func checkXML(s string) string {
	if !utf8.ValidString(s) {
		return "it is not UTF-8"
	}
	for _, r := range s {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return "it holds a character that XML does not have"
		}
	}
	c := xmlChecker{rest: s}
	if strings.HasPrefix(s, "<?xml") {
		if reason := c.through("?>", "declaration"); reason != "" {
			return reason
		}
	}
	for c.rest != "" {
		if reason := c.next(); reason != "" {
			return reason
		}
	}
	switch {
	case len(c.open) > 0:
		return "element " + c.open[len(c.open)-1] + " is not closed"
	case !c.rooted:
		return "it has no element"
	}
	return ""
}

type xmlChecker struct {
	rest   string
	open   []string // elements
	rooted bool     // an outermost element has begun
}

// next goes past a text, a tag or what else begins with <.
func (c *xmlChecker) next() string {
	i := strings.IndexByte(c.rest, '<')
	if i < 0 {
		i = len(c.rest)
	}
	if i > 0 {
		text := c.rest[:i]
		c.rest = c.rest[i:]
		return c.text(text)
	}
	switch {
	case strings.HasPrefix(c.rest, "<!--"):
		return c.comment()
	case strings.HasPrefix(c.rest, "<![CDATA["):
		if len(c.open) == 0 {
			return "text outside of the outermost element"
		}
		return c.through("]]>", "CDATA section")
	case strings.HasPrefix(c.rest, "<?"):
		return c.through("?>", "processing instruction")
	case strings.HasPrefix(c.rest, "<!"):
		return "a document type is not allowed"
	case strings.HasPrefix(c.rest, "</"):
		return c.closing()
	}
	return c.opening()
}

func (c *xmlChecker) text(s string) string {
	if len(c.open) == 0 && strings.Trim(s, " \t\r\n") != "" {
		return "text outside of the outermost element"
	}
	if strings.Contains(s, "]]>") {
		return "]]> in a text"
	}
	return references(s)
}

// through goes past the closer.
func (c *xmlChecker) through(closer, what string) string {
	i := strings.Index(c.rest, closer)
	if i < 0 {
		return what + " is not closed"
	}
	c.rest = c.rest[i+len(closer):]
	return ""
}

func (c *xmlChecker) comment() string {
	c.rest = c.rest[len("<!--"):]
	i := strings.Index(c.rest, "--")
	if i < 0 || !strings.HasPrefix(c.rest[i:], "-->") {
		return "comment is not closed, or has -- in it"
	}
	c.rest = c.rest[i+3:]
	return ""
}

func (c *xmlChecker) closing() string {
	c.rest = c.rest[2:]
	name := c.name()
	c.space()
	n := len(c.open)
	if n == 0 || c.open[n-1] != name || !strings.HasPrefix(c.rest, ">") {
		return "</" + name + "> closes no element that is open there"
	}
	c.open, c.rest = c.open[:n-1], c.rest[1:]
	return ""
}

func (c *xmlChecker) opening() string {
	c.rest = c.rest[1:]
	name := c.name()
	if name == "" {
		return "< without a name"
	}
	if len(c.open) == 0 && c.rooted {
		return "more than one outermost element"
	}
	if len(c.open) == 512 {
		return "elements nested deeper than 512"
	}
	c.rooted = true
	var seen []string
	for {
		spaced := c.space()
		switch {
		case strings.HasPrefix(c.rest, "/>"):
			c.rest = c.rest[2:]
			return ""
		case strings.HasPrefix(c.rest, ">"):
			c.rest = c.rest[1:]
			c.open = append(c.open, name)
			return ""
		case !spaced:
			return "tag " + name + " is malformed"
		}
		attribute, reason := c.attribute()
		if reason != "" {
			return "tag " + name + ": " + reason
		}
		for _, s := range seen {
			if s == attribute {
				return "tag " + name + ": attribute " + attribute + " stands twice"
			}
		}
		seen = append(seen, attribute)
	}
}

func (c *xmlChecker) attribute() (name, reason string) {
	if name = c.name(); name == "" {
		return "", "malformed attribute, or not closed"
	}
	c.space()
	if !strings.HasPrefix(c.rest, "=") {
		return "", "attribute " + name + " has no value"
	}
	c.rest = c.rest[1:]
	c.space()
	if c.rest == "" || c.rest[0] != '"' && c.rest[0] != '\'' {
		return "", "attribute " + name + " is not in quotes"
	}
	value, rest, ok := strings.Cut(c.rest[1:], c.rest[:1])
	if !ok || strings.Contains(value, "<") {
		return "", "attribute " + name + " is not closed, or has < in it"
	}
	c.rest = rest
	return name, references(value)
}

// space goes past white space and says whether there was any.
func (c *xmlChecker) space() bool {
	before := len(c.rest)
	c.rest = strings.TrimLeft(c.rest, " \t\r\n")
	return len(c.rest) < before
}

// name takes a name off. Letters of all scripts are taken to be allowed.
func (c *xmlChecker) name() string {
	i := 0
	for i < len(c.rest) {
		ch := c.rest[i]
		letter := ch|0x20 >= 'a' && ch|0x20 <= 'z' || ch == '_' || ch == ':' || ch >= utf8.RuneSelf
		if !letter && (i == 0 || ch != '-' && ch != '.' && (ch < '0' || ch > '9')) {
			break
		}
		i++
	}
	name := c.rest[:i]
	c.rest = c.rest[i:]
	return name
}

// references looks at text for references that are none.
func references(s string) string {
	for {
		_, after, found := strings.Cut(s, "&")
		if !found {
			return ""
		}
		if reason := reference(after); reason != "" {
			return reason
		}
		s = after
	}
}

func reference(s string) string {
	name, _, ok := strings.Cut(s, ";")
	if !ok {
		return "& that begins no reference; write &amp;"
	}
	switch name {
	case "amp", "lt", "gt", "quot", "apos":
		return ""
	}
	digits, base := strings.CutPrefix(name, "#")
	if !base || digits == "" {
		return "reference &" + cut(name) + "; is not known; write &amp; for &"
	}
	if !validReference(digits) {
		return "reference &" + cut(name) + "; is no character"
	}
	return ""
}

// validReference reads a decimal or, after x, hexadecimal number of a character.
func validReference(digits string) bool {
	base := rune(10)
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n := rune(0)
	for i := range len(digits) {
		d := rune(digits[i] - '0')
		if base == 16 && d > 9 {
			d = rune(digits[i]|0x20) - 'a' + 10
			if d < 10 {
				return false
			}
		}
		if d < 0 || d >= base {
			return false
		}
		if n = n*base + d; n > utf8.MaxRune {
			return false
		}
	}
	return digits != "" && utf8.ValidRune(n) && (n >= 0x20 || n == '\t' || n == '\n' || n == '\r') && n != 0xfffe && n != 0xffff
}

func cut(s string) string {
	if len(s) > 16 {
		return s[:16] + "…"
	}
	return s
}
