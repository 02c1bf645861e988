package layout

import (
	"github.com/plugboard/plugboard/sdk/form"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Rebuild writes a body as the layout's product would have written it: with the values put in, and with what a walk has left
// of the body (rest, an object) where it stood. An absent value is left out. The layout's own literals stand where literals says so;
// else they are those of rest, which has them as they came. In a list that the layout has, the layout's own elements stand. What is
// given of a link is its query string.
func (l *Layout) Rebuild(value func(slot int) string, rest jsondoc.Value, literals bool) ([]byte, error) {
	filled := l.Fill(value)
	root, err := l.filled(filled)
	if err != nil || root.Kind() != jsondoc.Object {
		return filled, err
	}
	var b jsondoc.Builder
	l.root.put(b.Root(), root, literals)
	l.root.overlay(b.Root(), rest)
	out := b.AppendJSON(nil)
	if l.format == JSON {
		return out, nil
	}
	doc, err := jsondoc.Parse(out)
	if err != nil {
		return nil, err
	}
	if l.format == XML {
		return appendElements(nil, doc.Root()), nil
	}
	return appendPairs(nil, doc.Root()), nil
}

// put sets what of a filled layout is to stand.
func (n *node) put(to jsondoc.Obj, filled jsondoc.Value, literals bool) {
	for i := range n.children {
		c := &n.children[i]
		v, key := filled.Member(c.name), jsondoc.Key(c.name)
		switch {
		case c.kind == jsondoc.Object:
			c.put(to.Object(key), v, literals)
		case c.kind == jsondoc.Array || literals || len(c.parts) > 0:
			if !v.Empty() {
				to.Raw(key, v.Raw())
			}
		}
	}
}

// overlay puts what remained of a body over the layout.
func (n *node) overlay(to jsondoc.Obj, rest jsondoc.Value) {
	for name, v := range rest.Each {
		under := &node{}
		if n != nil {
			under, _ = n.child(name, 0)
		}
		switch {
		case v.Kind() == jsondoc.Object:
			under.overlay(to.Object(jsondoc.Key(name)), v)
		case under == nil || under.kind != jsondoc.Array:
			to.Raw(jsondoc.Key(name), v.Raw())
		}
	}
}

// filled reads what Fill has written as JSON.
func (l *Layout) filled(body []byte) (jsondoc.Value, error) {
	out := body
	switch l.format {
	case XML:
		var reason string
		if out, _, reason = xmlToJSON(nil, string(body)); reason != "" {
			return jsondoc.Value{}, &Error{1, 1, reason}
		}
	case Form:
		out = pairsToJSON(nil, string(body))
	case Link:
		out = pairsToJSON(nil, query(string(body)))
	}
	doc, err := jsondoc.Parse(out)
	if err != nil {
		return jsondoc.Value{}, err
	}
	return doc.Root(), nil
}

func appendPairs(dst []byte, root jsondoc.Value) []byte {
	one := func(name string, v jsondoc.Value) {
		if len(dst) > 0 {
			dst = append(dst, '&')
		}
		dst = form.AppendEscaped(append(form.AppendEscaped(dst, name), '='), v.Str())
	}
	for name, v := range root.Each {
		if v.Kind() != jsondoc.Array {
			one(name, v)
			continue
		}
		for _, e := range v.Each {
			one(name, e)
		}
	}
	return dst
}

// appendElements writes the members of an object as elements, those with an @ in front excepted.
func appendElements(dst []byte, v jsondoc.Value) []byte {
	for name, m := range v.Each {
		switch {
		case !elementName(name):
		case m.Kind() == jsondoc.Array:
			for _, e := range m.Each {
				dst = appendElement(dst, name, e)
			}
		default:
			dst = appendElement(dst, name, m)
		}
	}
	return dst
}

func appendElement(dst []byte, name string, v jsondoc.Value) []byte {
	dst = append(append(dst, '<'), name...)
	for attribute, m := range v.Each {
		if len(attribute) > 1 && attribute[0] == '@' && elementName(attribute[1:]) {
			dst = append(append(append(dst, ' '), attribute[1:]...), '=', '"')
			dst = append(appendXML(dst, m.Str()), '"')
		}
	}
	dst = append(dst, '>')
	if v.Kind() == jsondoc.Object {
		dst = appendXML(dst, v.Member("#").Str())
		dst = appendElements(dst, v)
	} else {
		dst = appendXML(dst, v.Str())
	}
	return append(append(append(dst, '<', '/'), name...), '>')
}

func elementName(s string) bool {
	p := xmlReader{s: s}
	return p.name() == s && s != ""
}
