package main

import (
	"cmp"
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

//go:wasmexport encode
func encode() int32 { return sdk.Encode(rebuild) }

// rebuild makes the message of which receive would make this event: what is under extensions, with the fields back in their
// places. A place that is taken by what receive could not read is left alone; most values have a second place then.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	b := &draft{in: in, kept: in.Extensions("zendesk"), o: out.JSON()}
	typ := in.VendorType()
	if in.Vendor() != "zendesk" {
		if typ = vendorType(in); typ == "" {
			return sdk.Reject("Zendesk has no message for " + in.Type())
		}
		b.kept = jsondoc.Value{} // another vendor's
		b.o.Str("zendesk_event_version", "2022-11-06")
	}
	b.o.Merge(b.kept)
	b.put(typ, "type")
	if k := b.kept.Member("type"); typ == "" && identifierKind(k) {
		typ = k.Str()
	}
	name, known := cutPrefix(typ)
	if typ == "" || !known && plain(b.kept.Member("zendesk_event_version")) == "" && in.Vendor() == "zendesk" {
		b.layout(out)
		return nil
	}
	b.name = name
	b.envelope(out)
	b.fill()
	return nil
}

// draft is a message in the making.
type draft struct {
	in   *sdk.Incoming
	kept jsondoc.Value // what receive found no field for
	o    jsondoc.Obj
	name string // the type without its prefix
}

// put sets the first of the places that is free; false when there is none, or s is "".
func (b *draft) put(s string, places ...string) bool {
	for _, p := range places {
		if s != "" && b.free(p) {
			b.o.Str(p, s)
			return true
		}
	}
	return false
}

// move sets a place to what a field of data has.
func (b *draft) move(field, place string) { b.put(b.in.Get("data."+field).Str(), place) }

// copy is move for any value, its kind unchanged.
func (b *draft) copy(field string, places ...string) {
	v := b.in.Get("data." + field)
	for _, p := range places {
		if v.Exists() && b.free(p) {
			b.o.CopyFrom(p, v)
			return
		}
	}
}

// texts puts the texts of a list in their place, behind what of it no field could carry.
func (b *draft) texts(list jsondoc.Value, place string) {
	if b.kept.Get(place).Kind() != jsondoc.Array && !b.free(place) {
		return
	}
	for _, v := range list.Each {
		b.o.Append(place, v.Str())
	}
}

// free says that nothing stands at a path, nor on the way to it, that is no object.
func (b *draft) free(path string) bool {
	for i := range len(path) {
		if path[i] == '.' {
			if v := b.kept.Get(path[:i]); v.Exists() && v.Kind() != jsondoc.Object {
				return false
			}
		}
	}
	return !b.kept.Get(path).Exists()
}

// layout is a webhook whose body an administrator wrote: all of it is kept as it was, but for the two ids.
func (b *draft) layout(out *sdk.Message) {
	b.move("ticket.id", "ticket_id")
	b.move("agent.id", "agent_id")
	out.Header("x-zendesk-webhook-invocation-id", b.in.ID())
	out.Header("x-zendesk-account-id", b.in.Account())
}

// envelope sets what is the same in all of Zendesk's own messages.
func (b *draft) envelope(out *sdk.Message) {
	if !b.put(b.in.ID(), "id") {
		out.Header("x-zendesk-webhook-invocation-id", b.in.ID())
	}
	if !b.put(b.in.Account(), "account_id", "detail.account_id") {
		out.Header("x-zendesk-account-id", b.in.Account())
	}
	b.times()
}

// times sets when it happened and when the message was built; a time of receipt is not Zendesk's.
func (b *draft) times() {
	for _, path := range b.in.Get("data.derived").Each {
		if path.Str() == "time" {
			return
		}
	}
	if built := b.in.Get("data.emitted_at").Str(); built != "" {
		b.put(b.in.Time(), "event.updated_at")
		b.put(built, "time")
		return
	}
	b.put(b.in.Time(), "time", "event.updated_at")
}

// fill sets the fields that the type has.
func (b *draft) fill() {
	switch kind := b.in.Type(); {
	case kind == vendorUnmapped:
		b.unmapped()
	case strings.HasPrefix(b.name, "agent."):
		b.agent()
	case strings.HasPrefix(b.name, "ticket."):
		b.ticket()
	default:
		b.user()
	}
}

// about sets an id, and the subject that says the same.
func (b *draft) about(kind, id string, places ...string) {
	b.put(id, places...)
	b.refer(kind, id)
}

// refer sets the subject, if it can be read again as what it is.
func (b *draft) refer(kind, id string) {
	for i := range len(id) {
		if id[i] == ':' {
			return
		}
	}
	if s := "zen:" + kind + ":" + id; id != "" && len(s) <= maxID {
		b.put(s, "subject")
	}
}

func (b *draft) agent() {
	b.about("agent", b.in.Get("data.agent.id").Str(), "detail.agent_id", "event.agent_id")
	b.move("actor.id", "detail.actor_id")
	switch b.name {
	case "agent.unified_state_changed":
		for _, state := range [...][2]string{{"state", "event.new_unified_state"}, {"previous_state", "event.previous_unified_state"}} {
			b.move(state[0]+".name", state[1]+".name")
			b.move(state[0]+".code", state[1]+".id")
			b.move(state[0]+".reason_raw", state[1]+".reason")
		}
	case "agent.state_changed":
		b.move("channel", "event.channel")
		b.move("state.name", "event.new_state")
		b.move("previous_state.name", "event.previous_state")
	default:
		at := sdk.Config().Member("work_item")
		for _, f := range workItemFields {
			b.move("work_item."+f.name, "event."+cmp.Or(at.Member(f.name).Str(), f.seen))
		}
	}
}

// unmapped puts the ids where unmapped finds them.
func (b *draft) unmapped() {
	agent, ticket := b.in.Get("data.agent.id").Str(), b.in.Get("data.ticket.id").Str()
	switch {
	case ticket == "":
	case strings.HasPrefix(b.name, "ticket."):
		b.about("ticket", ticket, "detail.id", "detail.ticket_id", "event.ticket_id")
	default:
		b.about("ticket", ticket, "detail.ticket_id", "event.ticket_id")
	}
	if agent == "" {
		return
	}
	switch role := lower(b.kept.Get("detail.role").Str()); {
	case strings.HasPrefix(b.name, "user.") && ticket == "" && (role == "agent" || role == "admin") && b.put(agent, "detail.id"):
		b.refer("user", agent)
	default:
		b.put(agent, "detail.agent_id", "event.agent_id")
		if ticket == "" {
			b.refer("agent", agent)
		}
	}
}

// identifierKind says whether a type is of a kind in which it is looked at.
func identifierKind(v jsondoc.Value) bool {
	return v.Kind() == jsondoc.String || v.Kind() == jsondoc.Number
}
