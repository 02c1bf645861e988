package jsondoc

import "github.com/plugboard/plugboard/sdk/rfc3339"

// A Builder makes a JSON object from values set by path. Members stand in the order in which their names first came up;
// a path that is set again keeps its place and changes its value. What is absent leaves no trace: "" is not written, nor
// is an object or list in which nothing was put. The zero Builder is empty and ready. It is not safe for concurrent use.
//
// Values are encoded as they are set; what waits until AppendJSON is only their arrangement. A Builder that is Reset
// keeps its memory, and then allocates nothing.
type Builder struct {
	buf   []byte // encoded scalars
	parts []part // parts[0] is the root
	check Doc    // what Raw reads to see whether it is JSON
}

// part is one value: a container with a list of children, or a text in buf.
type part struct {
	name        string // shares the caller's memory until Reset; names are mostly constants
	kind        Kind   // Object, Array, or String for any encoded text
	start, end  int32
	first, last int32 // children; 0: none, as the root is nobody's child
	next        int32 // sibling; 0: the last one
}

// Reset empties b. Objects of before are void.
func (b *Builder) Reset() { b.buf, b.parts = b.buf[:0], b.parts[:0] }

// Root is the outermost object.
func (b *Builder) Root() Obj {
	if len(b.parts) == 0 {
		b.parts = append(b.parts, part{kind: Object})
	}
	return Obj{b, 0}
}

// Empty says whether nothing was set.
func (b *Builder) Empty() bool { return len(b.parts) == 0 || b.blank(0) }

func (b *Builder) blank(at int32) bool {
	p := &b.parts[at]
	if p.kind == String {
		return p.start == p.end
	}
	for c := p.first; c != 0; c = b.parts[c].next {
		if !b.blank(c) {
			return false
		}
	}
	return true
}

// AppendJSON appends the object to dst; {} when nothing was set.
func (b *Builder) AppendJSON(dst []byte) []byte {
	begin := len(dst)
	if len(b.parts) > 0 {
		dst = b.append(dst, 0)
	}
	if len(dst) == begin {
		dst = append(dst, "{}"...)
	}
	return dst
}

// append writes one part, and nothing for an empty one: the caller takes its name back then.
func (b *Builder) append(dst []byte, at int32) []byte {
	p := &b.parts[at]
	if p.kind == String {
		return append(dst, b.buf[p.start:p.end]...)
	}
	begin, opener := len(dst), byte('{')
	if p.kind == Array {
		opener = '['
	}
	dst = append(dst, opener)
	for c := p.first; c != 0; c = b.parts[c].next {
		before := len(dst)
		if before > begin+1 {
			dst = append(dst, ',')
		}
		if p.kind == Object {
			dst = append(AppendString(dst, b.parts[c].name), ':')
		}
		value := len(dst)
		if dst = b.append(dst, c); len(dst) == value {
			dst = dst[:before]
		}
	}
	if len(dst) == begin+1 {
		return dst[:begin]
	}
	return append(dst, opener+2)
}

// child finds or makes the part of that name in a container.
func (b *Builder) child(at int32, name string, kind Kind) int32 {
	for c := b.parts[at].first; c != 0; c = b.parts[c].next {
		if p := &b.parts[c]; p.name == name {
			if p.kind != kind {
				*p = part{name: p.name, kind: kind, next: p.next}
			}
			return c
		}
	}
	return b.add(at, name, kind)
}

