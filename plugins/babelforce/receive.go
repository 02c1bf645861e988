package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Events of babelforce itself are posted by an HTTP action of its task automation. What such an action sends is written by
// the administrator, so where each value is found is a setting (fields), and so is what a type means (types). The defaults
// read the body that README.md proposes, in which the agent has the members of babelforce's own API.
//
// A leaf that a field carries goes there, any other stays under extensions.babelforce. A placeholder that nobody replaced
// ({{agent.number}}) is no value.

const vendorUnmapped = "vendor.unmapped"

func read(r *sdk.Request, out *sdk.Events) error {
	root, err := content(r)
	if err != nil {
		return err
	}
	dropPlaceholders(root)
	m := message{root: root, vendorType: text(find(root, "type"))}
	kind := m.canonical()
	m.out = out.Add(kind)
	m.data = m.out.Data()
	m.out.VendorType(take(root, "type"))
	account := orDefault(take(root, "account"), sdk.Config().Member("account").Str())
	m.out.Origin("babelforce", account)
	m.agent()
	if kind == "agent.state.changed" {
		m.state()
	}
	m.when(r)
	m.identify(r, account)
	if root.Kind() == jsondoc.Object {
		m.data.Rest("extensions.babelforce", root)
	} else {
		m.data.Rest("extensions.babelforce.body", root)
	}
	return nil
}

// content reads the body: JSON or a form; without one, the parameters of the link.
func content(r *sdk.Request) (jsondoc.Value, error) {
	if len(r.Body()) == 0 {
		return r.QueryFields().Root(), nil
	}
	doc, err := r.JSON()
	if err == nil {
		return doc.Root(), nil
	}
	const form = "application/x-www-form-urlencoded"
	if t := r.Header("content-type"); len(t) >= len(form) && t[:len(form)] == form {
		return r.Form().Root(), nil
	}
	return jsondoc.Value{}, sdk.Fail("body is not JSON: " + err.Error())
}

// message is one request while it becomes an event.
type message struct {
	root       jsondoc.Value
	vendorType string
	out        sdk.Event
	data       jsondoc.Obj
}

// places are where values are found unless fields says otherwise.
var places = [...]struct{ field, path string }{
	{"type", "type"}, {"id", "id"}, {"time", "time"}, {"account", "account"},
	{"agent_id", "agent.id"}, {"source_id", "agent.sourceId"}, {"name", "agent.name"}, {"email", "agent.email"}, {"number", "agent.number"},
	{"presence", "agent.presence.name"}, {"available", "agent.presence.available"},
	{"previous", "previous.name"}, {"previous_available", "previous.available"}, {"reason", ""},
}

// place is where a field is found; "" for nowhere.
func place(field string) string {
	if v := sdk.Config().Member("fields").Member(field); v.Exists() {
		return v.Str()
	}
	for _, p := range places {
		if p.field == field {
			return p.path
		}
	}
	return ""
}

// find follows a field's path. In a form all names are at the top, dots and all.
func find(root jsondoc.Value, field string) jsondoc.Value {
	path := place(field)
	if path == "" {
		return jsondoc.Value{}
	}
	if v := root.Member(path); v.Exists() {
		return v
	}
	return root.Get(path)
}

// text is what can stand in an attribute: a string or number of one line, and not too long. Anything else stays where it is.
func text(v jsondoc.Value) string {
	if k := v.Kind(); k != jsondoc.String && k != jsondoc.Number {
		return ""
	}
	s := v.Str()
	if len(s) > 512 || placeholder(s) {
		return ""
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return ""
		}
	}
	return s
}

// take is a field's text, carried by whatever the caller sets from it.
func take(root jsondoc.Value, field string) string {
	v := find(root, field)
	s := text(v)
	if s != "" {
		v.Carry()
	}
	return s
}

// dropPlaceholders marks those that nobody replaced, so that they are not kept either.
func dropPlaceholders(v jsondoc.Value) {
	switch v.Kind() {
	case jsondoc.Object, jsondoc.Array:
		for _, m := range v.Each {
			dropPlaceholders(m)
		}
	case jsondoc.String:
		if placeholder(v.Str()) {
			v.Carry()
		}
	}
}

// placeholder: {{name}} or {{{name}}}, as babelforce's templates have them.
func placeholder(s string) bool {
	n := len(s)
	return n >= 4 && s[:2] == "{{" && s[n-2:] == "}}"
}
