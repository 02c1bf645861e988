package sdk

import (
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// Events is what receive and transform make: any number of events and, from receive, an answer of its own to the sender.
type Events struct {
	b     jsondoc.Builder
	timed []bool // of each event: whether it has a time; to ask the document would cost the gateway a copy of all of it
}

func (s *Events) reset() {
	s.b.Reset()
	s.timed = s.timed[:0]
}

func (s *Events) add(timed bool) Event {
	s.timed = append(s.timed, timed)
	return Event{s.b.Root().AppendObject("events"), s, len(s.timed) - 1}
}

// Add adds an event of that type (agent.state.changed).
func (s *Events) Add(eventType string) Event {
	e := s.add(false)
	e.o.Str("type", eventType)
	return e
}

// Copy adds an event equal to in, to be changed from there.
func (s *Events) Copy(in *Incoming) Event {
	e := s.add(in.root.Member("time").Exists())
	e.o.Merge(in.root)
	return e
}

// Reply answers the sender with that status and body in place of the gateway's 202, as handshakes ask for.
func (s *Events) Reply(status int, body string) Reply {
	r := Reply{s.b.Root().Object("reply")}
	r.o.Int("status", int64(status))
	r.o.Str("body", body)
	return r
}

// Reply is an answer to the sender of a webhook.
type Reply struct{ o jsondoc.Obj }

// Header sets a header line of the answer.
func (r Reply) Header(name, value string) Reply {
	r.o.Object("headers").Str(jsondoc.Key(name), value)
	return r
}

// Event is a CloudEvent in the making. Attributes that are "" are left out; the gateway adds specversion, and id, time
// and source where they are missing.
type Event struct {
	o jsondoc.Obj
	s *Events
	n int // of s
}

// ID sets the id: stable for one occurrence at the vendor, equal on every repeat.
func (e Event) ID(id string) { e.o.Str("id", id) }

// IDFrom asks the gateway to make the id by hashing those parts.
func (e Event) IDFrom(parts ...string) { e.o.Append("id_from", parts...) }

// IDFromData asks the gateway to make the id by hashing what the event says: source, cctype, time and data, without what is
// derived. It is for a message that has no id of its own and nothing to make one of; what encode rebuilds has the same.
func (e Event) IDFromData() { e.o.Str("id_from", "data") }

// Origin sets source to /vendor/account, and ccvendor and ccaccount.
func (e Event) Origin(vendor, account string) {
	e.o.Str("ccvendor", vendor)
	e.o.Str("ccaccount", account)
	if account != "" {
		e.o.Str("source", join("/", vendor, "/", account))
	}
}

// Source sets the source to something else than Origin does.
func (e Event) Source(source string) { e.o.Str("source", source) }

// Type changes the type.
func (e Event) Type(eventType string) { e.o.Str("type", eventType) }

// VendorType sets cctype: the vendor's own name for the type, unchanged.
func (e Event) VendorType(t string) { e.o.Str("cctype", t) }

// Subject sets the subject to kind/id, agent/8447388090494, and the ordering key to the same; nothing when id is "".
func (e Event) Subject(kind, id string) {
	if id != "" {
		s := join(kind, "/", id)
		e.o.Str("subject", s)
		e.o.Str("partitionkey", s)
	}
}

// Time sets when it happened, from an RFC 3339 time in any zone. It is false, and sets nothing, when it is none.
func (e Event) Time(t string) bool { return e.timed(e.o.Time("time", t)) }

// TimeFrom is Time for a value of a document, which it marks as carried if it is a time.
func (e Event) TimeFrom(v jsondoc.Value) bool { return e.timed(e.o.TimeFrom("time", v)) }

// Instant is Time for an instant.
func (e Event) Instant(t rfc3339.Time) {
	e.o.Instant("time", t)
	e.timed(true)
}

func (e Event) timed(set bool) bool {
	e.s.timed[e.n] = e.s.timed[e.n] || set
	return set
}

// Received sets ccreceived, the time of receipt. Where the vendor did not say when it happened, that is the time too,
// and data.derived says so.
func (e Event) Received(t string) {
	e.o.Time("ccreceived", t)
	if !e.s.timed[e.n] && e.Time(t) {
		e.Derived("time")
	}
}

// Derived adds to data.derived: the paths of what was computed rather than read (time, data.call.ended_at).
func (e Event) Derived(paths ...string) { e.o.Append("data.derived", paths...) }

// Echo says of which effect (Outgoing.Effect) the event would be the echo: what it reports, in the words that the plugin has
// for deliveries to the same system. It is no part of the event. Without it the state of an agent is compared by its name.
func (e Event) Echo(key, value string) {
	e.o.Str("echo.key", key)
	e.o.Str("echo.value", value)
}

// Attribute sets an extension attribute; CloudEvents allows lower-case letters and digits in its name.
func (e Event) Attribute(name, value string) {
	e.o.Str(jsondoc.Key(name), value)
	e.timed(name == "time" && value != "")
}

// Remove takes away an attribute or what stands at a path: data.agent.email.
func (e Event) Remove(path string) {
	e.o.Remove(path)
	if path == "time" {
		e.s.timed[e.n] = false
	}
}

// Data is the event's content.
func (e Event) Data() jsondoc.Obj { return e.o.Object("data") }
