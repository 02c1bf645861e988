package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/draft"
)

//go:wasmexport encode
func encode() int32 { return sdk.Encode(rebuild) }

// rebuild makes the record of which receive would make this event, as it stands in the stream: by itself, in no envelope.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	d := rebuilt{draft.New(vendor, in, out.JSON())}
	kind := in.VendorType()
	if !d.Own {
		var why string
		if kind, why = d.foreign(); why != "" {
			return sdk.Reject(why)
		}
	}
	d.Put(kind, "EventType")
	d.Put(in.ID(), "EventId")
	if !d.Own || in.Account() != sdk.Config().Member("account").Str() {
		d.Put(in.Account(), "AWSAccountId")
	}
	if !d.Derived("time") {
		d.Put(in.Time(), "EventTimestamp")
	}
	d.person()
	for _, s := range [...][2]string{{"state", current}, {"previous_state", previous}} {
		d.Move(s[0]+".name", s[1]+".AgentStatus.Name")
		d.Move(s[0]+".code", s[1]+".AgentStatus.ARN")
	}
	if d.Empty() {
		out.RawJSON([]byte("{}")) // a record in which nothing stood
	}
	return nil
}

// rebuilt is a record in the making.
type rebuilt struct{ *draft.Draft }

// person puts who it is into the snapshot that says so, the first with a name. One that is made of two is there in its parts.
func (d *rebuilt) person() {
	at, made := current, d.Derived("data.agent.name")
	if made && !named(d.Kept.Get(current+".Configuration")) {
		at = previous
	}
	if d.Own && !made && d.Text("agent.name") != "" {
		if !d.Move("agent.name", names(current)...) && d.Move("agent.name", names(previous)...) {
			at = previous
		}
	}
	d.Move("agent.username", at+".Configuration.Username", previous+".Configuration.Username")
}

// names are the places of a snapshot's names.
func names(snapshot string) []string {
	return []string{snapshot + ".Configuration.FirstName", snapshot + ".Configuration.LastName"}
}

// foreign begins the record of another vendor's event. It gives the type, or why there is no such record.
func (d *rebuilt) foreign() (kind, why string) {
	for _, name := range [...]string{"LOGIN", "LOGOUT", stateChange} {
		if typeOf(name) == d.In.Type() && d.In.Type() != unmapped {
			kind = name
		}
	}
	now, id := d.Text("state.name"), d.Text("agent.id")
	switch {
	case kind == "":
		return "", "Connect has no record for " + d.In.Type()
	case id == "" || last(id) != id:
		return "", "Connect's records are about an agent with an id, in which there is no slash"
	case kind == stateChange && (now == "" || now == d.Text("previous_state.name")):
		return "", "Connect's records tell of a state whose name is another than before"
	}
	d.Put("2017-10-01", "Version")
	d.Put(id, "AgentARN")
	first, family := d.Text("agent.name"), ""
	for i := range len(first) {
		if first[i] == ' ' && i > 0 && i+1 < len(first) {
			first, family = first[:i], first[i+1:]
			break
		}
	}
	d.Put(first, current+".Configuration.FirstName")
	d.Put(family, current+".Configuration.LastName")
	for _, s := range [...][2]string{{"state", current}, {"previous_state", previous}} {
		if d.Text(s[0]+".name") != "" {
			d.Put(kindOfStatus(d.Text(s[0]+".base")), s[1]+".AgentStatus.Type")
		}
	}
	return kind, ""
}

// kindOfStatus is what kind of status an administrator makes one of that base.
func kindOfStatus(base string) string {
	switch base {
	case "available":
		return "ROUTABLE"
	case "offline":
		return "OFFLINE"
	}
	return "CUSTOM"
}
