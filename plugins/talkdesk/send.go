package main

import (
	"cmp"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

// notify sends the payload of the first automation that an event fires, or of the next one where an earlier attempt has
// brought some of them.
func notify(in *sdk.Incoming, out *sdk.Outgoing) error {
	a := fired(in, in.Memo().Member("sent").Str())
	if a == nil {
		return sdk.Drop("fires no automation that is configured and turned on")
	}
	a.post(in, out)
	return nil
}

// decide goes on to the next automation that the event fires when one has been taken. All else the status says.
func decide(ans *sdk.Answer, v *sdk.Verdict) error {
	if len(automations) < 2 || ans.Status() < 200 || ans.Status() > 299 {
		return nil
	}
	in := ans.Event()
	taken := fired(in, ans.Memo().Member("sent").Str())
	if taken == nil {
		return nil
	}
	if next := fired(in, taken.key); next != nil {
		v.Memo().Str("sent", taken.key)
		next.post(in, v.Next())
	}
	return nil
}

// fired is the first automation that an event fires behind the one of a name; behind none, and where there is none of that
// name any more, the first of all.
func fired(in *sdk.Incoming, behind string) *automation {
	from := 0
	for i := range automations {
		if behind != "" && automations[i].key == behind {
			from = i + 1
		}
	}
	for i := from; i < len(automations); i++ {
		if a := &automations[i]; a.on && a.trigger.firedBy(in) {
			return a
		}
	}
	return nil
}

func (a *automation) post(in *sdk.Incoming, out *sdk.Outgoing) {
	out.Method("POST")
	out.URL(a.url)
	out.Header("content-type", a.layout.ContentType())
	out.Text(string(a.layout.Fill(a.values(in))))
}

// firedBy says whether an event is what a trigger is about. A trigger for one direction is not fired by a call of which nobody
// knows the direction.
func (t trigger) firedBy(in *sdk.Incoming) bool {
	if t.typ != in.Type() || t.direction != "" && in.Get("data.call.direction").Str() != t.direction {
		return false
	}
	if t.typ != "call.abandoned" {
		return true
	}
	return cmp.Or(in.Get("data.call.outcome").Str(), "abandoned") == t.outcome
}

// values gives what an event has for an automation's placeholders.
func (a *automation) values(in *sdk.Incoming) func(slot int) string {
	return func(slot int) string { return a.value(slot, in) }
}

func (a *automation) value(slot int, in *sdk.Incoming) string {
	name := a.layout.Names()[slot]
	if s := layout.Kept(in.Extensions("talkdesk"), name); s != "" {
		return s // Talkdesk's own word, where it has been here before
	}
	f := a.fields[slot]
	switch f.path {
	case "":
		return a.foreign(name, in)
	case timePath:
		return happened(in)
	}
	v := in.Get("data").Get(f.path)
	if v.Kind() == jsondoc.Array {
		return joined(v)
	}
	if s := v.Str(); s != "" {
		return s
	}
	return otherwise(f.path, in.Get("data.call"))
}

// foreign is what stands for placeholders without a field where the event is another vendor's: Talkdesk's own has said all of it.
func (a *automation) foreign(name string, in *sdk.Incoming) string {
	switch {
	case in.Vendor() == "talkdesk":
	case name == "event":
		return cmp.Or(a.trigger.event, in.Type())
	case name == "account.name", name == "account_id":
		return in.Account()
	}
	return ""
}

// happened is the event's time, where its vendor said so.
func happened(in *sdk.Incoming) string {
	for _, v := range in.Get("data.derived").Each {
		if v.Str() == "time" {
			return ""
		}
	}
	return in.Time()
}

// otherwise computes one pair of numbers from the other: vendors give either who called whom, or who is the customer.
func otherwise(path string, call jsondoc.Value) string {
	outbound := call.Member("direction").Str() == "outbound"
	switch {
	case !call.Member("direction").Exists():
		return ""
	case path == "call.customer_number" && outbound, path == "call.contact_center_number" && !outbound:
		return call.Member("to").Str()
	case path == "call.customer_number", path == "call.contact_center_number":
		return call.Member("from").Str()
	}
	return ""
}

func joined(list jsondoc.Value) string {
	var out []byte
	for _, v := range list.Each {
		if len(out) > 0 {
			out = append(out, ',')
		}
		out = append(out, v.Str()...)
	}
	return string(out)
}
