package template

import (
	"unicode/utf8"

	"github.com/plugboard/plugboard/sdk/form"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// appendValue writes a value as its place asks for it.
func appendValue(dst []byte, p place, v jsondoc.Value) []byte {
	if p == jsonValue {
		return appendJSONValue(dst, v)
	}
	if k := v.Kind(); k == jsondoc.Object || k == jsondoc.Array {
		return appendText(dst, p, string(v.Raw())) // as JSON, inside of what is no JSON
	}
	return appendText(dst, p, v.Str())
}

// appendJSONValue writes a value where JSON wants one: as what it is.
func appendJSONValue(dst []byte, v jsondoc.Value) []byte {
	if v.Kind() <= jsondoc.Null {
		return append(dst, `""`...)
	}
	if v.Kind() == jsondoc.String {
		return jsondoc.AppendString(dst, v.Str())
	}
	return append(dst, v.Raw()...)
}

func appendText(dst []byte, p place, s string) []byte {
	switch p {
	case jsonString:
		return jsondoc.AppendEscaped(dst, s)
	case xmlText, xmlAttribute:
		return appendXML(dst, s)
	case htmlText, htmlAttribute:
		return appendHTML(dst, s, p == htmlAttribute)
	case formPlace:
		return form.AppendEscaped(dst, s)
	case urlSegment, urlQuery:
		return form.AppendPercent(dst, s) // a slash in a value is part of its segment, an ampersand of its parameter
	}
	return append(dst, s...)
}

// appendXML writes character data, safe in quotes too. What XML 1.0 has no way to write stays, for the check of the
// result to refuse: nothing is made into something else unseen. Line ends other than \n, and in attributes all white
// space but the space, would not survive a parser, so they are written as numbers.
func appendXML(dst []byte, s string) []byte {
	for _, r := range s {
		switch r {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '"':
			dst = append(dst, "&quot;"...)
		case '\'':
			dst = append(dst, "&#39;"...)
		case '\t':
			dst = append(dst, "&#9;"...)
		case '\n':
			dst = append(dst, "&#10;"...)
		case '\r':
			dst = append(dst, "&#13;"...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// appendHTML writes text as chats read it: they know few entities, so no more is escaped than could be taken for markup.
// Quotes are only in an attribute. Line ends stay: they are line ends there.
func appendHTML(dst []byte, s string, quotes bool) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '"' && quotes:
			dst = append(dst, "&quot;"...)
		case c == '\'' && quotes:
			dst = append(dst, "&#39;"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
