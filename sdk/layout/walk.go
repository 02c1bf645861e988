package layout

import "github.com/plugboard/plugboard/sdk/jsondoc"

// Walk goes through a body beside the layout and hands each placeholder's value to take, by its slot, once. What was handed
// over is marked as carried (jsondoc.Value.Carry); literals, what the layout does not have, and a second value of the same
// placeholder that differs from the first are left. A placeholder that was left unreplaced, or replaced by nothing, has no value.
func (l *Layout) Walk(body jsondoc.Value, take func(slot int, text string)) {
	clear(l.seen)
	l.walk(&l.root, body, take)
}

func (l *Layout) walk(n *node, v jsondoc.Value, take func(int, string)) {
	switch k := v.Kind(); {
	case k == jsondoc.Object && n.kind == jsondoc.Object:
		next := 0
		var c *node
		for name, m := range v.Each {
			if c, next = n.child(name, next); c != nil {
				l.walk(c, m, take)
			}
		}
	case k == jsondoc.Array && n.kind == jsondoc.Array:
		i := 0
		for _, m := range v.Each {
			if i < len(n.children) {
				l.walk(&n.children[i], m, take)
			}
			i++
		}
	case k == jsondoc.Object && n.kind == jsondoc.String:
		// XML: the layout has an element with text alone, the body one with attributes beside it.
	case len(n.parts) == 1:
		l.whole(n.parts[0], v, take)
	case len(n.parts) > 1 && !n.torn && k == jsondoc.String:
		l.pieces(n, v, take)
	}
}

// whole takes a value that is all of a placeholder's.
func (l *Layout) whole(p part, v jsondoc.Value, take func(int, string)) {
	text := v.Str()
	switch {
	case text == "":
	case l.unreplaced(p, text):
		v.Carry()
	case l.seen[p.slot] == "":
		l.seen[p.slot] = text
		v.Carry()
		take(p.slot, text)
	case l.seen[p.slot] == text:
		v.Carry()
	}
}

// pieces takes a text that holds placeholders among others: all of them, or it stays.
func (l *Layout) pieces(n *node, v jsondoc.Value, take func(int, string)) {
	text := v.Str()
	found := make([]string, len(n.parts))
	if !match(text, n.parts, found) {
		return
	}
	for i, p := range n.parts {
		if p.slot >= 0 && l.unreplaced(p, found[i]) {
			found[i] = ""
		}
		if p.slot >= 0 && found[i] != "" && l.seen[p.slot] != "" && l.seen[p.slot] != found[i] {
			return
		}
	}
	v.Carry()
	for i, p := range n.parts {
		if p.slot >= 0 && found[i] != "" && l.seen[p.slot] == "" {
			l.seen[p.slot] = found[i]
			take(p.slot, found[i])
		}
	}
}

// unreplaced says whether a value is the placeholder itself, as it is written here or in its plain form.
func (l *Layout) unreplaced(p part, text string) bool {
	if text == p.text {
		return true
	}
	raw, name := l.syntax.At(text)
	return raw == text && name == l.names[p.slot]
}

// Literals compares the texts of the layout that hold no placeholder with a body's: how many there are, and whether all of
// them stand there. It is how a body shows which layout it was written by.
func (l *Layout) Literals(body jsondoc.Value) (n int, all bool) { return l.root.literals(body) }

func (n *node) literals(v jsondoc.Value) (count int, all bool) {
	all = true
	if n.kind != jsondoc.Object && n.kind != jsondoc.Array {
		if len(n.parts) > 0 || n.text == "" {
			return 0, true
		}
		return 1, v.Str() == n.text
	}
	for i := range n.children {
		m := v.Index(i)
		if n.kind == jsondoc.Object {
			m = v.Member(n.children[i].name)
		}
		k, ok := n.children[i].literals(m)
		count, all = count+k, all && ok
	}
	return count, all
}
