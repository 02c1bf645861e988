package main

import (
	"strconv"
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// rebuild makes the message of which receive would make this event.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	why := fill(in, out.JSON())
	if why != "" {
		return sdk.Reject(why)
	}
	if !out.JSON().Has("type") && in.Extensions(vendor).Empty() && in.Get("data.call").Empty() && in.Get("data.agent").Empty() {
		out.RawJSON([]byte("{}")) // a message in which nothing stood
	}
	return nil
}

// draft is a message of Ziwo's in the making.
type draft struct {
	in   *sdk.Incoming
	kept jsondoc.Value // what receive found no field for; nothing of another vendor's event
	own  bool          // the event is Ziwo's
	o    jsondoc.Obj
}

// fill writes what Ziwo would send, or says why it would send nothing.
func fill(in *sdk.Incoming, body jsondoc.Obj) (why string) {
	d := draft{in: in, o: body, own: in.Vendor() == vendor}
	typ := in.VendorType()
	if d.own {
		d.kept = in.Extensions(vendor)
		d.o.Merge(d.kept)
	} else if typ = typeOf(in.Type()); typ == "" {
		return "Ziwo has no message for " + in.Type()
	}
	d.put("type", typ)
	if strings.HasPrefix(in.Type(), "agent.") || strings.HasPrefix(typ, "agent-") {
		d.agent()
	} else {
		d.call()
	}
	return ""
}

// typeOf is Ziwo's type for a canonical one.
func typeOf(kind string) string {
	for _, t := range types {
		if t.kind == kind {
			return t.name
		}
	}
	return ""
}

// put sets a field, unless it is what receive could not read.
func (d *draft) put(name, value string) {
	if !d.kept.Member(name).Exists() {
		d.o.Str(name, value)
	}
}

func (d *draft) move(name, path string) { d.put(name, d.in.Get("data."+path).Str()) }

// orElse is put for what Ziwo always sends; its own messages have it, or had not.
func (d *draft) orElse(name, value string) {
	if !d.own && !d.o.Has(name) {
		d.o.Str(name, value)
	}
}

// derived says whether a value was computed rather than read.
func (d *draft) derived(path string) bool {
	for _, p := range d.in.Get("data.derived").Each {
		if p.Str() == path {
			return true
		}
	}
	return false
}

// began sets both forms of a start. The epoch has no nanoseconds: with them it would come back as another time.
func (d *draft) began(v jsondoc.Value) {
	t, ok := rfc3339.Parse(v.Str())
	if !ok {
		return
	}
	if exact := t.Nsec%1000 == 0 && t.Sec >= 0; exact || !d.own {
		d.put("startedAtEpoch", strconv.FormatInt(t.Sec*1_000_000+int64(t.Nsec/1000), 10))
	} else {
		d.put("startedAt", string(rfc3339.Append(nil, t)))
		return
	}
	d.put("startedAt", milliseconds(t))
}

// milliseconds writes a time as Ziwo does: always three digits of the fraction.
func milliseconds(t rfc3339.Time) string {
	digits := strconv.Itoa(int(t.Nsec/1_000_000) + 1000)
	text := rfc3339.Append(nil, rfc3339.Time{Sec: t.Sec})
	return string(text[:len(text)-1]) + "." + digits[1:] + "Z"
}

func (d *draft) agent() {
	d.put("data", d.number())
	d.move("status", "state.name")
	if !d.derived("time") {
		d.began(d.in.Get("time"))
	}
	status, action := "available", "agent-add" // the published sample's
	switch d.in.Type() {
	case "agent.logged_out":
		status, action = "logged-out", "agent-del"
	case "agent.state.changed":
		status, action = d.in.Get("data.state.base").Str(), "agent-status-change"
	}
	d.orElse("status", status)
	d.orElse("action", action)
}

// number is the agent's. Where the event has none, of another vendor, the directory may know it by the agent's id.
func (d *draft) number() string {
	if number := d.in.Get("data.agent.phone").Str(); number != "" || d.own {
		return number
	}
	id := d.in.Get("data.agent.id").Str()
	for _, a := range set.agents {
		if a.Value == id && id != "" {
			return a.Name
		}
	}
	return id
}

func (d *draft) call() {
	d.move("callID", "call.id")
	for _, f := range callFields {
		d.move(f.name, "call."+f.path)
	}
	for _, f := range callSeconds {
		d.move(f.name, "call."+f.path)
	}
	if !d.derived("data.call.direction") {
		d.move("direction", "call.direction")
	}
	d.began(d.in.Get("data.call.started_at"))
	d.move("answeredAt", "call.answered_at")
	d.move("endedAt", "call.ended_at")
	d.move("result", "call.outcome_raw")
	if !d.own {
		d.others()
	}
}

// others adds what another vendor's call says in other fields: who is the customer, when it was.
func (d *draft) others() {
	customer, centre := d.in.Get("data.call.customer_number").Str(), d.in.Get("data.call.contact_center_number").Str()
	if d.in.Get("data.call.direction").Str() == "outbound" {
		customer, centre = centre, customer
	}
	d.orElse("callerIdNumber", customer)
	d.orElse("calleeIdNumber", centre)
	from, to := d.in.Get("data.call.from").Str(), d.in.Get("data.call.to").Str()
	if from == "" {
		from = customer
	}
	if to == "" {
		to = centre
	}
	d.orElse("callerIdName", from)
	d.orElse("calleeIdName", to)
	d.orElse("data", from)
	d.orElse("flags", "0")
	if url := d.in.Get("data.call.recording_url").Str(); url != "" {
		d.orElse("recordingFile", url)
	}
	if t, ok := rfc3339.Parse(d.in.Time()); ok {
		d.when(t)
	}
	if d.in.Type() == "call.ended" {
		d.o.Str("result", resultOf(d.in.Get("data.call.outcome").Str()))
	}
}

// when sets the time that the kind of message is about, where the event has it as its time only.
func (d *draft) when(t rfc3339.Time) {
	switch d.in.Type() {
	case "call.answered":
		d.orElse("answeredAt", milliseconds(t))
	case "call.ended":
		d.orElse("endedAt", milliseconds(t))
	default:
		if !d.o.Has("startedAt") {
			d.began(d.in.Get("time"))
		}
	}
}

// resultOf is Ziwo's word for an outcome: by the connection's table, or what was seen.
func resultOf(outcome string) string {
	for _, r := range set.results {
		if r.Value == outcome && outcome != "" {
			return r.Name
		}
	}
	switch outcome {
	case "missed", "abandoned", "short_abandoned":
		return "no-answer"
	case "", "unknown":
		return "answered"
	}
	return outcome
}
