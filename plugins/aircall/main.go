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

const (
	vendor       = "aircall"
	unmapped     = "vendor.unmapped"
	callEnded    = "call.ended"
	stateChanged = "agent.state.changed"
)

func read(r *sdk.Request, out *sdk.Events) error {
	doc, err := r.JSON()
	if err != nil {
		return sdk.Fail("body is not JSON: " + err.Error())
	}
	root := doc.Root()
	name := sdk.Identifier(root.Member("event"))
	m := message{root: root, about: root.Member("data"), name: name}
	m.out = out.Add(kindOf(name))
	m.data = m.out.Data()
	m.identify(r)
	switch {
	case prefixed(name, "call."):
		m.call()
	case prefixed(name, "user."):
		m.person("agent.id", m.about, agentFields[:])
		m.out.Subject("agent", sdk.Identifier(m.about.Member("id")))
		if kindOf(name) == stateChanged {
			m.state()
		}
	case prefixed(name, "contact."):
		m.person("contact.id", m.about, contactFields[:])
		m.out.Subject("contact", sdk.Identifier(m.about.Member("id")))
	}
	root.Member("token").Carry()
	sdk.Keep(m.data, "extensions."+vendor, root)
	return nil
}

// message is one webhook while it becomes an event.
type message struct {
	root, about jsondoc.Value
	name        string
	out         sdk.Event
	data        jsondoc.Obj
}

// identify sets what says which event this is. Aircall numbers no event, so one is known by what it is about and when, and
// where that is missing by what it says.
func (m *message) identify(r *sdk.Request) {
	account := sdk.Config().Member("account").Str()
	m.out.Origin(vendor, account)
	m.out.VendorType(m.name)
	if m.name != "" {
		m.root.Member("event").Carry()
	}
	stamp := m.root.Member("timestamp")
	built, ok := instant(stamp)
	if id := sdk.Identifier(m.about.Member("id")); ok && id != "" && m.name != "" {
		m.out.IDFrom(account, m.name, id, built)
	} else {
		m.out.IDFromData()
	}
	if ok {
		stamp.Carry()
	}
	ended, known := instant(places.Of(m.about, "call.ended_at"))
	switch {
	case known && kindOf(m.name) == callEnded && prefixed(m.name, "call."):
		m.out.Time(ended)
		m.data.Time("emitted_at", built) // the message comes half a minute after the call
	case ok:
		m.out.Time(built)
	}
	m.out.Received(r.ReceivedAt())
}

func prefixed(s, prefix string) bool { return len(s) > len(prefix) && s[:len(prefix)] == prefix }
