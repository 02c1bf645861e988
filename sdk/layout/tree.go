package layout

import "github.com/plugboard/plugboard/sdk/jsondoc"

// node is a value of the layout, as JSON.
type node struct {
	name     string
	kind     jsondoc.Kind
	children []node
	text     string // of a scalar
	parts    []part // of a text that holds placeholders
	torn     bool   // two placeholders with nothing between them: nobody can tell where one ends
}

// part is a piece of such a text.
type part struct {
	text string
	slot int // -1: the text stands as it is
}

// skeleton is the layout as JSON, its placeholders as they are written.
func (l *Layout) skeleton(text string) (jsondoc.Value, error) {
	switch l.format {
	case XML:
		out, at, reason := xmlToJSON(nil, text)
		if reason != "" {
			return jsondoc.Value{}, fault(text, at, reason)
		}
		return l.parsed(text, out)
	case Form:
		return l.parsed(text, pairsToJSON(nil, trim(text)))
	case Link:
		return l.parsed(text, pairsToJSON(nil, query(trim(text))))
	}
	out := make([]byte, 0, len(text)+64)
	var moved []int // where quotes were added
	for _, t := range l.tokens {
		if t.slot >= 0 && t.where == bare {
			out = append(append(append(out, '"'), t.text...), '"')
			moved = append(moved, len(out))
			continue
		}
		out = append(out, t.text...)
	}
	doc, err := jsondoc.Parse(out)
	if err != nil {
		return jsondoc.Value{}, misplaced(text, moved, err)
	}
	return doc.Root(), nil
}

// misplaced gives a fault of the skeleton its place in the layout.
func misplaced(text string, moved []int, err error) error {
	s, ok := err.(*jsondoc.SyntaxError)
	if !ok {
		return fault(text, 0, err.Error())
	}
	at := s.Offset
	for _, m := range moved {
		if m <= s.Offset {
			at -= 2
		}
	}
	return fault(text, max(0, at), "it is not JSON: "+s.Reason)
}

func (l *Layout) parsed(text string, json []byte) (jsondoc.Value, error) {
	doc, err := jsondoc.Parse(json)
	if err != nil {
		return jsondoc.Value{}, fault(text, 0, err.Error())
	}
	if doc.Root().Empty() {
		return jsondoc.Value{}, fault(text, 0, "it has no pairs in it; write name={tag}&other={tag}")
	}
	return doc.Root(), nil
}

// compile makes the tree. It gives the placeholder that stands in a name, if one does.
func (l *Layout) compile(n *node, v jsondoc.Value) (inName string) {
	n.kind = v.Kind()
	if n.kind != jsondoc.Object && n.kind != jsondoc.Array {
		n.text = v.Str()
		l.split(n)
		return ""
	}
	for name, m := range v.Each {
		for i := range len(name) {
			if raw, _ := l.syntax.At(name[i:]); raw != "" {
				return raw
			}
		}
		c := node{name: name}
		if inName = l.compile(&c, m); inName != "" {
			return inName
		}
		n.children = append(n.children, c)
	}
	return ""
}

// split finds the placeholders of a text.
func (l *Layout) split(n *node) {
	from := 0
	for at := 0; at < len(n.text); {
		raw, name := l.syntax.At(n.text[at:])
		if raw == "" {
			at++
			continue
		}
		if from < at {
			n.parts = append(n.parts, part{n.text[from:at], -1})
		} else if at > 0 {
			n.torn = true
		}
		n.parts = append(n.parts, part{raw, l.slot(name)})
		at += len(raw)
		from = at
	}
	if len(n.parts) > 0 && from < len(n.text) {
		n.parts = append(n.parts, part{n.text[from:], -1})
	}
}

func (n *node) child(name string, hint int) (c *node, next int) {
	for i := hint; i < len(n.children); i++ {
		if n.children[i].name == name {
			return &n.children[i], i + 1
		}
	}
	for i := range min(hint, len(n.children)) {
		if n.children[i].name == name {
			return &n.children[i], i + 1
		}
	}
	return nil, hint
}
