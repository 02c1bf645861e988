package layout

// token is a piece of a layout's text: as it stands, or a placeholder.
type token struct {
	text  string // as it is written
	slot  int    // -1: it stands as it is
	where where  // of a placeholder
}

// where is the place of a placeholder, which says how a value is written there.
type where uint8

const (
	inString where = iota // between a JSON text's quotes
	bare                  // where JSON wants a value
	inXML                 // text and attributes
	inCDATA
	inPair // a form's or query's name or value
)

// tokenise cuts the text up, and gives each placeholder its slot.
func (l *Layout) tokenise(text string) error {
	at, from, place := 0, 0, l.outside()
	for at < len(text) {
		raw, name := l.syntax.At(text[at:])
		if raw == "" {
			if l.syntax == Braces && hasPrefix(text[at:], "{{") && (place != bare || opensPlaceholder(text[at:])) {
				return fault(text, at, "{{ begins no placeholder; write {{name}}")
			}
			at += l.step(text, at, &place)
			continue
		}
		if l.format == Link && indexByte(text[:at], '?') < 0 {
			return fault(text, at, raw+" stands in front of the question mark: a source has one path; put it behind")
		}
		if from < at {
			l.tokens = append(l.tokens, token{text[from:at], -1, place})
		}
		l.tokens = append(l.tokens, token{raw, l.slot(name), place})
		at += len(raw)
		from = at
	}
	if from < len(text) {
		l.tokens = append(l.tokens, token{text[from:], -1, place})
	}
	return nil
}

// outside is where a text begins.
func (l *Layout) outside() where {
	return [...]where{bare, inXML, inPair, inPair}[l.format]
}

// step goes on by what stands at a place, and keeps track of where that is.
func (l *Layout) step(text string, at int, place *where) int {
	switch c := text[at]; {
	case *place == inString && c == '\\' && at+1 < len(text):
		return 2
	case *place == inString && c == '"':
		*place = bare
	case *place == bare && c == '"':
		*place = inString
	case *place == inXML && hasPrefix(text[at:], "<![CDATA["):
		*place = inCDATA
	case *place == inCDATA && hasPrefix(text[at:], "]]>"):
		*place = inXML
	}
	return 1
}

func (l *Layout) slot(name string) int {
	for i, n := range l.names {
		if n == name {
			return i
		}
	}
	l.names = append(l.names, name)
	return len(l.names) - 1
}

// At gives the placeholder that a text begins with, as it is written and by its name; "" when it begins with none.
func (s Syntax) At(text string) (raw, name string) {
	if s == Braces {
		return bracesAt(text)
	}
	const strip = "$strip_tags("
	if !hasPrefix(text, strip) {
		return tagAt(text)
	}
	raw, name = tagAt(text[len(strip):])
	if raw == "" || !hasPrefix(text[len(strip)+len(raw):], ")") {
		return "", ""
	}
	return text[:len(strip)+len(raw)+1], name
}

func bracesAt(text string) (raw, name string) {
	if !hasPrefix(text, "{{") {
		return "", ""
	}
	for i := 2; i < len(text); i++ {
		switch c := text[i]; {
		case c == '}' && i+1 < len(text) && text[i+1] == '}':
			if name = trim(text[2:i]); name == "" || !named(name) {
				return "", ""
			}
			return text[:i+2], name
		case c == '{' || c == '}' || c == '"' || c == '\\' || c == '<' || c == '\n':
			return "", ""
		}
	}
	return "", ""
}

func tagAt(text string) (raw, name string) {
	if text == "" || text[0] != '{' {
		return "", ""
	}
	if i := indexByte(text, '}'); i > 1 && named(text[1:i]) {
		return text[:i+1], text[1:i]
	}
	return "", ""
}

// named says whether s can be a placeholder's name: a path of letters, digits and underscores.
func named(s string) bool {
	if len(s) > 128 || s[0] == '.' || s[len(s)-1] == '.' || index(s, "..") >= 0 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' && i > 0 {
			continue
		}
		return false
	}
	return true
}

// opensPlaceholder says whether two braces where JSON wants a value were meant for a placeholder: an object in an object's
// place would have a name in quotes behind them, and that is a fault as well.
func opensPlaceholder(text string) bool {
	t := trim(text[2:])
	return t != "" && t[0] != '"' && t[0] != '}'
}
