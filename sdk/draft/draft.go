// Package draft helps a source's encode to rebuild its vendor's message: what receive kept under data.extensions is the
// beginning, and the event's fields go back to where receive reads them. A place where what receive could not read has stayed is
// left alone: of several places a field takes the first that is free.
//
//	d := draft.New("acme", in, out.JSON())
//	d.Move("agent.id", "data.user.id")
//	d.Put(in.Time(), "timestamp")
package draft

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Draft is a message in the making.
type Draft struct {
	In   *sdk.Incoming
	Kept jsondoc.Value // what receive found no field for; nothing of another vendor's event
	Own  bool          // the event is this vendor's
	Body jsondoc.Obj   // the message, a JSON object

	begun bool
}

// New begins the message of an event, with what was kept of it if the event is this vendor's.
func New(vendor string, in *sdk.Incoming, body jsondoc.Obj) *Draft {
	d := &Draft{In: in, Own: in.Vendor() == vendor, Body: body}
	if d.Own {
		d.Kept = in.Extensions(vendor)
		body.Merge(d.Kept)
	}
	return d
}

// Free says that nothing was kept at a path, nor anything on the way to it that is no object. "" is no place.
func (d *Draft) Free(path string) bool {
	if path == "" {
		return false
	}
	for i := range len(path) {
		if path[i] == '.' {
			if v := d.Kept.Get(path[:i]); v.Exists() && v.Kind() != jsondoc.Object {
				return false
			}
		}
	}
	return !d.Kept.Get(path).Exists()
}

// Place is the first of the places that is free; "" when none is.
func (d *Draft) Place(places ...string) string {
	for _, p := range places {
		if d.Free(p) {
			return p
		}
	}
	return ""
}

// Put sets the first of the places that is free; false when there is none, or text is "".
func (d *Draft) Put(text string, places ...string) bool {
	p := d.Place(places...)
	if p == "" || text == "" {
		return false
	}
	d.Body.Str(p, text)
	d.begun = true
	return true
}

// PutInt is Put for a whole number.
func (d *Draft) PutInt(n int64, places ...string) bool {
	p := d.Place(places...)
	if p != "" {
		d.Body.Int(p, n)
		d.begun = true
	}
	return p != ""
}

// Text is a field of data as text: "agent.id".
func (d *Draft) Text(field string) string { return d.In.Get("data." + field).Str() }

// Move puts a field of data as text.
func (d *Draft) Move(field string, places ...string) bool { return d.Put(d.Text(field), places...) }

// Copy puts a field of data, a number as a number.
func (d *Draft) Copy(field string, places ...string) bool {
	v, p := d.In.Get("data."+field), d.Place(places...)
	if p == "" || !d.Body.CopyFrom(p, v) {
		return false
	}
	d.begun = true
	return true
}

// Empty says that nothing was kept of the message, and nothing put.
func (d *Draft) Empty() bool { return d.Kept.Empty() && !d.begun }

// Derived says that what stands at a path was computed and not read: "time", "data.agent.name". It does not go back.
func (d *Draft) Derived(path string) bool {
	for _, p := range d.In.Get("data.derived").Each {
		if p.Str() == path {
			return true
		}
	}
	return false
}
