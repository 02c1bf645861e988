// Plugin zendesk reads what Zendesk posts into canonical events. It takes both kinds of webhook: event webhooks, whose
// body is a fixed envelope with a type, and webhooks connected to a trigger or automation, whose body an administrator
// wrote.
//
//	body ─► envelope? ─► type known ─► agent.go, ticket.go, user.go ─┐
//	            └──────────► unknown, or no type ─► unmapped.go ─────┴─► what nobody took ─► extensions.zendesk
//
// Every leaf of the body ends in exactly one place: in the field that carries it or, when there is none or when it does
// not read as what the field wants, under extensions. So the plugin never reads a value without either setting a field
// from it (the From methods mark it as carried) or leaving it where it is.
//
// The other direction is in out.go.
//
// It never rejects. Zendesk counts error answers against the webhook and stops sending; a body that cannot be read fails
// the call instead, and the gateway puts the request aside for people to look at.
package main

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(checkConfig) }

//go:wasmexport receive
func receive() int32 { return sdk.Receive(read) }

//go:wasmexport format
func format() int32 { return sdk.Format(write) }

//go:wasmexport judge
func judge() int32 { return sdk.Judge(decide) }

func read(r *sdk.Request, out *sdk.Events) error {
	root, err := content(r)
	if err != nil {
		return err
	}
	m := open(root)
	kind := vendorUnmapped
	if m.enveloped {
		kind = canonicalType(m.name, m.detail)
	}
	m.out = out.Add(kind)
	m.data = m.out.Data()
	m.identify(r)
	m.fill(kind)
	m.when(r)
	if root.Kind() == jsondoc.Object {
		m.data.Rest("extensions.zendesk", root)
	} else {
		m.data.Rest("extensions.zendesk.body", root) // the model wants an object there
	}
	return nil
}

// content reads the body: JSON, or the form that an administrator may choose instead. A webhook with GET or DELETE has
// none, and is still something that happened.
func content(r *sdk.Request) (jsondoc.Value, error) {
	body := r.Body()
	if len(body) == 0 {
		return jsondoc.Value{}, nil
	}
	doc, err := r.JSON()
	if err == nil {
		return doc.Root(), nil
	}
	if strings.HasPrefix(r.Header("content-type"), "application/x-www-form-urlencoded") {
		return r.Form().Root(), nil
	}
	return jsondoc.Value{}, sdk.Fail("body is not JSON: " + err.Error())
}

// fill sets the fields of data that the type has.
func (m *message) fill(kind string) {
	switch {
	case kind == vendorUnmapped:
		m.unmapped()
	case strings.HasPrefix(m.name, "agent."):
		m.agentEvent(kind)
	case strings.HasPrefix(m.name, "ticket."):
		m.ticketEvent(kind)
	default:
		m.userEvent()
	}
}
