package jsondoc

// A Builder makes a JSON object from values set by path. Members stand in the order in which their names first came up;
// a path that is set again keeps its place and changes its value. What is absent leaves no trace: "" is not written, nor
// is an object or list in which nothing was put. The zero Builder is empty and ready. It is not safe for concurrent use.
//
// Objects nest as deep as paths lead. No reader of this package takes what is nested deeper than MaxDepth, the gateway's
// included: a path of that many steps is refused there, with its reason.
//
// What is set is only remembered, strings not even copied, and written by AppendJSON. A Builder that is Reset keeps its
// memory, and then allocates nothing.
type Builder struct {
	buf   []byte // encoded values that are no strings
	parts []part // parts[0] is the root
	check Doc    // what Raw reads to see whether it is JSON

	has    func(in int32, path string) bool // not nil: it records
	steps  []Step
	handed int32 // steps before these
}

// part is one value: a container with a list of children, a text that is to be a string, or a piece of buf.
type part struct {
	name        string
	text        string // of a String
	sign        uint64 // of the name
	start, end  int32  // in buf, of an encoded value
	first, last int32  // children; 0: none, as the root is nobody's child
	next        int32  // sibling; 0: the last one
	kind        Kind   // Object, Array, String, or encoded
	plainName   bool   // it needs no escapes
}

// encoded is the kind of a part whose text is in buf: nothing, if that is empty.
const encoded = Absent

// Reset empties b. Objects of before are void.
func (b *Builder) Reset() {
	b.buf, b.parts = b.buf[:0], b.parts[:0]
	b.steps, b.handed = b.steps[:0], 0
}

// Root is the outermost object.
func (b *Builder) Root() Obj {
	if len(b.parts) == 0 && b.has == nil {
		b.parts = append(b.parts, part{kind: Object})
	}
	return Obj{b, 0}
}

// Empty says whether nothing was set. One that records cannot say.
func (b *Builder) Empty() bool { return len(b.parts) == 0 || b.blank(0) }

func (b *Builder) blank(at int32) bool {
	p := &b.parts[at]
	switch p.kind {
	case encoded:
		return p.start == p.end
	case String:
		return false
	}
	for c := p.first; c != 0; c = b.parts[c].next {
		if !b.blank(c) {
			return false
		}
	}
	return true
}

// AppendJSON appends the object to dst; {} when nothing was set, or b records.
func (b *Builder) AppendJSON(dst []byte) []byte {
	begin := len(dst)
	if len(b.parts) > 0 {
		dst = b.container(dst, 0)
	}
	if len(dst) == begin {
		dst = append(dst, "{}"...)
	}
	return dst
}

// container writes an object or array, and nothing for an empty one: the caller takes its name back then.
func (b *Builder) container(dst []byte, at int32) []byte {
	p := &b.parts[at]
	begin, named := len(dst), p.kind == Object
	dst = append(dst, opener(p.kind))
	for c := p.first; c != 0; {
		m := &b.parts[c]
		before := len(dst)
		if before > begin+1 {
			dst = append(dst, ',')
		}
		if named {
			dst = append(dst, '"')
			if m.plainName {
				dst = append(dst, m.name...)
			} else {
				dst = appendMixed(dst, m.name)
			}
			dst = append(dst, '"', ':')
		}
		value := len(dst)
		switch m.kind {
		case String:
			dst = append(dst, '"')
			if isPlain(bytesOf(m.text)) {
				dst = append(dst, m.text...)
			} else {
				dst = appendMixed(dst, m.text)
			}
			dst = append(dst, '"')
		case encoded:
			dst = append(dst, b.buf[m.start:m.end]...)
		default:
			dst = b.container(dst, c)
		}
		if len(dst) == value {
			dst = dst[:before]
		}
		c = m.next
	}
	if len(dst) == begin+1 {
		return dst[:begin]
	}
	return append(dst, opener(p.kind)+2)
}

// opener is the first byte of a container; the last one stands two after it, in ASCII.
func opener(k Kind) byte {
	if k == Array {
		return '['
	}
	return '{'
}

// place finds or makes the part that a path leads to from a container, as that kind. The search stands here once more,
// beside child, for a guest's sake (see parse).
func (b *Builder) place(at int32, path string, kind Kind) int32 {
	p := bytesOf(path)
	for {
		i := stepLen(p)
		name, last, k := p[:i], i == len(p), Object
		if !last && p[i] == '\\' {
			return b.placeEscaped(at, view(p), kind)
		}
		if last {
			k = kind
		}
		want, parts := sign(name), b.parts
		c := parts[at].first
		for c != 0 {
			m := &parts[c]
			if m.sign == want && len(m.name) == len(name) && (len(name) < 8 || same(bytesOf(m.name), name)) {
				if m.kind != k {
					m.become(k)
				}
				break
			}
			c = m.next
		}
		if c == 0 {
			c = b.add(at, view(name), want, k)
		}
		if last {
			return c
		}
		at, p = c, p[i+1:]
	}
}

// placeEscaped goes one step of a path that has a backslash in it, and on from there.
func (b *Builder) placeEscaped(at int32, path string, kind Kind) int32 {
	name, rest, more := step(path)
	if !more {
		return b.child(at, bytesOf(name), kind)
	}
	return b.place(b.child(at, bytesOf(name), Object), rest, kind)
}

// child finds or makes the part of that name in a container.
func (b *Builder) child(at int32, name []byte, kind Kind) int32 {
	for c := b.parts[at].first; c != 0; c = b.parts[c].next {
		if p := &b.parts[c]; same(bytesOf(p.name), name) {
			if p.kind != kind {
				p.become(kind)
			}
			return c
		}
	}
	return b.add(at, view(name), sign(name), kind)
}

// become makes the part an empty one of that kind, in its place.
func (p *part) become(kind Kind) {
	p.kind, p.text, p.start, p.end, p.first, p.last = kind, "", 0, 0, 0, 0
}

// add makes a further part in a container.
func (b *Builder) add(at int32, name string, mark uint64, kind Kind) int32 {
	c := len(b.parts)
	if c < cap(b.parts) {
		b.parts = b.parts[:c+1]
	} else {
		b.parts = append(b.parts, part{})
	}
	p := &b.parts[c]
	p.name, p.text, p.sign, p.kind = name, "", mark, kind
	p.start, p.end, p.first, p.last, p.next = 0, 0, 0, 0, 0
	if n := len(name); n >= 4 && n < 8 {
		p.plainName = special(mark) == 0
	} else {
		p.plainName = isPlain(bytesOf(name))
	}
	up := &b.parts[at]
	if up.first == 0 {
		up.first = int32(c)
	} else {
		b.parts[up.last].next = int32(c)
	}
	up.last = int32(c)
	return int32(c)
}

// find follows a path without making anything; false when it leads nowhere.
func (b *Builder) find(at int32, path string) (int32, bool) {
	for more := path != ""; more; {
		var name string
		name, path, more = step(path)
		c := b.parts[at].first
		for c != 0 && b.parts[c].name != name {
			c = b.parts[c].next
		}
		if c == 0 || b.parts[at].kind != Object {
			return 0, false
		}
		at = c
	}
	return at, true
}
