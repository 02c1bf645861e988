package template

import "strings"

// place is where a value stands, which decides how it is escaped.
type place uint8

const (
	plainPlace place = iota
	jsonString       // inside the quotes
	jsonValue        // where a value of its own is wanted
	xmlText
	xmlAttribute // inside the quotes
	formPlace
	urlSegment
	urlQuery
	headerPlace
	htmlText
	htmlAttribute // inside the quotes
)

// context follows a template's text and knows what is open. Two contexts that are equal go on equally.
type context struct {
	format Format
	state  state
	hex    uint8 // digits of \u that are to come
}

type state uint8

// The states of the formats. The zero state is a text's beginning.
const (
	outside state = iota // of a JSON string; text between XML's tags

	inString
	afterBackslash

	inTag // after < and outside of quotes
	inDouble
	inSingle
	inComment
	inCDATA
	inInstruction // <? … ?>
	inDeclaration // <! … >

	inHost   // scheme or authority
	inScheme // of a link whose beginning may be a scheme or a path
	inPath
	inQuery
)

func newContext(f Format) context {
	c := context{format: f}
	if f == URL {
		c.state = inScheme
	}
	return c
}

// place says where a value would stand now; reason, if it is not "", why none can.
func (c *context) place() (p place, reason string) {
	switch c.format {
	case JSON:
		return c.jsonPlace()
	case XML:
		return c.xmlPlace()
	case Form:
		return formPlace, ""
	case URL:
		return c.urlPlace()
	case Header:
		return headerPlace, ""
	case HTML:
		return c.htmlPlace()
	case Mrkdwn:
		return htmlText, ""
	}
	return plainPlace, ""
}

// value goes past a value.
func (c *context) value() {
	if c.format == URL && c.state == inScheme {
		c.state = inPath // unreachable for a template that parses: a value cannot be first
	}
}

// feed goes past a piece of the template's own text.
func (c *context) feed(text string) {
	switch c.format {
	case JSON:
		c.feedJSON(text)
	case XML, HTML:
		c.feedXML(text)
	case URL:
		c.feedURL(text)
	}
}

func (c *context) jsonPlace() (place, string) {
	switch {
	case c.state == outside:
		return jsonValue, ""
	case c.state == inString && c.hex == 0:
		return jsonString, ""
	}
	return 0, "a value cannot stand in the middle of an escape"
}

func (c *context) feedJSON(text string) {
	for i := range len(text) {
		switch ch := text[i]; {
		case c.state == afterBackslash:
			c.state = inString
			if ch == 'u' {
				c.hex = 4
			}
		case c.hex > 0 && ch != '"':
			c.hex--
		case ch == '"':
			c.hex = 0
			if c.state == inString {
				c.state = outside
			} else {
				c.state = inString
			}
		case ch == '\\' && c.state == inString:
			c.state = afterBackslash
		}
	}
}

func (c *context) xmlPlace() (place, string) {
	switch c.state {
	case outside:
		return xmlText, ""
	case inDouble, inSingle:
		return xmlAttribute, ""
	case inTag:
		return 0, "inside a tag a value can only stand in an attribute's quotes"
	case inComment:
		return 0, "a value cannot stand in a comment"
	case inCDATA:
		return 0, "a value cannot stand in a CDATA section; leave CDATA out, values are escaped"
	}
	return 0, "a value cannot stand in a declaration or processing instruction"
}

// htmlPlace has the places of XML, with escapes of their own.
func (c *context) htmlPlace() (place, string) {
	p, reason := c.xmlPlace()
	switch {
	case reason != "":
		return 0, reason
	case p == xmlAttribute:
		return htmlAttribute, ""
	}
	return htmlText, ""
}

// feedXML looks for what opens and closes. A construct that a value cuts in two is taken for the one that allows no
// value.
func (c *context) feedXML(text string) {
	closers := map[state]string{inComment: "-->", inCDATA: "]]>", inInstruction: "?>", inDeclaration: ">", inDouble: `"`, inSingle: "'"}
	for text != "" {
		switch c.state {
		case outside:
			i := strings.IndexByte(text, '<')
			if i < 0 {
				return
			}
			text = c.openXML(text[i:])
		case inTag:
			i := strings.IndexAny(text, `>"'`)
			if i < 0 {
				return
			}
			c.state = map[byte]state{'>': outside, '"': inDouble, '\'': inSingle}[text[i]]
			text = text[i+1:]
		default:
			closer := closers[c.state]
			i := strings.Index(text, closer)
			if i < 0 {
				return
			}
			text = text[i+len(closer):]
			if c.state == inDouble || c.state == inSingle {
				c.state = inTag
			} else {
				c.state = outside
			}
		}
	}
}

// openXML goes past what begins with the < at the text's start.
func (c *context) openXML(text string) string {
	for _, o := range []struct {
		opener string
		state  state
	}{{"<!--", inComment}, {"<![CDATA[", inCDATA}, {"<?", inInstruction}, {"<!", inDeclaration}} {
		if strings.HasPrefix(text, o.opener) {
			c.state = o.state
			return text[len(o.opener):]
		}
	}
	c.state = inTag
	return text[1:]
}

func (c *context) urlPlace() (place, string) {
	switch c.state {
	case inPath:
		return urlSegment, ""
	case inQuery:
		return urlQuery, ""
	}
	return 0, "a value cannot choose the link's scheme or host: write them out, or begin with a slash"
}

// feedURL finds out where the host ends. A link that begins with one slash, a question mark or a number sign has none.
func (c *context) feedURL(text string) {
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case c.state == inQuery:
			return
		case ch == '?' || ch == '#':
			c.state = inQuery
		case c.state == inScheme && strings.HasPrefix(text[i:], "//"):
			c.state = inHost
			i++
		case c.state != inPath && ch == '/':
			c.state = inPath
		}
	}
}
