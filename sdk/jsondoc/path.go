package jsondoc

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
func (v Value) Get(path string) Value { return v.follow(path, false) }

// Take follows a path like Get and marks what it leads to, with all that is in it, as carried by a field of the result:
// AppendRest leaves it out.
func (v Value) Take(path string) Value { return v.follow(path, true) }

// Carry marks v as Take does, for a value that was looked at first, and gives it back.
func (v Value) Carry() Value {
	if v.doc != nil {
		v.node().flags |= carried
	}
	return v
}

// Member is the member of an object by its exact name, dots and all.
func (v Value) Member(name string) Value {
	if v.Kind() != Object {
		return Value{}
	}
	return v.child(name, false)
}

// Index is the element of an array by its place, from 0.
func (v Value) Index(i int) Value {
	if v.Kind() != Array || i < 0 {
		return Value{}
	}
	for c, end := v.at+1, v.node().next; c < end; c = v.doc.tape[c].next {
		if i == 0 {
			return Value{v.doc, c}
		}
		i--
	}
	return Value{}
}

func (v Value) follow(path string, take bool) Value {
	for more := path != ""; more && v.doc != nil; {
		var name string
		name, path, more = step(path)
		switch v.node().kind {
		case Object:
			v = v.child(name, take && !more)
		case Array:
			i, ok := parseInt(name)
			if !ok {
				return Value{}
			}
			v = v.Index(int(i))
		default:
			return Value{}
		}
	}
	if take {
		v.Carry()
	}
	return v
}

// child finds a member by name: the last one that has it. With mark, earlier ones of that name are carried too, since
// they are hidden by it.
func (v Value) child(name string, mark bool) Value {
	d, found := v.doc, int32(-1)
	for c, end := v.at+1, v.node().next; c < end; {
		n := &d.tape[c]
		if d.named(n, name) {
			found = c
			if mark {
				n.flags |= carried
			}
		}
		c = n.next
	}
	if found < 0 {
		return Value{}
	}
	return Value{d, found}
}

func (d *Doc) named(n *node, name string) bool {
	if n.flags&nameEscaped != 0 {
		return string(unescape(nil, d.src[n.nameAt:n.nameEnd])) == name
	}
	return int(n.nameEnd-n.nameAt) == len(name) && string(d.src[n.nameAt:n.nameEnd]) == name
}