// add makes a further part in a container.
func (b *Builder) add(at int32, name string, kind Kind) int32 {
	c := int32(len(b.parts))
	b.parts = append(b.parts, part{name: name, kind: kind})
	up := &b.parts[at]
	if up.first == 0 {
		up.first = c
	} else {
		b.parts[up.last].next = c
	}
	up.last = c
	return c
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

// Obj is an object inside a Builder. It is a place, not a copy: two of the same path write to the same object.
type Obj struct {
	b  *Builder
	at int32
}

// place makes the way to path, whose last part is of that kind.
func (o Obj) place(path string, kind Kind) int32 {
	at := o.at
	for {
		name, rest, more := step(path)
		if !more {
			return o.b.child(at, name, kind)
		}
		at, path = o.b.child(at, name, Object), rest
	}
}

// seal ends the scalar whose text was appended to buf from start on.
func (o Obj) seal(at, start int32) {
	p := &o.b.parts[at]
	p.start, p.end = start, int32(len(o.b.buf))
}

// Str sets a string; "" is absent and sets nothing.
func (o Obj) Str(path, s string) {
	if s != "" {
		o.seal(o.place(path, String), o.b.text(s))
	}
}

func (b *Builder) text(s string) (start int32) {
	start = int32(len(b.buf))
	b.buf = AppendString(b.buf, s)
	return start
}

// Int sets a whole number.
func (o Obj) Int(path string, n int64) {
	at, start := o.place(path, String), int32(len(o.b.buf))
	o.b.buf = appendInt(o.b.buf, n)
	o.seal(at, start)
}

// Bool sets true or false.
func (o Obj) Bool(path string, v bool) {
	at, start := o.place(path, String), int32(len(o.b.buf))
	if v {
		o.b.buf = append(o.b.buf, "true"...)
	} else {
		o.b.buf = append(o.b.buf, "false"...)
	}
	o.seal(at, start)
}

// Time sets the time s in canonical form: UTC, ending in Z, no trailing zeros in the fraction. It is false, and sets
// nothing, when s is not an RFC 3339 time.
func (o Obj) Time(path, s string) bool {
	t, ok := rfc3339.Parse(s)
	if ok {
		o.Instant(path, t)
	}
	return ok
}

// Instant sets a time.
func (o Obj) Instant(path string, t rfc3339.Time) {
	at, start := o.place(path, String), int32(len(o.b.buf))
	o.b.buf = append(rfc3339.Append(append(o.b.buf, '"'), t), '"')
	o.seal(at, start)
}

// Raw sets a value that is JSON already. It is false, and sets nothing, when json is not: the result is always valid.
func (o Obj) Raw(path string, json []byte) bool {
	if o.b.check.Reset(json) != nil {
		return false
	}
	at, start := o.place(path, String), int32(len(o.b.buf))
	o.b.buf = append(o.b.buf, json...)
	o.seal(at, start)
	return true
}

// Rest sets what nobody took of a document (Value.AppendRest), as the extensions of a canonical event want it; nothing
// when nothing is left.
func (o Obj) Rest(path string, v Value) {
	start := int32(len(o.b.buf))
	if o.b.buf = v.AppendRest(o.b.buf); len(o.b.buf) > int(start) {
		o.seal(o.place(path, String), start)
	}
}

// Remove takes away what was set at path. The names on the way stay, and are not written if nothing else is in them.
func (o Obj) Remove(path string) {
	if at, ok := o.b.find(o.at, path); ok && at != o.at {
		p := &o.b.parts[at]
		*p = part{name: p.name, kind: String, next: p.next}
	}
}

// Has says whether something was set at path.
func (o Obj) Has(path string) bool {
	at, ok := o.b.find(o.at, path)
	return ok && !o.b.blank(at)
}

// Object is the object at path; what is set in it is set in o. It is not written as long as nothing is in it.
func (o Obj) Object(path string) Obj { return Obj{o.b, o.place(path, Object)} }

// Append adds strings to the list at path. "" is added too: in a list the place counts.
func (o Obj) Append(path string, list ...string) {
	if len(list) == 0 {
		return
	}
	at := o.place(path, Array)
	for _, s := range list {
		o.seal(o.b.add(at, "", String), o.b.text(s))
	}
}

// AppendObject adds an object to the list at path.
func (o Obj) AppendObject(path string) Obj {
	return Obj{o.b, o.b.add(o.place(path, Array), "", Object)}
}
