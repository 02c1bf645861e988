package layout

import (
	"github.com/plugboard/plugboard/sdk/form"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// pairs cuts a form or query string up. An empty pair is none.
func pairs(s string) []string {
	var list []string
	for s != "" {
		pair := before(s, '&')
		if pair != "" {
			list = append(list, pair)
		}
		s = s[min(len(s), len(pair)+1):]
	}
	return list
}

// pairsToJSON appends a form as a JSON object of texts. A name that comes twice becomes a list.
func pairsToJSON(dst []byte, s string) []byte {
	root := element{}
	for _, pair := range pairs(trim(s)) {
		name, value := before(pair, '='), ""
		if len(name) < len(pair) {
			value = pair[len(name)+1:]
		}
		root.children = append(root.children, &element{
			name: string(form.AppendUnescaped(nil, name)), text: form.AppendUnescaped(nil, value), leaf: true})
	}
	dst = append(dst, '{')
	dst = appendMembers(dst, &root, false)
	return append(dst, '}')
}

// appendMembers writes an element's children as members, those of one name as a list where the first of them stands.
func appendMembers(dst []byte, e *element, begun bool) []byte {
	e.link()
	for _, c := range e.children {
		if c.follows {
			continue
		}
		if begun {
			dst = append(dst, ',')
		}
		begun = true
		dst = append(jsondoc.AppendString(dst, c.name), ':')
		if c.next == nil {
			dst = c.append(dst)
			continue
		}
		dst = append(dst, '[')
		for one := c; one != nil; one = one.next {
			if one != c {
				dst = append(dst, ',')
			}
			dst = one.append(dst)
		}
		dst = append(dst, ']')
	}
	return dst
}

// link joins the children of one name: few by comparing, many by a map.
func (e *element) link() {
	if len(e.children) <= 16 {
		for i, c := range e.children {
			for _, other := range e.children[i+1:] {
				if other.name == c.name {
					c.next, other.follows = other, true
					break
				}
			}
		}
		return
	}
	last := make(map[string]*element, len(e.children))
	for _, c := range e.children {
		if before := last[c.name]; before != nil {
			before.next, c.follows = c, true
		}
		last[c.name] = c
	}
}
