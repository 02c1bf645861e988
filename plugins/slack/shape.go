package main

import (
	"strconv"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/template"
)

// shape is a piece of JSON whose strings are templates. So a value can never become more than a string, and nobody has to
// write JSON inside of a configuration.
type shape struct {
	what    string
	kind    jsondoc.Kind
	raw     []byte             // of what is neither object, list nor string
	text    *template.Template // of a string
	names   []string           // of an object's members
	members []*shape
}

func newShape(what string, v jsondoc.Value) (*shape, error) {
	s := &shape{what: what, kind: v.Kind()}
	switch s.kind {
	case jsondoc.Object, jsondoc.Array:
		for name, m := range v.Each {
			at := what + "." + name
			if s.kind == jsondoc.Array {
				at = what + "[" + strconv.Itoa(len(s.members)) + "]"
			}
			member, err := newShape(at, m)
			if err != nil {
				return nil, err
			}
			s.names, s.members = append(s.names, name), append(s.members, member)
		}
	case jsondoc.String:
		var err error
		if s.text, err = parse(what, v.Str()); err != nil {
			return nil, err
		}
	default:
		s.raw = append(s.raw, v.Raw()...)
	}
	return s, nil
}

// append writes the piece for an event.
func (s *shape) append(dst []byte, in *sdk.Incoming) ([]byte, error) {
	switch s.kind {
	case jsondoc.String:
		text, err := fill(s.what, s.text, in)
		if err != nil {
			return nil, err
		}
		return jsondoc.AppendString(dst, text), nil
	case jsondoc.Object, jsondoc.Array:
	default:
		return append(dst, s.raw...), nil
	}
	brackets := "{}"
	if s.kind == jsondoc.Array {
		brackets = "[]"
	}
	dst = append(dst, brackets[0])
	for i, m := range s.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		if s.kind == jsondoc.Object {
			dst = append(jsondoc.AppendString(dst, s.names[i]), ':')
		}
		var err error
		if dst, err = m.append(dst, in); err != nil {
			return nil, err
		}
	}
	return append(dst, brackets[1]), nil
}
