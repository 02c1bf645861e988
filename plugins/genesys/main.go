// Plugin genesys reads Genesys Cloud's notifications into canonical events. Genesys sends them to subscribers over a
// WebSocket or to Amazon EventBridge, not to a webhook: something has to post them here, one to a request, as they are.
//
//	{"topicName": "v2.users.{id}.activity", "eventBody": {…}}                      what a subscriber gets
//	{"detail-type": "…", "detail": {"topicName": "…", "eventBody": {…}}}           what EventBridge hands on
//
// Notifications are snapshots: how things are now. The plugin remembers each user's last state, so that it knows what it was
// before, and a snapshot in which no state changed is vendor.unmapped, with the state, and no change of it.
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
	vendor   = "genesys"
	unmapped = "vendor.unmapped"

	usersTopic = "v2.users."
	talksTopic = "v2.detail.events.conversation."
)

func read(r *sdk.Request, out *sdk.Events) error {
	doc, err := r.JSON()
	if err != nil {
		return sdk.Fail("body is not JSON: " + err.Error())
	}
	m := message{root: doc.Root(), notice: doc.Root()}
	if d := m.root.Member("detail"); sdk.Identifier(d.Member("topicName")) != "" {
		m.notice = d
	}
	m.body = m.notice.Member("eventBody")
	m.topic = sdk.Identifier(m.notice.Member("topicName"))
	m.fill(r, out)
	return nil
}

// message is one notification while it becomes an event.
type message struct {
	root, notice, body jsondoc.Value
	topic              string
	timed              bool // the time is set
	out                sdk.Event
	data               jsondoc.Obj
}

func (m *message) fill(r *sdk.Request, out *sdk.Events) {
	user, what := between(m.topic, usersTopic)
	talk, step := between(m.topic, talksTopic)
	m.out = out.Add(unmapped)
	m.data = m.out.Data()
	m.identify()
	switch {
	case user != "":
		m.data.Str("agent.id", user)
		m.out.Subject("agent", user)
		if v := m.body.Member("id"); v.Str() == user {
			v.Carry()
		}
		if now, ok := m.stateOf(what); ok {
			m.state(user, what, now)
		}
	case talk != "":
		m.conversation(talk, step)
	}
	m.when(r)
	sdk.Keep(m.data, "extensions."+vendor, m.root)
}

// identify sets what says which event this is: EventBridge numbers what it hands on; elsewhere it is what a notification says.
func (m *message) identify() {
	m.out.Origin(vendor, sdk.Config().Member("account").Str())
	m.out.VendorType(m.topic)
	if m.topic != "" {
		m.notice.Member("topicName").Carry()
		if d := m.root.Member("detail-type"); m.bridged() && d.Str() == m.topic {
			d.Carry()
		}
	}
	if id := m.root.Member("id"); m.bridged() && sdk.Identifier(id) != "" {
		m.out.ID(sdk.Identifier(id))
		id.Carry()
		return
	}
	m.out.IDFromData()
}

// bridged says that EventBridge's envelope is around it.
func (m *message) bridged() bool { return m.notice != m.root }

// between takes a topic apart: what stands between the prefix and the next dot, and what follows.
func between(topic, prefix string) (id, rest string) {
	if len(topic) <= len(prefix) || topic[:len(prefix)] != prefix {
		return "", ""
	}
	rest = topic[len(prefix):]
	for i := range len(rest) {
		if rest[i] == '.' {
			return rest[:i], rest[i+1:]
		}
	}
	return rest, ""
}
