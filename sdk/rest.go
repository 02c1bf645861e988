package sdk

import (
	"slices"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// What nobody took of a message: it is kept, and says which message it was.

// Keep keeps what nobody took of a message in an event's data, at a path: "extensions.acme". What is no object stands there as body:
// the model wants an object. It comes last, when every field is set. The path is best a constant: a new one is taken apart anew.
func Keep(data jsondoc.Obj, at string, message jsondoc.Value) {
	if message.Kind() != jsondoc.Object {
		at += ".body"
	}
	data.Rest(at, message)
}

// RestParts are for IDFrom, of a message that nothing makes one occurrence but all that it says: what nobody took of it, names and
// values, by name, since a repeat may have them in another order. The named members are left out.
func RestParts(message jsondoc.Value, but ...string) []string {
	if message.Kind() != jsondoc.Object {
		return []string{"body", string(message.AppendRest(nil))}
	}
	var names, values []string
	for name := range message.Each {
		v := message.Member(name) // of a name that comes twice, the last one
		value := string(v.AppendRest(nil))
		if text := v.Str(); text != "" && value != "" {
			value = text // 7 and "7" are the same
		}
		i := len(names)
		for i > 0 && names[i-1] > name {
			i--
		}
		if value == "" || slices.Contains(but, name) || i > 0 && names[i-1] == name {
			continue
		}
		names, values = slices.Insert(names, i, name), slices.Insert(values, i, value)
	}
	return append(names, values...)
}
