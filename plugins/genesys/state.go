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
	routing, presence := m.body.Member("routingStatus"), m.body
	if what == "activity" {
		presence = m.body.Member("presence")
	}
	shown := snapshot{"unified", presence.Get("presenceDefinition.systemPresence"), presence.Get("presenceDefinition.id"), presence.Member("modifiedDate")}
	queue := snapshot{"acd", routing.Member("status"), jsondoc.Value{}, routing.Member("startTime")}
	if routing.Kind() != jsondoc.Object {
		queue.name = m.body.Member("status")
		queue.since = m.body.Member("startTime")
	}
	now := shown
	switch {
	case what == "routingStatus", what == "routingstatus":
		now = queue
	case what == "activity" && routing.Member("status").Exists() && (sdk.SameName(shown.name.Str(), "ON_QUEUE") || sdk.SameName(shown.name.Str(), "On Queue") || !shown.name.Exists()):
		now = queue
	case what != "activity" && what != "presence":
		return now, false
	}
	return now, plain(now.name) != ""
}

// change makes the event a change of state, if the state is another than the last one.
func (m *message) change(user string, now snapshot) {
	name, key := now.name.Str(), "state/"+now.scope+"/"+user
	before, known := sdk.State(key)
	if known && before == name {
		return
	}
	sdk.SetState(key, name, 0)
	m.out.Type("agent.state.changed")
	m.data.Str("scope", now.scope)
	m.data.StrFrom("state.name", now.name)
	m.data.StrFrom("state.code", now.code)
	m.base("state", now.scope, name)
	if known {
		m.data.Str("previous_state.name", before)
		m.base("previous_state", now.scope, before)
		m.out.Derived("data.previous_state")
	}
	m.timed = m.out.TimeFrom(now.since)
}

func (m *message) base(path, scope, name string) {
	base, custom := bases.Base(name)
	if scope == "unified" && base == "available" && sdk.SameName(name, "idle") && !sdk.Config().Get("status_base").Exists() {
		base = "unavailable" // the presence of somebody who does nothing; the routing state of the same name waits for calls
	}
	m.data.Str(path+".base", base)
	m.data.Bool(path+".custom", custom)
}

// when sets the time, unless the state's own is known.
func (m *message) when(r *sdk.Request) {
	for _, v := range [...]jsondoc.Value{m.body.Member("eventTime"), m.notice.Member("timestamp"), m.root.Member("time")} {
		if m.timed {
			break
		}
		if m.timed = m.out.TimeFrom(v); m.timed {
			break
		}
		if n, ok := v.Int(); ok && n > 1e11 && n < 1e14 { // milliseconds
			m.timed = m.out.Time(string(rfc3339.Append(nil, rfc3339.Time{Sec: n / 1000, Nsec: int32(n%1000) * 1e6})))
			v.Carry()
		}
	}
	m.out.Received(r.ReceivedAt())
}
