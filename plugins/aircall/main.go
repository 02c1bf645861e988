// Plugin aircall reads what Aircall posts into canonical events:
//
//	{"resource": "call", "event": "call.ended", "timestamp": 1741075202, "token": "…", "data": {…}}
//
// The token is a credential: the source's verify checks it (scheme body-token), and no event has it. What no field carries
// is kept under extensions.aircall.
package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

func main() {}

//go:wasmexport init
func start() int32 { return sdk.Init(checkConfig) }

//go:wasmexport receive
func receive() int32 { return sdk.Receive(read) }

const unmapped = "vendor.unmapped"

func read(r *sdk.Request, out *sdk.Events) error {
	doc, err := r.JSON()
	if err != nil {
		return sdk.Fail("body is not JSON: " + err.Error())
	}
	root := doc.Root()
	name := plain(root.Member("event"))
	m := message{root: root, about: root.Member("data"), name: name}
	m.out = out.Add(m.kind())
	m.data = m.out.Data()
	m.identify(r)
	switch {
	case prefixed(name, "call."):
		m.call()
	case prefixed(name, "user."):
		m.agent(m.about)
		m.out.Subject("agent", plain(m.about.Member("id")))
		if m.kind() == "agent.state.changed" {
			m.state()
		}
	case prefixed(name, "contact."):
		m.contact(m.about)
		m.out.Subject("contact", plain(m.about.Member("id")))
	}
	root.Member("token").Carry()
	if root.Kind() == jsondoc.Object {
		m.data.Rest("extensions.aircall", root)
	} else {
		m.data.Rest("extensions.aircall.body", root)
	}
	return nil
}

// message is one webhook while it becomes an event.
type message struct {
	root, about jsondoc.Value
	name        string
	out         sdk.Event
	data        jsondoc.Obj
}

// identify sets what says which event this is. Aircall numbers no event, so one is known by what it is about and when.
func (m *message) identify(r *sdk.Request) {
	account := sdk.Config().Member("account").Str()
	m.out.Origin("aircall", account)
	m.out.VendorType(m.name)
	if m.name != "" {
		m.root.Member("event").Carry()
	}
	stamp := m.root.Member("timestamp")
	if id := plain(m.about.Member("id")); id != "" && m.name != "" && plain(stamp) != "" {
		m.out.IDFrom(account, m.name, id, plain(stamp))
	} else {
		m.out.IDFrom(account, string(r.Body()))
	}
	built, ok := instant(stamp)
	if ended, known := instant(m.about.Member("ended_at")); ok && known && m.kind() == "call.ended" && m.out.Time(ended) {
		m.data.Time("emitted_at", built) // the message comes half a minute after the call
		stamp.Carry()
	} else if ok && m.out.Time(built) {
		stamp.Carry()
	}
	m.out.Received(r.ReceivedAt())
}

func prefixed(s, prefix string) bool { return len(s) > len(prefix) && s[:len(prefix)] == prefix }
