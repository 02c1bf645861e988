package jsondoc

// The From methods set a field from a value of a document and, where that succeeds, mark the value as carried (see
// Value.Take). So a leaf is either in its field or in what remains, never lost and never in both: a duration of "n/a"
// is not a whole number, sets nothing, and stays. All are false when v is absent or does not read as what is wanted.

// StrFrom sets a string from a scalar.
func (o Obj) StrFrom(path string, v Value) bool {
	s := v.Str()
	if s == "" {
		return false
	}
	o.Str(path, s)
	v.Carry()
	return true
}

// IntFrom sets a whole number, also from a string.
func (o Obj) IntFrom(path string, v Value) bool {
	n, ok := v.Int()
	if ok {
		o.Int(path, n)
		v.Carry()
	}
	return ok
}

// BoolFrom sets a boolean, also from "true", "false", 1, 0, "1" and "0".
func (o Obj) BoolFrom(path string, v Value) bool {
	b, ok := v.Bool()
	if ok {
		o.Bool(path, b)
		v.Carry()
	}
	return ok
}

// TimeFrom sets a time in canonical form from an RFC 3339 one.
func (o Obj) TimeFrom(path string, v Value) bool {
	ok := o.Time(path, v.Str())
	if ok {
		v.Carry()
	}
	return ok
}

// StrsFrom sets a list of strings from an array of scalars. Elements that are null, "" or no scalars are left out of it,
// and if one of them is an array or object the array is not marked as carried.
func (o Obj) StrsFrom(path string, v Value) bool {
	if v.Kind() != Array {
		return false
	}
	any, whole := false, true
	for _, e := range v.Each {
		if s := e.Str(); s != "" {
			o.Append(path, s)
			e.Carry()
			any = true
		} else if !e.Empty() {
			whole = false
		}
	}
	if any && whole {
		v.Carry()
	}
	return any
}

// CopyFrom sets whatever v is, type and spelling kept. v's source must stay as it is until the call ends.
func (o Obj) CopyFrom(path string, v Value) bool {
	if v.Empty() {
		return false
	}
	if o.b.has != nil {
		o.b.step(o.at, StepEncoded, path, view(v.Raw()))
	} else {
		o.b.copy(o.b.place(o.at, path, encoded), v)
	}
	v.Carry()
	return true
}

// Merge sets every member of the object v in o, objects member by member and lists element by element, so that single
// fields can be changed, added to or removed afterwards. Names share the memory of v's source. What is empty is left
// out, and nothing is marked as carried.
func (o Obj) Merge(v Value) {
	if v.Kind() != Object {
		return
	}
	if o.b.has != nil {
		o.mergeSteps(v)
		return
	}
	for name, m := range v.Each {
		if m.Kind() == Object {
			Obj{o.b, o.b.child(o.at, bytesOf(name), Object)}.Merge(m)
		} else {
			o.member(name, m)
		}
	}
}

// member sets a member that is no object.
func (o Obj) member(name string, m Value) {
	switch {
	case m.Kind() == Array:
		at := o.b.child(o.at, bytesOf(name), Array)
		for _, e := range m.Each {
			o.b.copy(o.b.add(at, "", 0, encoded), e)
		}
	case !m.Empty():
		o.b.copy(o.b.child(o.at, bytesOf(name), encoded), m)
	}
}

// mergeSteps merges in one step what is not too long for one, else each member in its own.
func (o Obj) mergeSteps(v Value) {
	if raw := v.Raw(); len(raw) <= maxMerge {
		o.b.step(o.at, StepMerge, "", view(raw))
		return
	}
	for name, m := range v.Each {
		switch path := Key(name); {
		case m.Kind() == Object:
			o.Object(path).mergeSteps(m)
		case m.Kind() == Array:
			for _, e := range m.Each {
				o.b.step(o.at, StepAppendEncoded, path, view(e.Raw()))
			}
		case !m.Empty():
			o.b.step(o.at, StepEncoded, path, view(m.Raw()))
		}
	}
}

// copy fills a part with v as it is written.
func (b *Builder) copy(at int32, v Value) {
	start := len(b.buf)
	b.buf = append(b.buf, v.Raw()...)
	b.seal(at, start)
}
