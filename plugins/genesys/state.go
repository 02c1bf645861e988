package main

import (
	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// snapshot is a user's state in one notification.
type snapshot struct {
	scope string
	name  jsondoc.Value
	code  jsondoc.Value // absent: none
	since jsondoc.Value // absent: not said
}

// stateOf finds the state in what a topic of a user says: how available for the queues (routingStatus), the presence that
// everybody sees, or both (activity). Of both the routing counts for who is on queue, else the presence.
func (m *message) stateOf(what string) (snapshot, bool) {
	presence := m.body
	queue := snapshot{scope: "acd", name: places.Of(m.body, "routing.status"), since: places.Of(m.body, "routing.since")}
	switch what {
	case "routingStatus", "routingstatus":
		if sdk.Identifier(queue.name) == "" {
			queue.name, queue.since = m.body.Member("status"), m.body.Member("startTime")
		}
		return queue, sdk.Identifier(queue.name) != ""
	case "activity":
		presence = places.Of(m.body, "presence")
	case "presence":
	default:
		return snapshot{}, false
	}
	shown := snapshot{"unified", places.Of(presence, "presence.name"), places.Of(presence, "presence.code"), places.Of(presence, "presence.since")}
	name := sdk.Identifier(shown.name)
	if what == "activity" && sdk.Identifier(queue.name) != "" && (name == "" || sdk.SameName(name, onQueue)) {
		return queue, true
	}
	return shown, name != ""
}

// onQueue is the presence of who takes calls.
const onQueue = "ON_QUEUE"

// state sets the state, and makes the event a change of it if it is another than the last one.
func (m *message) state(user, what string, now snapshot) {
	name, key := now.name.Str(), "state/"+now.scope+"/"+user
	m.data.Str("scope", now.scope)
	m.data.StrFrom("state.name", now.name)
	m.data.StrFrom("state.code", now.code)
	m.base("state", now.scope, name)
	m.timed = m.out.TimeFrom(now.since)
	before, known := sdk.State(key)
	if known && before == name {
		return
	}
	sdk.SetState(key, name, 0)
	m.out.Type(topicType(what))
	if known {
		m.data.Str("previous_state.name", before)
		m.base("previous_state", now.scope, before)
		m.out.Derived("data.previous_state")
	}
}

// topicType is the canonical type of a change that a user's topic reports: the connection's own table first.
func topicType(what string) string {
	if own := sdk.Config().Member("types").Member(what).Str(); own != "" {
		return own
	}
	return "agent.state.changed"
}

func (m *message) base(path, scope, name string) {
	table := bases
	if scope == "unified" {
		table = presences
	}
	base, custom := table.Base(name)
	m.data.Str(path+".base", base)
	m.data.Bool(path+".custom", custom)
}

// when sets the time, unless the state's own is known.
func (m *message) when(r *sdk.Request) {
	for _, v := range [...]jsondoc.Value{places.Of(m.body, "time"), m.notice.Member("timestamp"), m.root.Member("time")} {
		if m.timed {
			break
		}
		if m.timed = m.out.TimeFrom(v); m.timed {
			break
		}
		if n, ok := v.Int(); ok && n > minMillis && n < maxMillis {
			m.timed = m.out.Time(string(rfc3339.Append(nil, rfc3339.Time{Sec: n / 1000, Nsec: int32(n%1000) * 1e6})))
			v.Carry()
		}
	}
	m.out.Received(r.ReceivedAt())
}

// What lies between is taken for a time in milliseconds.
const minMillis, maxMillis = 1e11, 1e14
