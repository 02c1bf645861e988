package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/draft"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

//go:wasmexport encode
func encode() int32 { return sdk.Encode(rebuild) }

// rebuild makes the webhook of which receive would make this event, without its token: the source's verify puts that in.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	d := rebuilt{draft.New(vendor, in, out.JSON())}
	name := in.VendorType()
	if !d.Own {
		if name = nameFor(in); name == "" {
			return sdk.Reject("Aircall has no webhook for " + in.Type())
		}
		d.Put(name[:dot(name)], "resource")
	}
	d.Put(name, "event")
	d.stamp()
	switch {
	case prefixed(name, "call."):
		d.call()
	case prefixed(name, "user."):
		d.person("agent.id", data, agentFields[:])
		if in.Type() == stateChanged && !d.Derived("data.state.name") {
			d.move("state.name")
		}
	case prefixed(name, "contact."):
		d.person("contact.id", data, contactFields[:])
	}
	if d.Empty() {
		out.RawJSON([]byte("{}")) // a message in which nothing stood
	}
	return nil
}

// nameFor is Aircall's name for another vendor's event; "" when it has none. Of a state it is the one that means so.
func nameFor(in *sdk.Incoming) string {
	away := in.Get("data.state.base").Str() != "available"
	for i := range kinds {
		name := kinds[i].name
		if kindOf(name) != in.Type() || in.Type() == unmapped || name == "user.opened" && away {
			continue
		}
		if in.Get("data." + subjects[name[:dot(name)]] + ".id").Exists() {
			return name
		}
	}
	return ""
}

// subjects are whom a resource of Aircall's is about.
var subjects = map[string]string{"call": "call", "user": "agent", "contact": "contact"}

// dot is where a name's first part ends.
func dot(name string) int {
	for i := range len(name) {
		if name[i] == '.' {
			return i
		}
	}
	return len(name)
}

// rebuilt is a webhook in the making.
type rebuilt struct{ *draft.Draft }

// stamp sets when Aircall wrote: some time after a call has ended, else when it happened.
func (d *rebuilt) stamp() {
	switch built := d.Text("emitted_at"); {
	case built != "":
		d.seconds(built, "timestamp")
	case d.Derived("time"), d.Own && d.In.Type() == callEnded && d.Text("call.ended_at") != "" && prefixed(d.In.VendorType(), "call."):
	default:
		d.seconds(d.In.Time(), "timestamp")
	}
}

// seconds puts a time in Unix seconds.
func (d *rebuilt) seconds(text, place string) {
	if t, ok := rfc3339.Parse(text); ok && t.Sec > 0 && t.Sec < maxSeconds {
		d.PutInt(t.Sec, place)
	}
}

// data is what leads to what a webhook is about.
const data = "data."

// move puts a field where it stands in what the webhook is about.
func (d *rebuilt) move(field string) { d.Move(field, places.Below(data, field)) }

// person puts an agent's or a contact's fields below a place.
func (d *rebuilt) person(id, base string, list []string) {
	d.Move(id, base+"id")
	for _, field := range list {
		d.Move(field, places.Below(base, field))
	}
}

func (d *rebuilt) call() {
	d.Move("call.id", data+"id")
	for _, field := range callTexts {
		d.move(field)
	}
	for _, field := range callTimes {
		d.seconds(d.Text(field), places.Below(data, field))
	}
	d.Copy("call.timings.total_seconds", places.Below(data, "call.timings.total_seconds"))
	switch d.Text("call.direction") {
	case "inbound", "outbound":
		d.move("call.direction")
	}
	if user := places.Below(data, "agent"); user != "" {
		d.person("agent.id", user+".", agentFields[:])
	}
	if contact := places.Below(data, "contact"); contact != "" {
		d.person("contact.id", contact+".", contactFields[:])
	}
	if !d.Own {
		d.foreign()
	}
}

// foreign adds what another vendor's call says in other fields: who is the customer, and when it ended.
func (d *rebuilt) foreign() {
	customer, centre := "call.from", "call.to"
	if d.Text("call.direction") == "outbound" {
		customer, centre = centre, customer
	}
	if d.Text("call.customer_number") == "" {
		d.Move(customer, places.Below(data, "call.customer_number"))
	}
	if d.Text("call.contact_center_number") == "" {
		d.Move(centre, places.Below(data, "call.contact_center_number"))
	}
	if d.In.Type() == callEnded && d.Text("call.ended_at") == "" {
		d.seconds(d.In.Time(), places.Below(data, "call.ended_at"))
	}
}
