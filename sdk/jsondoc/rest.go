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
	return v.doc.appendRest(dst, v.at, false)
}

// appendRest recurses, at most MaxDepth deep. What turns out empty is cut off again by whoever wrote its name.
func (d *Doc) appendRest(dst []byte, at int32, element bool) []byte {
	n := &d.tape[at]
	switch {
	case n.flags&carried != 0:
		return dst
	case n.kind == Object || n.kind == Array:
		return d.appendRestOf(dst, at, n, element)
	case element:
	case n.kind == Null, n.kind == String && n.start == n.end:
		return dst
	}
	return append(dst, Value{d, at}.Raw()...)
}

func (d *Doc) appendRestOf(dst []byte, at int32, n *node, element bool) []byte {
	opener := d.src[n.start]
	begin := len(dst)
	dst = append(dst, opener)
	for c := at + 1; c < n.next; c = d.tape[c].next {
		before := len(dst)
		if before > begin+1 {
			dst = append(dst, ',')
		}
		if n.kind == Object {
			m := &d.tape[c]
			dst = append(dst, d.src[m.nameAt-1:m.nameEnd+1]...)
			dst = append(dst, ':')
		}
		value := len(dst)
		dst = d.appendRest(dst, c, n.kind == Array)
		if len(dst) == value {
			dst = dst[:before]
		}
	}
	if len(dst) == begin+1 && (!element || n.next > at+1) {
		// Empty, or nothing left of it. An element that was empty from the start stays.
		return dst[:begin]
	}
	return append(dst, opener+2)
}
