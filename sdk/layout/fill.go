package layout

import (
	"github.com/plugboard/plugboard/sdk/form"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Fill writes the layout with values put in, by slot, each escaped for where it stands. An absent value is "".
func (l *Layout) Fill(value func(slot int) string) []byte {
	return l.write(func(i int) string { return value(l.tokens[i].slot) }, false)
}

// write writes the layout with the value of each token. asItIs: a form's own text is not escaped.
func (l *Layout) write(value func(token int) string, asItIs bool) []byte {
	var out []byte
	for i, t := range l.tokens {
		switch {
		case t.slot >= 0:
			out = appendValue(out, t.where, valid(value(i)))
		case l.format == Form || l.format == Link:
			out = appendPlain(out, t.text, asItIs)
		default:
			out = append(out, t.text...)
		}
	}
	return out
}

func appendValue(dst []byte, w where, s string) []byte {
	switch w {
	case inString:
		return jsondoc.AppendEscaped(dst, s)
	case bare:
		if number(s) || s == "true" || s == "false" {
			return append(dst, s...)
		}
		return jsondoc.AppendString(dst, s)
	case inXML:
		return appendXML(dst, s)
	case inCDATA:
		for i := range len(s) {
			if s[i] == '>' && i > 1 && s[i-2:i] == "]]" {
				dst = append(dst, "]]><![CDATA["...)
			}
			dst = append(dst, s[i])
		}
		return dst
	}
	return form.AppendEscaped(dst, s)
}

// number says whether s is a number as JSON writes it.
func number(s string) bool {
	doc, err := jsondoc.Parse([]byte(s))
	return err == nil && doc.Root().Kind() == jsondoc.Number && len(doc.Root().Str()) == len(s)
}

// appendPlain writes a form's own text: what no form may hold as it is, is escaped.
func appendPlain(dst []byte, s string, keep bool) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ' && !keep:
			dst = append(dst, '+')
		case (c < ' ' || c >= 0x7f) && !keep:
			dst = form.AppendByte(dst, c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
