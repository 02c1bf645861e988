package jsondoc

import "reflect"

// DecodeError says which value did not fit, by its path.
type DecodeError struct {
	Path   string // "" for the document itself
	Reason string
}

func (e *DecodeError) Error() string {
	if e.Path == "" {
		return e.Reason
	}
	return e.Path + ": " + e.Reason
}

// Decode fills what dst points to, a struct as a rule. Fields are matched by the name in their json tag, else by their
// own; "-" is left out. Strings, booleans, integers, floats, structs, pointers, slices, maps with string keys and types
// with UnmarshalText are filled; values that are absent or null leave a field as it is. Unlike encoding/json it takes a
// number for a string field and a string for a number field, as vendors mix them. The error is a *DecodeError.
//
// It is for configuration and for authors who like structs: reading by path is faster, and keeps reflection out of the
// plugin.
func Decode(v Value, dst any) error { return decode(v, dst, false) }

// DecodeStrict is Decode, but a name in the document that the struct does not have is an error.
func DecodeStrict(v Value, dst any) error { return decode(v, dst, true) }

func decode(v Value, dst any, strict bool) error {
	p := reflect.ValueOf(dst)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return &DecodeError{"", "cannot decode into what is not a pointer"}
	}
	d := decoder{strict}
	if err := d.value(v, p.Elem()); err != nil {
		return err
	}
	return nil
}

type decoder struct{ strict bool }

// plan is where a struct type's fields are, by name.
type plan struct{ fields []planned }

type planned struct {
	name  string
	index int
}

// plans keeps what is known of struct types; the lock lets the host decode from many goroutines.
var plans planCache

func planOf(t reflect.Type) *plan {
	if p := plans.get(t); p != nil {
		return p
	}
	p := new(plan)
	for i := range t.NumField() {
		f := t.Field(i)
		if f.PkgPath != "" {
			continue // not exported
		}
		name := f.Tag.Get("json")
		for j := range len(name) {
			if name[j] == ',' {
				name = name[:j]
				break
			}
		}
		if name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		p.fields = append(p.fields, planned{name, i})
	}
	plans.put(t, p)
	return p
}

type textUnmarshaler interface{ UnmarshalText([]byte) error }

func (d decoder) value(v Value, dst reflect.Value) *DecodeError {
	if k := v.Kind(); k == Absent || k == Null {
		return nil
	}
	if dst.CanAddr() {
		if u, ok := dst.Addr().Interface().(textUnmarshaler); ok {
			if v.Kind() != String {
				return d.want("a text")
			}
			if err := u.UnmarshalText([]byte(v.Str())); err != nil {
				return &DecodeError{"", err.Error()}
			}
			return nil
		}
	}
	switch dst.Kind() {
	case reflect.Pointer:
		if dst.IsNil() {
			dst.Set(reflect.New(dst.Type().Elem()))
		}
		return d.value(v, dst.Elem())
	case reflect.Struct:
		return d.structure(v, dst)
	case reflect.Slice:
		return d.slice(v, dst)
	case reflect.Map:
		return d.mapping(v, dst)
	}
	return d.scalar(v, dst)
}

func (d decoder) want(what string) *DecodeError { return &DecodeError{"", "want " + what} }

func (d decoder) structure(v Value, dst reflect.Value) *DecodeError {
	if v.Kind() != Object {
		return d.want("an object")
	}
	p := planOf(dst.Type())
	for name, m := range v.Each {
		i := p.find(name)
		if i < 0 {
			if d.strict {
				return &DecodeError{Key(name), "unknown key"}
			}
			continue
		}
		if err := d.value(m, dst.Field(i)); err != nil {
			return err.under(name)
		}
	}
	return nil
}

func (p *plan) find(name string) int {
	for i := range p.fields {
		if p.fields[i].name == name {
			return p.fields[i].index
		}
	}
	return -1
}

func (e *DecodeError) under(name string) *DecodeError {
	if e.Path == "" {
		e.Path = Key(name)
	} else {
		e.Path = Key(name) + "." + e.Path
	}
	return e
}

func (d decoder) slice(v Value, dst reflect.Value) *DecodeError {
	if v.Kind() != Array {
		return d.want("a list")
	}
	n := v.Len()
	out := reflect.MakeSlice(dst.Type(), n, n)
	i := 0
	for _, e := range v.Each {
		if err := d.value(e, out.Index(i)); err != nil {
			return err.under(string(appendInt(nil, int64(i))))
		}
		i++
	}
	dst.Set(out)
	return nil
}

func (d decoder) mapping(v Value, dst reflect.Value) *DecodeError {
	t := dst.Type()
	if v.Kind() != Object || t.Key().Kind() != reflect.String {
		return d.want("an object")
	}
	if dst.IsNil() {
		dst.Set(reflect.MakeMap(t))
	}
	for name, m := range v.Each {
		e := reflect.New(t.Elem()).Elem()
		if err := d.value(m, e); err != nil {
			return err.under(name)
		}
		dst.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), e)
	}
	return nil
}

func (d decoder) scalar(v Value, dst reflect.Value) *DecodeError {
	switch dst.Kind() {
	case reflect.String:
		if k := v.Kind(); k != String && k != Number && k != Bool {
			return d.want("a text")
		}
		dst.SetString(v.Str())
	case reflect.Bool:
		b, ok := v.Bool()
		if !ok {
			return d.want("true or false")
		}
		dst.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := v.Int()
		if !ok || dst.OverflowInt(n) {
			return d.want("a whole number that fits")
		}
		dst.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, ok := v.Int()
		if !ok || n < 0 || dst.OverflowUint(uint64(n)) {
			return d.want("a whole number that fits, zero or more")
		}
		dst.SetUint(uint64(n))
	case reflect.Float32, reflect.Float64:
		f, ok := v.Float()
		if !ok {
			return d.want("a number")
		}
		dst.SetFloat(f)
	default:
		return d.want("nothing: a field of type " + dst.Type().String() + " cannot be filled")
	}
	return nil
}
