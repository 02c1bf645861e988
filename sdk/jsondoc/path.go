package jsondoc

import "unsafe"

// A path is names joined by dots, a number for an array's element: "items.0.id". A backslash in front of a dot or of a
// backslash makes it part of the name; Key writes it. The empty path is the value itself.

// Key is name as one step of a path, whatever it holds.
func Key(name string) string {
	for i := range len(name) {
		if name[i] == '.' || name[i] == '\\' {
			out := append(make([]byte, 0, len(name)+4), name[:i]...)
			for ; i < len(name); i++ {
				if name[i] == '.' || name[i] == '\\' {
					out = append(out, '\\')
				}
				out = append(out, name[i])
			}
			return string(out)
		}
	}
	return name
}

// step cuts the first name off a path.
func step(path string) (name, rest string, more bool) {
	for i := range len(path) {
		switch path[i] {
		case '.':
			return path[:i], path[i+1:], true
		case '\\':
			return stepEscaped(path, i)
		}
	}
	return path, "", false
}

func stepEscaped(path string, i int) (name, rest string, more bool) {
	out := append(make([]byte, 0, len(path)), path[:i]...)
	for ; i < len(path); i++ {
		c := path[i]
		if c == '.' {
			return string(out), path[i+1:], true
		}
		if c == '\\' && i+1 < len(path) {
			i++
			c = path[i]
		}
		out = append(out, c)
	}
	return string(out), "", false
}

// Get follows a path.
func (v Value) Get(path string) Value {
	if v.doc == nil {
		return v
	}
	at := v.doc.follow(v.at, path, false)
	if at < 0 {
		return Value{}
	}
	return Value{v.doc, at}
}

// Take follows a path like Get and marks what it leads to, with all that is in it, as carried by a field of the result:
// AppendRest leaves it out.
func (v Value) Take(path string) Value {
	if v.doc == nil {
		return v
	}
	at := v.doc.follow(v.at, path, true)
	if at < 0 {
		return Value{}
	}
	return Value{v.doc, at}.Carry()
}

// Carry marks v as Take does, for a value that was looked at first, and gives it back.
func (v Value) Carry() Value {
	if v.doc != nil {
		v.node().flags |= carried
	}
	return v
}

// Member is the member of an object by its exact name, dots and all. The search stands here once more, for a guest's sake.
func (v Value) Member(name string) Value {
	d := v.doc
	if d == nil {
		return Value{}
	}
	tape := d.tape
	n := &tape[v.at]
	if n.kind != Object {
		return Value{}
	}
	p := bytesOf(name)
	want, end, found := sign(p), n.next, int32(-1)
	for c := v.at + 1; c < end; {
		m := &tape[c]
		if m.sign == want && (len(p) < 8 && m.flags&nameEscaped == 0 && int(m.nameEnd-m.nameAt) == len(p) || d.named(m, p)) {
			found = c
		}
		c = m.next
	}
	if found < 0 {
		return Value{}
	}
	return Value{d, found}
}

// Index is the element of an array by its place, from 0.
func (v Value) Index(i int) Value {
	if v.Kind() == Array {
		if at := v.doc.element(v.at, i); at >= 0 {
			return Value{v.doc, at}
		}
	}
	return Value{}
}

// follow gives the node that a path leads to from at; -1 when there is none. The search in an object stands here once
// more, beside child, for a guest's sake (see parse).
func (d *Doc) follow(at int32, path string, mark bool) int32 {
	p, tape := bytesOf(path), d.tape
	if len(p) == 0 {
		return at
	}
	for {
		i := stepLen(p)
		name, last := p[:i], i == len(p)
		n := &tape[at]
		if !last && p[i] == '\\' || n.kind != Object {
			return d.followOdd(at, view(p), mark)
		}
		want, end := sign(name), n.next
		c := at + 1
		at = -1
		for c < end {
			m := &tape[c]
			if m.sign == want && (len(name) < 8 && m.flags&nameEscaped == 0 && int(m.nameEnd-m.nameAt) == len(name) || d.named(m, name)) {
				at = c
				if mark && last {
					m.flags |= carried
				}
			}
			c = m.next
		}
		if last || at < 0 {
			return at
		}
		p = p[i+1:]
	}
}

// followOdd goes one step that is not a plain name in an object, and on from there.
func (d *Doc) followOdd(at int32, path string, mark bool) int32 {
	name, rest, more := step(path)
	switch d.tape[at].kind {
	case Object:
		at = d.child(at, bytesOf(name), mark && !more)
	case Array:
		n, ok := parseInt(name)
		if !ok {
			return -1
		}
		at = d.element(at, int(n))
	default:
		return -1
	}
	if !more || at < 0 {
		return at
	}
	if rest == "" { // a path that ends in a dot leads to the member without a name
		if d.tape[at].kind != Object {
			return -1
		}
		return d.child(at, nil, mark)
	}
	return d.follow(at, rest, mark)
}

// child finds a member by name: the last one that has it. With mark, earlier ones of that name are carried too, since
// they are hidden by it. -1: there is none.
func (d *Doc) child(at int32, name []byte, mark bool) int32 {
	tape, found, want := d.tape, int32(-1), sign(name)
	for c, end := at+1, tape[at].next; c < end; c = tape[c].next {
		n := &tape[c]
		if n.sign != want || !d.named(n, name) {
			continue
		}
		found = c
		if mark {
			n.flags |= carried
		}
	}
	return found
}

func (d *Doc) named(n *node, name []byte) bool {
	if n.flags&nameEscaped != 0 {
		return same(unescape(nil, d.src[n.nameAt:n.nameEnd]), name)
	}
	has := d.src[n.nameAt:n.nameEnd]
	if k := len(name); k == len(has) && k >= 8 && k <= 16 {
		return load8(has, 0) == load8(name, 0) && load8(has, k-8) == load8(name, k-8)
	}
	return same(has, name)
}

// element finds an array's element; -1: there is none.
func (d *Doc) element(at int32, i int) int32 {
	for c, end := at+1, d.tape[at].next; c < end && i >= 0; c = d.tape[c].next {
		if i == 0 {
			return c
		}
		i--
	}
	return -1
}

// bytesOf is s to be read only. It lays a slice out by hand, a string and its capacity: unsafe.Slice multiplies to see that
// the length is possible, for which a guest makes a call.
func bytesOf(s string) []byte {
	t := struct {
		text     string
		capacity int
	}{s, len(s)}
	return *(*[]byte)(unsafe.Pointer(&t))
}
