// Package fields says where in a vendor's message an event's fields stand, for sources whose vendor's words are known but not
// certain: a Table has the plugin's own places, and the source's configuration (fields) may name others.
package fields

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/availability"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Table has the field of an event ("call.customer_number") and the place in the message ("raw_digits"), a path. It is read by
// receive and encode alike, so that what one reads the other puts back.
type Table [][2]string

// Configured is the table with the configuration's own places; "" is nowhere. It refuses fields that the table does not have, and
// what availability.Check does. It is for a plugin's init.
func (t Table) Configured() (Table, error) {
	if err := availability.Check("fields"); err != nil {
		return t, err
	}
	own := sdk.Config().Member("fields")
	if !own.Exists() {
		return t, nil
	}
	if own.Kind() != jsondoc.Object {
		return t, sdk.Reject("fields: want a table of places")
	}
	all := append(Table(nil), t...)
	for field, place := range own.Each {
		i := all.find(field)
		if i < 0 {
			return t, sdk.Reject("fields: unknown field " + field + "; the fields are " + t.names())
		}
		if place.Kind() != jsondoc.String {
			return t, sdk.Reject("fields: " + field + " is set to " + string(place.Raw()) + "; write the way to its value, such as \"" + t[i][1] + "\"")
		}
		all[i][1] = place.Str()
	}
	return all, nil
}

func (t Table) find(field string) int {
	for i := range t {
		if t[i][0] == field {
			return i
		}
	}
	return -1
}

func (t Table) names() string {
	list := make([]string, len(t))
	for i := range t {
		list[i] = t[i][0]
	}
	return strings.Join(list, ", ")
}

// At is a field's place; "" when it has none.
func (t Table) At(field string) string {
	if i := t.find(field); i >= 0 {
		return t[i][1]
	}
	return ""
}

// Of is a field's value in a message, or in the part of it that the places count from; absent when it has no place.
func (t Table) Of(message jsondoc.Value, field string) jsondoc.Value {
	if at := t.At(field); at != "" {
		return message.Get(at)
	}
	return jsondoc.Value{}
}

// Below is a field's place in the whole message, given what leads to where the places count from ("data."); "" when it has none.
func (t Table) Below(base, field string) string {
	if at := t.At(field); at != "" {
		return base + at
	}
	return ""
}
