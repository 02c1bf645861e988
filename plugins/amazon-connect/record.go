package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// record reads one event of the stream.
func record(root jsondoc.Value, r *sdk.Request, out *sdk.Events) {
	kind := root.Member("EventType").Str()
	if kind == "HEART_BEAT" && sdk.Config().Member("heartbeats").Str() != "keep" {
		return
	}
	now, before := root.Member("CurrentAgentSnapshot"), root.Member("PreviousAgentSnapshot")
	e := out.Add(canonicalType(kind, now, before))
	identify(e, root, kind)
	d := e.Data()
	id := last(plain(root.Member("AgentARN"))) // the whole of it stays under extensions
	d.Str("agent.id", id)
	e.Subject("agent", id)
	person := now
	if !person.Member("Configuration").Exists() {
		person = before
	}
	agent(e, person.Member("Configuration"))
	if kind == "LOGIN" || kind == "LOGOUT" || changed(now, before) {
		d.Str("scope", "acd")
		state(d, "state", now.Member("AgentStatus"))
		state(d, "previous_state", before.Member("AgentStatus"))
	}
	e.TimeFrom(root.Member("EventTimestamp"))
	e.Received(r.ReceivedAt())
	if root.Kind() == jsondoc.Object {
		d.Rest("extensions.amazon-connect", root)
	} else {
		d.Rest("extensions.amazon-connect.body", root)
	}
}

// identify sets what says which event this is.
func identify(e sdk.Event, root jsondoc.Value, kind string) {
	account := root.Member("AWSAccountId")
	name := plain(account)
	if name != "" {
		account.Carry()
	} else {
		name = sdk.Config().Member("account").Str()
	}
	e.Origin("amazon-connect", name)
	e.VendorType(kind)
	if kind != "" {
		root.Member("EventType").Carry()
	}
	if id := root.Member("EventId"); plain(id) != "" {
		e.ID(plain(id))
		id.Carry()
		return
	}
	e.IDFrom(name, string(root.Raw()))
}

// canonicalType: a change of state is one of the agent's status. The stream says STATE_CHANGE of much else: contacts come and
// go, settings change.
func canonicalType(kind string, now, before jsondoc.Value) string {
	if own := sdk.Config().Member("types").Member(kind).Str(); own != "" {
		return own
	}
	switch {
	case kind == "LOGIN":
		return "agent.logged_in"
	case kind == "LOGOUT":
		return "agent.logged_out"
	case kind == "STATE_CHANGE" && changed(now, before):
		return "agent.state.changed"
	}
	return unmapped
}

// changed says whether the status is another. Either snapshot may be null.
func changed(now, before jsondoc.Value) bool {
	name := now.Get("AgentStatus.Name").Str()
	return name != "" && name != before.Get("AgentStatus.Name").Str()
}

// agent sets who it is. First and last name stay where they are too: the name is made of them.
func agent(e sdk.Event, c jsondoc.Value) {
	d := e.Data()
	d.StrFrom("agent.username", c.Member("Username"))
	first, family := c.Member("FirstName").Str(), c.Member("LastName").Str()
	name := first
	if first != "" && family != "" {
		name += " "
	}
	if name += family; name != "" {
		d.Str("agent.name", name)
		e.Derived("data.agent.name")
	}
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

// plain is a value that can serve as an identifier; anything else is "" and stays where it is.
func plain(v jsondoc.Value) string {
	if k := v.Kind(); k != jsondoc.String && k != jsondoc.Number {
		return ""
	}
	s := v.Str()
	if len(s) > 512 {
		return ""
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return ""
		}
	}
	return s
}
