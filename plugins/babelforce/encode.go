package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

//go:wasmexport encode
func encode() int32 { return sdk.Encode(rebuild) }

// rebuild makes the message of which receive would make this event, in the connection's own layout: what is under
// extensions, with the fields back in their places. A place that is taken, or that another field has by now, is left alone.
func rebuild(in *sdk.Incoming, out *sdk.Message) error {
	b := &draft{in: in, kept: in.Extensions("babelforce"), o: out.JSON()}
	if in.Vendor() != "babelforce" {
		b.kept = jsondoc.Value{} // another vendor's
		switch in.Type() {
		case "agent.state.changed", "agent.logged_in", "agent.logged_out":
		default:
			return sdk.Reject("babelforce's tasks have no message for " + in.Type())
		}
	}
	if body := b.kept.Member("body"); body.Kind() == jsondoc.Array && b.kept.Len() == 1 {
		out.RawJSON(body.Raw()) // no object came
		out.Header(idHeader, in.ID())
		return nil
	}
	b.o.Merge(b.kept)
	if !b.put("id", in.ID()) {
		out.Header(idHeader, in.ID())
	}
	b.whole()
	b.agent()
	b.state()
	return nil
}

// draft is a message in the making.
type draft struct {
	in   *sdk.Incoming
	kept jsondoc.Value // what receive found no field for
	o    jsondoc.Obj
}

// put sets a field's place, if it is free.
func (b *draft) put(field, s string) bool {
	path := place(field)
	if s == "" || path == "" || b.kept.Member(path).Exists() || b.o.Has(path) {
		return false
	}
	for i := range len(path) { // nor may anything but an object stand on the way there
		if path[i] == '.' {
			if v := b.kept.Get(path[:i]); v.Exists() && v.Kind() != jsondoc.Object {
				b.o.Str(jsondoc.Key(path), s)
				return true
			}
		}
	}
	b.o.Str(path, s)
	return true
}

// whole sets what the message as a whole has.
func (b *draft) whole() {
	typ := b.in.VendorType()
	if b.in.Vendor() != "babelforce" {
		typ = b.typeFor(b.in.Type())
	}
	b.put("type", typ)
	if !b.derived("time") { // a time of receipt is not babelforce's
		b.put("time", b.in.Time())
	}
	if b.in.Vendor() == "babelforce" && b.in.Account() != sdk.Config().Member("account").Str() {
		b.put("account", b.in.Account())
	}
}

func (b *draft) derived(what string) bool {
	for _, path := range b.in.Get("data.derived").Each {
		if path.Str() == what {
			return true
		}
	}
	return false
}

// typeFor is the connection's word for a type; without one, the word that needs no configuration.
func (b *draft) typeFor(canonical string) string {
	for word, v := range sdk.Config().Member("types").Each {
		if v.Str() == canonical {
			return word
		}
	}
	if canonical == "agent.state.changed" {
		return "agent.presence.changed"
	}
	return canonical
}

func (b *draft) agent() {
	id, external := b.in.Get("data.agent.id").Str(), b.in.Get("data.agent.external_id").Str()
	if b.in.Vendor() != "babelforce" {
		id, external = "", orDefault(id, external) // what others know the agent by is the source id here
	}
	b.put("agent_id", id)
	b.put("source_id", external)
	b.put("name", b.in.Get("data.agent.name").Str())
	b.put("email", b.in.Get("data.agent.email").Str())
	b.put("number", b.in.Get("data.agent.phone").Str())
}

func (b *draft) state() {
	b.presence("state", "presence", "available")
	b.presence("previous_state", "previous", "previous_available")
	b.put("reason", b.in.Get("data.state.reason_raw").Str())
}

func (b *draft) presence(state, field, flag string) {
	s := b.in.Get("data." + state)
	name, base := s.Member("name").Str(), s.Member("base").Str()
	if name == "" {
		name = base
	}
	if name == "" {
		return
	}
	if b.in.Vendor() == "babelforce" {
		b.put(field, name)
		return // the flag is still where it came
	}
	if base == "available" {
		name = "available"
	}
	b.put(field, name)
	if base != "unknown" {
		value := "false"
		if base == "available" {
			value = "true"
		}
		b.put(flag, value)
	}
}
