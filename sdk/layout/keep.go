package layout

import "github.com/plugboard/plugboard/sdk/jsondoc"

// A canonical event keeps what no field carries under extensions.<vendor>: what stands elsewhere in the layout where it stood, a
// placeholder without a field by its name, below fields. Keep writes that, and Kept and Remains read it.

// Left is the value of a placeholder that no field took.
type Left struct{ Name, Value string }

const (
	fields    = "fields"
	ownFields = "#fields" // what a body has at its own member fields, which would be mistaken for placeholders
)

// Keep sets what a walk has left of a body, and the placeholders that no field took, in data at a path (extensions.acme). A
// placeholder whose name begins another's (phone, phone.vip) is "#" beside it. What it gives is what was left of the body alone; it
// is void after the call.
func Keep(data jsondoc.Obj, at string, body jsondoc.Value, left []Left) jsondoc.Value {
	var rest jsondoc.Value
	if text := body.AppendRest(nil); len(text) > 0 {
		if doc, err := jsondoc.Parse(text); err == nil {
			rest = doc.Root()
		}
	}
	switch {
	case body.Kind() != jsondoc.Object:
		data.Rest(at+".body", body) // the model wants an object there
	case len(left) == 0 && !rest.Member(fields).Exists():
		data.Rest(at, body)
		return rest
	default:
		merge(data.Object(at), rest, fields, ownFields)
	}
	for _, l := range left {
		path := at + "." + fields + "." + l.Name
		for _, other := range left {
			if hasPrefix(other.Name, l.Name+".") {
				path += ".#"
				break
			}
		}
		data.Str(path, l.Value)
	}
	return rest
}

// merge sets every member of v in o, one of them by another name.
func merge(o jsondoc.Obj, v jsondoc.Value, name, becomes string) {
	for n, m := range v.Each {
		if n == name {
			n = becomes
		}
		if m.Kind() == jsondoc.Object {
			o.Object(jsondoc.Key(n)).Merge(m)
		} else {
			o.Raw(jsondoc.Key(n), m.Raw())
		}
	}
}

// Kept is the value that was kept for a placeholder, marked as carried.
func Kept(extensions jsondoc.Value, name string) string {
	v := extensions.Member(fields).Get(name)
	if v.Kind() == jsondoc.Object {
		v = v.Member("#")
	}
	s := v.Str()
	if s != "" {
		v.Carry()
	}
	return s
}

// Remains is what was kept and is no placeholder's: what stood in the body beside them.
func Remains(extensions jsondoc.Value) jsondoc.Value {
	text := extensions.AppendRest(nil)
	doc, err := jsondoc.Parse(text)
	if len(text) == 0 || err != nil || !doc.Get(ownFields).Exists() {
		return docRoot(doc, err)
	}
	var b jsondoc.Builder
	merge(b.Root(), doc.Root(), ownFields, fields)
	return docRoot(jsondoc.Parse(b.AppendJSON(nil)))
}

func docRoot(doc *jsondoc.Doc, err error) jsondoc.Value {
	if err != nil || doc == nil {
		return jsondoc.Value{}
	}
	return doc.Root()
}
