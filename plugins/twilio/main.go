// Plugin twilio reads what Twilio TaskRouter sends into canonical events, in both of its ways:
//
//	EventCallbackUrl   a form: EventType, WorkerSid, WorkerActivityName, …            answered 204, as Twilio asks
//	Event Streams      a list of CloudEvents: data.payload has worker_sid, …           one event for each
//
// The same names are spelt in two ways; message.field knows both. Attributes of workers and tasks, JSON as text, stay
// under extensions.twilio as they came.
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

const (
	vendor   = "twilio"
	unmapped = "vendor.unmapped"
)

// prefix stands before the names of TaskRouter's events in Event Streams.
const prefix = "com.twilio.taskrouter."

func read(r *sdk.Request, out *sdk.Events) error {
	if strings.HasPrefix(r.Header("content-type"), "application/x-www-form-urlencoded") {
		root := r.Form().Root()
		m := message{root: root, fields: root}
		m.name = sdk.Identifier(m.field("EventType"))
		m.fill(r, out)
		out.Reply(204, "").Header("content-type", "application/json")
		return nil
	}
	doc, err := r.JSON()
	if err != nil {
		return sdk.Fail("body is neither a form nor JSON: " + err.Error())
	}
	if doc.Root().Kind() != jsondoc.Array {
		stream(doc.Root(), r, out)
		return nil
	}
	for _, one := range doc.Root().Each {
		stream(one, r, out)
	}
	return nil
}

// stream reads one CloudEvent. Published samples have a time in datacontenttype and none in time, so nothing but the type
// is relied on.
func stream(root jsondoc.Value, r *sdk.Request, out *sdk.Events) {
	m := message{root: root, fields: root.Get("data.payload"), snake: true}
	if m.fields.Kind() != jsondoc.Object {
		m.fields = root.Member("data")
	}
	switch m.typ = sdk.Identifier(root.Member("type")); {
	case m.typ == "":
		m.name = sdk.Identifier(m.field("EventType"))
	case strings.HasPrefix(m.typ, prefix):
		m.name = m.typ[len(prefix):]
		if own := m.field("EventType"); own.Str() == m.name {
			own.Carry()
		}
	default:
		m.name = m.typ
	}
	if v := root.Member("specversion"); v.Str() == "1.0" {
		v.Carry()
	}
	m.fill(r, out)
}
