package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// The two snapshots of a record; either may be null.
const current, previous = "CurrentAgentSnapshot", "PreviousAgentSnapshot"

// record reads one event of the stream.
func record(root jsondoc.Value, r *sdk.Request, out *sdk.Events) {
	kind := sdk.Identifier(root.Member("EventType"))
	if kind == "HEART_BEAT" && sdk.Config().Member("heartbeats").Str() != "keep" {
		return
	}
	now, before := root.Member(current), root.Member(previous)
	e := out.Add(canonicalType(kind, now, before))
	identify(e, root, kind)
	d := e.Data()
	id := last(sdk.Identifier(root.Member("AgentARN"))) // the whole of it stays under extensions
	d.Str("agent.id", id)
	e.Subject("agent", id)
	person := now.Member("Configuration")
	if !named(person) && person.Member("Username").Str() == "" {
		person = before.Member("Configuration")
	}
	agent(e, person)
	if kind == "LOGIN" || kind == "LOGOUT" || changed(now, before) {
		d.Str("scope", "acd")
		state(d, "state", now.Member("AgentStatus"))
		state(d, "previous_state", before.Member("AgentStatus"))
	}
	e.TimeFrom(root.Member("EventTimestamp"))
	e.Received(r.ReceivedAt())
	sdk.Keep(d, "extensions."+vendor, root)
}

// identify sets what says which event this is: its EventId, else what it says.
func identify(e sdk.Event, root jsondoc.Value, kind string) {
	account := root.Member("AWSAccountId")
	name := sdk.Identifier(account)
	if name != "" {
		account.Carry()
	} else {
		name = sdk.Config().Member("account").Str()
	}
	e.Origin(vendor, name)
	e.VendorType(kind)
	if kind != "" {
		root.Member("EventType").Carry()
	}
	if id := root.Member("EventId"); sdk.Identifier(id) != "" {
		e.ID(sdk.Identifier(id))
		id.Carry()
		return
	}
	e.IDFromData()
}

// canonicalType is typeOf, but that a change of state is one of the agent's status. The stream says STATE_CHANGE of much else:
// contacts come and go, settings change.
func canonicalType(kind string, now, before jsondoc.Value) string {
	if kind == stateChange && !sdk.Config().Member("types").Member(kind).Exists() && !changed(now, before) {
		return unmapped
	}
	return typeOf(kind)
}

const stateChange = "STATE_CHANGE"

// typeOf is the canonical type of a record: the connection's own table first.
func typeOf(kind string) string {
	if own := sdk.Config().Member("types").Member(kind).Str(); own != "" {
		return own
	}
	switch kind {
	case "LOGIN":
		return "agent.logged_in"
	case "LOGOUT":
		return "agent.logged_out"
	case stateChange:
		return "agent.state.changed"
	}
	return unmapped
}

// changed says whether the status is another.
func changed(now, before jsondoc.Value) bool {
	name := now.Get("AgentStatus.Name").Str()
	return name != "" && name != before.Get("AgentStatus.Name").Str()
}

// agent sets who it is. A name that is made of two stays in its parts as well.
func agent(e sdk.Event, c jsondoc.Value) {
	d := e.Data()
	d.StrFrom("agent.username", c.Member("Username"))
	first, family := c.Member("FirstName"), c.Member("LastName")
	if first.Str() == "" || family.Str() == "" {
		_ = d.StrFrom("agent.name", first) || d.StrFrom("agent.name", family)
		return
	}
	d.Str("agent.name", first.Str()+" "+family.Str())
	e.Derived("data.agent.name")
}

// named says whether a snapshot's configuration has a name of the agent.
func named(c jsondoc.Value) bool {
	return c.Member("FirstName").Str() != "" || c.Member("LastName").Str() != ""
}

// state sets a state. Its type says what kind of status the administrator made it.
func state(d jsondoc.Obj, path string, v jsondoc.Value) {
	s, name := d.Object(path), v.Member("Name")
	if !s.StrFrom("name", name) {
		return
	}
	s.StrFrom("code", v.Member("ARN"))
	base, custom := bases.Base(name.Str())
	if base == "unknown" {
		switch v.Member("Type").Str() {
		case "ROUTABLE":
			base = "available"
		case "OFFLINE":
			base = "offline"
		}
	}
	s.Str("base", base)
	s.Bool("custom", custom)
}

// last is the last part of a resource name: arn:aws:connect:…:instance/…/agent/ID.
func last(arn string) string {
	for i := len(arn) - 1; i >= 0; i-- {
		if arn[i] == '/' {
			return arn[i+1:]
		}
	}
	return arn
}
