package main

import (
	"strconv"
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/draft"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

//go:wasmexport encode
func encode() int32 { return sdk.Encode(rebuild) }

// rebuild makes the message of which receive would make this event: a CloudEvent of Event Streams where it was one, else the
// form of an event callback. The event's id goes where Twilio's own stands.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	name := in.VendorType()
	if in.Vendor() != vendor {
		if name = nameFor(in.Type()); name == "" {
			return sdk.Reject("TaskRouter has no event for " + in.Type())
		}
	}
	if kept := in.Extensions(vendor); in.Vendor() == vendor && (strings.HasPrefix(name, prefix) || !flat(kept)) {
		if formed(kept) {
			return sdk.Reject("a form carries texts alone, and under extensions.twilio stands something else")
		}
		d := rebuilt{Draft: draft.New(vendor, in, out.JSON()), snake: true}
		d.stream(name)
		if root := kept.Member("body"); kept.Len() == 1 && root.Kind() == jsondoc.Array {
			out.RawJSON(append(append([]byte{'['}, root.Raw()...), ']')) // what stood in the list was a list
		}
		return nil
	}
	var form jsondoc.Builder
	d := rebuilt{Draft: draft.New(vendor, in, form.Root())}
	d.form(name)
	doc, err := jsondoc.Parse(form.AppendJSON(nil))
	if err != nil {
		return sdk.Fail("form: " + err.Error())
	}
	for name, v := range doc.Root().Each {
		out.Form(name, v.Str())
	}
	out.Header("content-type", "application/x-www-form-urlencoded") // also of one in which nothing stands
	return nil
}

// nameFor is TaskRouter's name for the event that has that canonical type here.
func nameFor(kind string) string {
	for _, name := range [...]string{"worker.activity.update", "reservation.created", "reservation.accepted", "reservation.completed"} {
		if kindOf(name) == kind && kind != unmapped {
			return name
		}
	}
	return ""
}

// flat says whether something can stand in a form.
func flat(v jsondoc.Value) bool {
	for _, m := range v.Each {
		if m.Kind() != jsondoc.String {
			return false
		}
	}
	return true
}

// formed says that what was kept of a message are a form's names.
func formed(v jsondoc.Value) bool {
	for name := range v.Each {
		if name != "" && name[0] >= 'A' && name[0] <= 'Z' {
			return true
		}
	}
	return false
}

// rebuilt is a message in the making.
type rebuilt struct {
	*draft.Draft
	at    string // where the names stand: "", "data.payload."
	snake bool
}

// place is where a form's name stands; "" is nowhere.
func (d *rebuilt) place(name string) string {
	if name == "" {
		return ""
	}
	if d.snake {
		name = snake(name)
	}
	return d.at + name
}

func (d *rebuilt) put(name, text string) bool { return d.Put(text, d.place(name)) }

// move puts a field where it has its place.
func (d *rebuilt) move(field string) { d.put(places.At(field), d.Text(field)) }

func (d *rebuilt) form(name string) {
	d.put("EventType", name)
	d.put("Sid", d.In.ID())
	d.fill()
	if t, ok := rfc3339.Parse(d.In.Time()); ok && !d.Derived("time") {
		if t.Nsec == 0 && t.Sec > 0 && t.Sec < maxSeconds && !d.Kept.Member("time").Exists() && d.put("Timestamp", strconv.FormatInt(t.Sec, 10)) {
			return
		}
		d.Put(d.In.Time(), d.place("Timestamp"), "time")
	}
}

// stream fills in a CloudEvent. Its names stand in data.payload, or in data if that cannot be.
func (d *rebuilt) stream(typ string) {
	d.Put("1.0", "specversion")
	d.Put(d.In.ID(), "id")
	if d.at = "data.payload."; !d.Free("data.payload") && d.Kept.Get("data.payload").Kind() != jsondoc.Object {
		d.at = "data."
	}
	if !d.Put(typ, "type") {
		d.put("EventType", typ)
	} else if strings.HasPrefix(typ, prefix) {
		d.put("EventType", typ[len(prefix):])
	}
	d.fill()
	if !d.Derived("time") {
		d.Put(d.In.Time(), d.place("Timestamp"), "time")
	}
}

// fill sets what is the same in both forms.
func (d *rebuilt) fill() {
	if !d.Own || d.In.Account() != sdk.Config().Member("account").Str() {
		d.put("AccountSid", d.In.Account())
	}
	d.worker()
	switch kind := d.In.Type(); {
	case kind == "agent.state.changed":
		for _, field := range stateFields {
			d.move(field)
		}
		d.Copy(spent, d.place(places.At(spent)))
	case strings.HasPrefix(kind, "agent.work_item."):
		for _, field := range workFields {
			d.move(field)
		}
	}
}

var stateFields = [...]string{"state.name", "state.code", "previous_state.name", "previous_state.code"}

// worker sets whom it is about, in both places where that is said of a worker's own events.
func (d *rebuilt) worker() {
	id := d.Text("agent.id")
	if id == "" {
		return
	}
	if !d.Own && d.In.Type() == "agent.state.changed" {
		d.put("ResourceType", "worker")
	}
	first := d.put(places.At("agent.id"), id)
	if about := d.Kept.Get(d.place("ResourceType")).Str(); about == "worker" || !first {
		d.put("ResourceSid", id)
	}
	d.move("agent.name")
}
