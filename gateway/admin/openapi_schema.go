package admin

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// schemas are the named types of the description.
type schemas struct {
	named map[string]any
	types map[string]reflect.Type // by the same names
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	rawType       = reflect.TypeFor[json.RawMessage]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
	textType      = reflect.TypeFor[encoding.TextMarshaler]()
)

// answer is the schema of an answer.
func (s schemas) answer(v any) object {
	if l, ok := v.(listing); ok {
		return object{"type": "object", "required": []string{"items"}, "properties": object{
			"items": object{"type": "array", "items": s.of(l.item)},
			"next":  object{"type": "string", "description": "The next page's cursor; none on the last page."},
		}}
	}
	return s.of(v)
}

// of is the schema of what a value becomes in JSON.
func (s schemas) of(v any) object { return s.typed(reflect.TypeOf(v)) }

func (s schemas) typed(t reflect.Type) object {
	if t.Kind() == reflect.Pointer {
		return s.typed(t.Elem())
	}
	switch {
	case t == timeType:
		return object{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[EndpointInfo](): // it has its settings beside what is described
		return s.reference(t)
	case t == rawType || t.Implements(marshalerType):
		return object{} // any JSON
	case t.Implements(textType):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": []string{"array", "null"}, "items": s.typed(t.Elem())} // an empty one may be null
	case reflect.Map:
		return object{"type": []string{"object", "null"}, "additionalProperties": s.typed(t.Elem())}
	case reflect.Struct:
		return s.reference(t)
	case reflect.Interface:
		return object{}
	}
	return object{"type": "integer"}
}

// reference puts a struct among the named types, once. Of two with the same name the second has its package's before it.
func (s schemas) reference(t reflect.Type) object {
	name := t.Name()
	if name == "" {
		return s.fields(t)
	}
	if s.types[name] != nil && s.types[name] != t {
		pkg := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
		name = strings.ToUpper(pkg[:1]) + pkg[1:] + name
	}
	if s.types[name] == nil {
		s.types[name] = t // first, for a type that holds itself
		s.named[name] = s.fields(t)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

func (s schemas) fields(t reflect.Type) object {
	properties, required := object{}, []string{}
	s.collect(t, properties, &required)
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// collect adds a struct's members, those of embedded ones among them.
func (s schemas) collect(t reflect.Type, properties object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, rest, _ := strings.Cut(tag, ",")
		switch {
		case f.Anonymous && tag == "":
			s.collect(f.Type, properties, required)
			continue
		case !f.IsExported() || tag == "-":
			continue
		case name == "":
			name = f.Name
		}
		properties[name] = s.typed(f.Type)
		if !strings.Contains(rest, "omit") {
			*required = append(*required, name)
		}
	}
}
