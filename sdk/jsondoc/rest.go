package jsondoc

// AppendRest appends to dst what nobody took: the document without the values that Take and Carry marked, and without
// members that are null, "", [] or {}, or become so. Names, nesting and the spelling of values stay; white space goes.
// An array's null or empty elements stay, since their place means something; elements that were taken, or of which
// nothing is left, go. Where nothing remains at all, nothing is appended.
func (d *Doc) AppendRest(dst []byte) []byte { return d.Root().AppendRest(dst) }

// AppendRest is Doc.AppendRest for the part of the document that v is.
func (v Value) AppendRest(dst []byte) []byte {
	if v.doc == nil {
		return dst
	}
	n := v.node()
	switch {
	case n.flags&carried != 0 || v.Empty():
		return dst
	case n.kind == Object || n.kind == Array:
		return v.doc.restOf(dst, v.at, false)
	}
	return append(dst, v.Raw()...)
}

// restOf writes what remains of a container, and nothing if that is nothing: the caller takes its name back then. It
// recurses, at most MaxDepth deep.
func (d *Doc) restOf(dst []byte, at int32, element bool) []byte {
	n := &d.tape[at]
	begin, end, named := len(dst), n.next, n.kind == Object
	dst = append(dst, opener(n.kind))
	for c := at + 1; c < end; {
		m := &d.tape[c]
		this := c
		c = m.next
		quoted := int32(0)
		switch {
		case m.flags&carried != 0, named && m.kind == Null:
			continue
		case m.kind == String:
			if named && m.start == m.end {
				continue
			}
			quoted = 1
		}
		before := len(dst)
		if before > begin+1 {
			dst = append(dst, ',')
		}
		if named {
			dst = append(dst, d.src[m.nameAt-1:m.nameEnd+1]...)
			dst = append(dst, ':')
		}
		if m.kind != Object && m.kind != Array {
			dst = append(dst, d.src[m.start-quoted:m.end+quoted]...)
			continue
		}
		value := len(dst)
		if dst = d.restOf(dst, this, !named); len(dst) == value {
			dst = dst[:before]
		}
	}
	if len(dst) == begin+1 && (!element || end > at+1) {
		return dst[:begin]
	}
	return append(dst, opener(n.kind)+2)
}
