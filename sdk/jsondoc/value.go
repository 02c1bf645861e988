package jsondoc

import "unsafe"

// A Value is a place in a Doc, or the absence of one: the zero Value, and what Get gives for a path that leads nowhere.
// All methods work on absent values. A Value is void after its Doc's next Reset.
type Value struct {
	doc *Doc
	at  int32
}

func (v Value) node() *node { return &v.doc.tape[v.at] }

// Kind is the value's kind; Absent when there is none.
func (v Value) Kind() Kind {
	if v.doc == nil {
		return Absent
	}
	return v.node().kind
}

// Exists says whether the value is in the document; null is.
func (v Value) Exists() bool { return v.doc != nil }

// Empty says whether the value counts as absent in a canonical event: not there, null, "", [] or {}.
func (v Value) Empty() bool {
	switch v.Kind() {
	case Absent, Null:
		return true
	case String:
		return v.node().start == v.node().end
	case Array, Object:
		return v.node().next == v.at+1
	}
	return false
}

// Str is a scalar as text: a string's content, a number as it is written, true or false; "" for everything else. The
// text shares the memory of the source unless the string holds escapes.
func (v Value) Str() string {
	if v.doc == nil {
		return ""
	}
	n := v.node()
	if n.kind-Number > String-Number || n.flags&escaped != 0 {
		return v.oddStr(n)
	}
	return view(v.doc.src[n.start:n.end])
}

// oddStr is Str for what is neither a number nor a string without escapes.
func (v Value) oddStr(n *node) string {
	switch n.kind {
	case String:
		return string(unescape(make([]byte, 0, n.end-n.start), v.doc.src[n.start:n.end]))
	case Bool:
		return view(v.doc.src[n.start:n.end])
	}
	return ""
}

// AppendStr appends what Str gives to dst, without allocating where dst has room.
func (v Value) AppendStr(dst []byte) []byte {
	switch v.Kind() {
	case String:
		n := v.node()
		if n.flags&escaped != 0 {
			return unescape(dst, v.doc.src[n.start:n.end])
		}
		return append(dst, v.doc.src[n.start:n.end]...)
	case Number, Bool:
		n := v.node()
		return append(dst, v.doc.src[n.start:n.end]...)
	}
	return dst
}

// Int reads a whole number, also one written as a string, as vendors do. It is false when the value is something else,
// has a fraction or an exponent, or does not fit.
func (v Value) Int() (n int64, ok bool) {
	switch v.Kind() {
	case Number, String:
		return parseInt(v.Str())
	}
	return 0, false
}

// Bool reads true and false, also written as "true", "false", 1, 0, "1" and "0". ok is false for everything else.
func (v Value) Bool() (b, ok bool) {
	switch v.Str() {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

// Raw is the value as it stands in the source, a string with its quotes; nil when absent. It shares the source's memory.
func (v Value) Raw() []byte {
	if v.doc == nil {
		return nil
	}
	n := v.node()
	if n.kind == String {
		return v.doc.src[n.start-1 : n.end+1]
	}
	return v.doc.src[n.start:n.end]
}

// Len is the number of elements of an array or members of an object; 0 for everything else. It walks them.
func (v Value) Len() int {
	n := 0
	if k := v.Kind(); k == Array || k == Object {
		for c, end := v.at+1, v.node().next; c < end; c = v.doc.tape[c].next {
			n++
		}
	}
	return n
}

// Each calls yield for each member of an object, or for each element of an array with the name "", until it answers
// false. It is an iterator: for name, member := range v.Each { … }.
func (v Value) Each(yield func(name string, member Value) bool) {
	if k := v.Kind(); k != Array && k != Object {
		return
	}
	for c, end := v.at+1, v.node().next; c < end; c = v.doc.tape[c].next {
		if !yield(v.doc.nameOf(c), Value{v.doc, c}) {
			return
		}
	}
}

// nameOf is the name of the member at c.
func (d *Doc) nameOf(c int32) string {
	n := &d.tape[c]
	if n.nameAt < 0 {
		return ""
	}
	if n.flags&nameEscaped != 0 {
		return string(unescape(nil, d.src[n.nameAt:n.nameEnd]))
	}
	return view(d.src[n.nameAt:n.nameEnd])
}

// view is b as a string, without a copy: Reset asks for a source that does not change.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// parseInt reads an optional minus and digits.
func parseInt(s string) (int64, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 19 {
		return 0, false
	}
	n := uint64(0) // 19 digits fit
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + uint64(c)
	}
	if neg {
		return -int64(n), n <= 1<<63
	}
	return int64(n), n < 1<<63
}
