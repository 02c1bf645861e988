package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

//go:wasmexport encode
func encode() int32 { return sdk.Encode(rebuild) }

// rebuild makes the message of which receive would make this event. Of another vendor's event it is the message that a
// destination would get; the state, where a login goes before it.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	if in.Vendor() != vendor {
		list, err := reports(in)
		if err != nil {
			return sdk.Reject("the feed has no message for it: " + err.Error())
		}
		body := out.JSON()
		for _, f := range list[len(list)-1].fields {
			f.in(body)
		}
		return nil
	}
	d := draft{in, in.Extensions(vendor), out.JSON()}
	d.o.Merge(d.kept)
	d.put("account_id", in.Account())
	d.put("event_type", in.VendorType())
	d.move("agent_id", "agent.id")
	switch in.Type() {
	case "call.ended":
		d.call()
	case "agent.state.changed":
		d.agent()
		d.state()
	case "agent.logged_in", "agent.logged_out":
		d.agent()
		d.move("duration", "session.duration_seconds")
	default:
		d.when()
		d.move("call_id", "call.id")
	}
	return nil
}

// draft is a message in the making.
type draft struct {
	in   *sdk.Incoming
	kept jsondoc.Value // what receive found no field for
	o    jsondoc.Obj
}

// put sets a field, unless it is what receive could not read.
func (d *draft) put(name, value string) {
	if !d.kept.Member(name).Exists() {
		d.o.Str(name, value)
	}
}

func (d *draft) move(name, path string) { d.put(name, d.in.Get("data."+path).Str()) }

// there sets a field even if it is empty: by its being there a state is recognised.
func (d *draft) there(name, value string) {
	if !d.kept.Member(name).Exists() {
		field{name: name, value: value}.in(d.o)
	}
}

func (d *draft) agent() {
	d.when()
	for _, f := range agentFields {
		d.move(f.name, f.path)
	}
}

// when sets the time, unless it is the one of receipt.
func (d *draft) when() {
	for _, path := range d.in.Get("data.derived").Each {
		if path.Str() == "time" {
			return
		}
	}
	d.instant("date_time", d.in.Get("time"))
}

func (d *draft) instant(name string, v jsondoc.Value) {
	if t, ok := rfc3339.Parse(v.Str()); ok {
		d.put(name, local(t))
	}
}

func (d *draft) state() {
	d.there("event_aux_type", ownState(d.in.Get("data.state")).label)
	before := ownState(d.in.Get("data.previous_state"))
	d.there("prev_state", before.code)
	d.put("prev_aux_state", before.label)
	d.move("duration", "previous_state.duration_seconds")
	if pending, ok := d.in.Get("data.pending_disposition").Bool(); ok {
		d.put("pending_disp", map[bool]string{false: "0", true: "1"}[pending])
	}
	d.move("call_id", "call.id")
	d.move("call_source_id", "call.queue.id")
	d.move("call_source_name", "call.queue.name")
	d.move("dnis", "call.to")
	d.move("ani", "call.from")
}

func (d *draft) call() {
	for _, f := range agentFields {
		d.move(f.name, f.path)
	}
	d.move("call_id", "call.id")
	for _, f := range callFields {
		d.move(f.name, "call."+f.path)
	}
	d.move("call_state", "call.outcome_raw")
	d.move("queue_duration", "call.timings.wait_seconds")
	d.move("call_duration", "call.timings.total_seconds")
	d.move("agent_disposition", "disposition.notes")
	d.instant("call_start", d.in.Get("data.call.started_at"))
}
