package layout

import (
	"unicode/utf8"

	"github.com/plugboard/plugboard/sdk/form"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Read reads a body. One that is not in the layout's format is recovered, if the layout's texts are in it; its error says why
// it is not. What it gives is void after the next Read.
func (l *Layout) Read(body []byte) (root jsondoc.Value, recovered bool, err error) {
	text := string(body)
	var reason string
	switch l.format {
	case JSON:
		err = l.doc.Reset([]byte(text))
	case XML:
		var out []byte
		if out, _, reason = xmlToJSON(nil, text); reason == "" {
			err = l.doc.Reset(out)
		} else {
			err = &Error{1, 1, "body is not XML: " + reason}
		}
	default:
		if !orderly(text) {
			if fixed := l.recover(text); fixed != nil {
				return l.reread(fixed)
			}
		}
		err = l.doc.Reset(pairsToJSON(nil, text))
	}
	if err == nil {
		return l.doc.Root(), false, nil
	}
	if fixed := l.recover(text); fixed != nil {
		return l.reread(fixed)
	}
	return jsondoc.Value{}, false, err
}

// reread reads a body that was written anew.
func (l *Layout) reread(body []byte) (jsondoc.Value, bool, error) {
	out := body
	switch l.format {
	case XML:
		var reason string
		var at int
		if out, at, reason = xmlToJSON(nil, string(body)); reason != "" {
			return jsondoc.Value{}, true, &Error{1, at + 1, "body is not XML: " + reason}
		}
	case Form:
		out = pairsToJSON(nil, string(body))
	case Link:
		out = pairsToJSON(nil, query(string(body)))
	}
	err := l.doc.Reset(out)
	return l.doc.Root(), true, err
}

// orderly says whether each part of a form is a pair. A part that is none was cut off a value with an unescaped & in it; one
// that is, though nobody has heard of its name, may have been added.
func orderly(text string) bool {
	for _, pair := range pairs(text) {
		if indexByte(pair, '=') < 0 {
			return false
		}
	}
	return true
}

// recover finds the values of a body by the texts around them, and writes the body anew; nil when it is not of this layout.
func (l *Layout) recover(body string) []byte {
	parts := make([]part, len(l.tokens))
	for i, t := range l.tokens {
		parts[i] = part{t.text, t.slot}
		if i > 0 && t.slot >= 0 && l.tokens[i-1].slot >= 0 {
			return nil
		}
	}
	if l.format == Link && len(parts) > 0 && parts[0].slot < 0 {
		parts[0].text = query(parts[0].text)
	}
	if len(parts) > 0 && parts[0].slot < 0 {
		parts[0].text = trimLeft(parts[0].text)
	}
	if n := len(parts) - 1; n >= 0 && parts[n].slot < 0 {
		parts[n].text = trimRight(parts[n].text)
	}
	found := make([]string, len(parts))
	if len(parts) < 2 || !match(trim(body), parts, found) {
		return nil
	}
	l.unescape(found)
	return l.write(func(i int) string { return found[i] }, true)
}

// unescape undoes the format's escapes in what was found, if the sender escapes at all: one value that no sender who escapes
// would write shows that it does not.
func (l *Layout) unescape(found []string) {
	plain := make([]string, len(found))
	for i, t := range l.tokens {
		plain[i] = found[i]
		if t.slot < 0 {
			continue
		}
		var ok bool
		if plain[i], ok = unescaped(t.where, found[i]); !ok {
			return
		}
	}
	copy(found, plain)
}

func unescaped(w where, s string) (string, bool) {
	switch w {
	case inString:
		doc, err := jsondoc.Parse([]byte(`"` + s + `"`))
		if err != nil {
			return "", false
		}
		return doc.Root().Str(), true
	case inXML:
		out, ok := xmlText(nil, s)
		return string(out), ok && indexByte(s, '<') < 0
	case inPair:
		for i := range len(s) {
			if s[i] == '&' || s[i] == ' ' {
				return "", false
			}
		}
		return string(form.AppendUnescaped(nil, s)), true
	}
	return s, true
}

// match finds what placeholders stand for in a text: each takes as little as it can. White space in the layout is any white
// space. There is no going back: the first place where what follows stands is the one, and only the last text has to end the
// whole.
func match(text string, parts []part, found []string) bool {
	at, open := 0, -1
	for i, p := range parts {
		if p.slot >= 0 {
			open = i
			continue
		}
		var to int
		from := at
		switch {
		case i == len(parts)-1:
			from, to = suffix(text, at, p.text)
		case open < 0:
			to = agree(text, at, p.text)
		default:
			from, to = find(text, at, p.text)
		}
		if to < 0 || open < 0 && from != at {
			return false
		}
		if open >= 0 {
			found[open] = text[at:from]
		}
		at, open = to, -1
	}
	if open >= 0 {
		found[open] = text[at:]
		return true
	}
	return at == len(text)
}

// find looks for want from at on; to is -1 when it is not there.
func find(text string, at int, want string) (from, to int) {
	for from = at; from <= len(text); from++ {
		if to = agree(text, from, want); to >= 0 {
			return from, to
		}
	}
	return 0, -1
}

// suffix looks for want at the end.
func suffix(text string, at int, want string) (from, to int) {
	for from = len(text); from >= at; from-- {
		if agree(text, from, want) == len(text) {
			return from, len(text)
		}
	}
	return 0, -1
}

// agree compares a text from at on with want, and gives the place behind; -1 when they differ.
func agree(text string, at int, want string) int {
	for i := 0; i < len(want); {
		if !white(want[i]) {
			if at == len(text) || text[at] != want[i] {
				return -1
			}
			i, at = i+1, at+1
			continue
		}
		begin, most := at, len(text)
		for run := i; i < len(want) && white(want[i]); {
			if i++; i == len(want) { // what follows may begin with white space of its own
				most = min(most, at+i-run)
			}
		}
		for at < most && white(text[at]) {
			at++
		}
		if at == begin {
			return -1
		}
	}
	return at
}

// valid is s without what is no UTF-8.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out := make([]byte, 0, len(s)+8)
	for _, r := range s {
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}
