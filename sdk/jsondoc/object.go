package jsondoc

import "github.com/plugboard/plugboard/sdk/rfc3339"

// Obj is an object inside a Builder. It is a place, not a copy: two of the same path write to the same object.
type Obj struct {
	b  *Builder
	at int32
}

// Str sets a string; "" is absent and sets nothing.
func (o Obj) Str(path, s string) {
	switch {
	case s == "":
	case o.b.has != nil:
		o.b.step(o.at, StepStr, path, s)
	default:
		at := o.b.place(o.at, path, String)
		o.b.parts[at].text = s
	}
}

// Int sets a whole number.
func (o Obj) Int(path string, n int64) {
	start := len(o.b.buf)
	o.b.buf = appendInt(o.b.buf, n)
	o.encoded(path, start)
}

// Bool sets true or false.
func (o Obj) Bool(path string, v bool) {
	start := len(o.b.buf)
	if v {
		o.b.buf = append(o.b.buf, "true"...)
	} else {
		o.b.buf = append(o.b.buf, "false"...)
	}
	o.encoded(path, start)
}

// encoded sets what was appended to buf from start on.
func (o Obj) encoded(path string, start int) {
	if o.b.has != nil {
		o.b.step(o.at, StepEncoded, path, o.b.written(start))
		return
	}
	o.b.seal(o.b.place(o.at, path, encoded), start)
}

func (b *Builder) seal(at int32, start int) {
	p := &b.parts[at]
	p.start, p.end = int32(start), int32(len(b.buf))
}

// Time sets the time s in canonical form: UTC, ending in Z, no trailing zeros in the fraction. It is false, and sets
// nothing, when s is not an RFC 3339 time.
func (o Obj) Time(path, s string) bool {
	t, ok := rfc3339.Parse(s)
	switch {
	case !ok:
		return false
	case rfc3339.Canonical(s):
		o.Str(path, s)
	default:
		o.Instant(path, t)
	}
	return true
}

// Instant sets a time.
func (o Obj) Instant(path string, t rfc3339.Time) {
	start := len(o.b.buf)
	o.b.buf = append(rfc3339.Append(append(o.b.buf, '"'), t), '"')
	o.encoded(path, start)
}

// Raw sets a value that is JSON already. It is false, and sets nothing, when json is not: the result is always valid.
func (o Obj) Raw(path string, json []byte) bool {
	if !o.b.check.valid(json) {
		return false
	}
	start := len(o.b.buf)
	o.b.buf = append(o.b.buf, json...)
	o.encoded(path, start)
	return true
}

// Default sets a value that is JSON already where nothing has been set by then. What is set there later counts.
func (o Obj) Default(path, json string) {
	if o.b.has != nil {
		o.b.step(o.at, StepDefault, path, json)
	} else if !o.Has(path) {
		o.Raw(path, []byte(json))
	}
}

// Rest sets what nobody took of a document (Value.AppendRest), as the extensions of a canonical event want it; nothing
// when nothing is left.
func (o Obj) Rest(path string, v Value) {
	start := len(o.b.buf)
	if o.b.buf = v.AppendRest(o.b.buf); len(o.b.buf) > start {
		o.encoded(path, start)
	}
}

// Remove takes away what was set at path. The names on the way stay, and are not written if nothing else is in them.
func (o Obj) Remove(path string) {
	if o.b.has != nil {
		o.b.step(o.at, StepRemove, path, "")
		return
	}
	if at, ok := o.b.find(o.at, path); ok && at != o.at {
		o.b.parts[at].become(encoded)
	}
}

// Has says whether something was set at path.
func (o Obj) Has(path string) bool {
	if o.b.has != nil {
		return o.b.has(o.at, path)
	}
	at, ok := o.b.find(o.at, path)
	return ok && !o.b.blank(at)
}

// Object is the object at path; what is set in it is set in o. It is not written as long as nothing is in it.
func (o Obj) Object(path string) Obj {
	if o.b.has != nil {
		return Obj{o.b, o.b.step(o.at, StepObject, path, "")}
	}
	return Obj{o.b, o.b.place(o.at, path, Object)}
}

// Append adds strings to the list at path. "" is added too: in a list the place counts.
func (o Obj) Append(path string, list ...string) {
	if len(list) == 0 {
		return
	}
	if o.b.has != nil {
		for _, s := range list {
			o.b.step(o.at, StepAppendStr, path, s)
		}
		return
	}
	at := o.b.place(o.at, path, Array)
	for _, s := range list {
		e := o.b.add(at, "", 0, String)
		o.b.parts[e].text = s
	}
}

// AppendObject adds an object to the list at path.
func (o Obj) AppendObject(path string) Obj {
	if o.b.has != nil {
		return Obj{o.b, o.b.step(o.at, StepAppendObject, path, "")}
	}
	return Obj{o.b, o.b.add(o.b.place(o.at, path, Array), "", 0, Object)}
}
