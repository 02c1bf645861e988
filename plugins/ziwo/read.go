package main

import (
	"strconv"
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// message is one message of Ziwo's while it becomes an event.
type message struct {
	root  jsondoc.Value
	typ   string // Ziwo's: ringing, agent-connected
	kind  string // canonical: call.ringing
	start rfc3339.Time
	began bool // start is known
	out   sdk.Event
	data  jsondoc.Obj
}

func read(r *sdk.Request, out *sdk.Events) error {
	doc, err := r.JSON()
	if err != nil {
		return sdk.Fail("body is not JSON: " + err.Error()) // and so it is put aside
	}
	m := message{root: doc.Root()}
	m.typ = plain(m.root.Member("type"))
	m.kind = canonicalType(m.typ)
	m.out = out.Add(m.kind)
	m.data = m.out.Data()
	m.out.Origin(vendor, set.account)
	m.take("type")
	m.out.VendorType(m.typ)
	m.started()
	m.identify()
	if m.aboutAgent() {
		m.agent()
	} else {
		m.call()
	}
	m.out.Received(r.ReceivedAt())
	sdk.Keep(m.data, "extensions."+vendor, m.root)
	return nil
}

// aboutAgent tells the two kinds of messages apart; of an unknown type, by its name.
func (m *message) aboutAgent() bool {
	return strings.HasPrefix(m.kind, "agent.") || strings.HasPrefix(m.typ, "agent-")
}

// take gives a field that can serve as an identifier, and marks it as carried; "" for any other.
func (m *message) take(name string) string {
	v := m.root.Member(name)
	s := plain(v)
	if s != "" {
		v.Carry()
	}
	return s
}

// started reads when the call, or what the agent did, began. The epoch has microseconds and goes before the text, which is
// carried too if it says the same as far as it goes.
func (m *message) started() {
	epoch, text := m.root.Member("startedAtEpoch"), m.root.Member("startedAt")
	t, ok := rfc3339.Parse(text.Str())
	if e, has := fromEpoch(epoch); has {
		epoch.Carry()
		m.start, m.began = e, true
		if ok && apart(e, t) < 1_000_000 {
			text.Carry()
		}
		return
	}
	if m.start, m.began = t, ok; ok {
		text.Carry()
	}
}

// fromEpoch reads microseconds since 1970, a text of digits or a number; nothing beyond the years that can be written.
func fromEpoch(v jsondoc.Value) (rfc3339.Time, bool) {
	n, ok := v.Int()
	if !ok || n < 0 || n > 253402300799_000000 {
		return rfc3339.Time{}, false
	}
	return rfc3339.Time{Sec: n / 1_000_000, Nsec: int32(n % 1_000_000 * 1000)}, true
}

// apart is how many nanoseconds lie between two times; a large number if it is more than two seconds.
func apart(a, b rfc3339.Time) int64 {
	if a.Sec-b.Sec > 2 || b.Sec-a.Sec > 2 {
		return 1 << 40
	}
	n := (a.Sec-b.Sec)*1_000_000_000 + int64(a.Nsec-b.Nsec)
	return max(n, -n)
}

// identify sets what makes it one occurrence. A call rings at several agents, each with a leg of its own, so the call's id
// alone does not; of a message that nobody knows all of it does.
func (m *message) identify() {
	what := plain(m.root.Member("callID"))
	if what == "" || strings.HasPrefix(m.kind, "agent.") {
		what = m.root.Member("data").Str()
	}
	began := m.root.Member("startedAtEpoch").Str()
	if began == "" {
		began = m.root.Member("startedAt").Str()
	}
	if m.began {
		began = strconv.FormatInt(m.start.Sec, 10) + "." + strconv.Itoa(int(m.start.Nsec))
	}
	parts := []string{set.account, what, plain(m.root.Member("otherLegCallID")), m.typ, began}
	if m.kind == unmapped {
		parts = append(parts, sdk.RestParts(m.root, "startedAt", "startedAtEpoch")...)
	}
	m.out.IDFrom(parts...)
}

// maxID is the length, in bytes, of what is still taken for an id. The gateway refuses an event with longer attributes.
const maxID = 500

// plain is a value that can serve as an identifier: a text or number without control characters. Anything else is "", and
// stays where it is.
func plain(v jsondoc.Value) string {
	s := sdk.Identifier(v)
	if len(s) > maxID {
		return ""
	}
	return s
}
