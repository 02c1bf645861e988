// Plugin genesys reads Genesys Cloud's notifications into canonical events. Genesys sends them to subscribers over a
// WebSocket or to Amazon EventBridge, not to a webhook: something has to post them here, one to a request, as they are.
//
//	{"topicName": "v2.users.{id}.activity", "eventBody": {…}}                      what a subscriber gets
//	{"detail-type": "…", "detail": {"topicName": "…", "eventBody": {…}}}           what EventBridge hands on
//
// Notifications are snapshots: how things are now. The plugin remembers each user's last state, so that it knows what it was
// before, and a snapshot in which no state changed is vendor.unmapped and no change of state.
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
	m := message{root: doc.Root(), notice: doc.Root()}
	if d := m.root.Member("detail"); d.Kind() == jsondoc.Object {
		m.notice = d
	}
	m.body = m.notice.Member("eventBody")
	m.topic = plain(m.notice.Member("topicName"))
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
	user, what := between(m.topic, "v2.users.")
	talk, step := between(m.topic, "v2.detail.events.conversation.")
	m.out = out.Add(unmapped)
	m.data = m.out.Data()
	m.identify(r)
	switch {
	case user != "":
		m.data.Str("agent.id", user)
		m.out.Subject("agent", user)
		if v := m.body.Member("id"); v.Str() == user {
			v.Carry()
		}
		if now, ok := m.stateOf(what); ok {
			m.change(user, now)
		}
	case talk != "":
		m.conversation(talk, step)
	}
	m.when(r)
	if m.root.Kind() == jsondoc.Object {
		m.data.Rest("extensions.genesys", m.root)
	} else {
		m.data.Rest("extensions.genesys.body", m.root)
	}
}

// identify sets what says which event this is: EventBridge numbers what it hands on; elsewhere the whole text does.
func (m *message) identify(r *sdk.Request) {
	m.out.Origin("genesys", sdk.Config().Member("account").Str())
	m.out.VendorType(m.topic)
	if m.topic != "" {
		m.notice.Member("topicName").Carry()
		if d := m.root.Member("detail-type"); d.Str() == m.topic {
			d.Carry()
		}
	}
	if id := m.root.Member("id"); m.notice != m.root && plain(id) != "" {
		m.out.ID(plain(id))
		id.Carry()
		return
	}
	m.out.IDFrom(m.topic, string(r.Body()))
}

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
