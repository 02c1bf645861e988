package vendors_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// TestForeignEvents: asked for the message of another vendor's event, encode either refuses, in its own words, or makes one of
// which receive makes an event of the same type about the same agent.
func TestForeignEvents(t *testing.T) {
	plugins := open(t)
	all := 0
	for _, p := range plugins {
		taken, refused := 0, 0
		for _, other := range plugins {
			if other == p {
				continue
			}
			for _, c := range other.cases {
				events, err := other.receive(t, c.request)
				if err != nil {
					continue
				}
				for _, e := range events {
					if p.takes(t, other.name+" "+c.name, e) {
						taken++
					} else {
						refused++
					}
				}
			}
		}
		all += taken
		t.Logf("%s: %d taken, %d refused", p.name, taken, refused)
	}
	if all == 0 {
		t.Error("nobody takes any other vendor's event; the test shows nothing")
	}
}

// takes sends another vendor's event round.
func (p *plugin) takes(t *testing.T, name string, ev []byte) bool {
	t.Helper()
	r := p.cases[0].request
	doc, err := p.encode(t, r, ev)
	if err != nil {
		var e *wasm.Error
		if !errors.As(err, &e) || e.Kind != wasm.Rejected && e.Kind != wasm.GaveUp && e.Kind != wasm.Dropped {
			t.Errorf("%s as %s: %v", name, p.name, err)
		}
		return false
	}
	m, err := gateway.ReadMessage(doc)
	if err != nil {
		t.Errorf("%s as %s: %v", name, p.name, err)
		return false
	}
	back, err := p.receive(t, asRequest(r, m))
	if err != nil || len(back) != 1 {
		t.Errorf("%s as %s: %d events, %v\n%s ? %s", name, p.name, len(back), err, m.Body, m.Query)
		return false
	}
	was, is := tree(t, ev).(map[string]any), tree(t, back[0]).(map[string]any)
	if at(was, "data", "state", "name") == nil && strings.HasPrefix(fmt.Sprint(was["type"]), "agent.state") {
		return true // without a state there is little to say
	}
	if was["type"] != is["type"] && !session(was, is) {
		t.Errorf("%s as %s: type was %v and is %v\n%s ? %s", name, p.name, was["type"], is["type"], m.Body, m.Query)
	}
	if at(was, "data", "agent", "id") != nil && strings.HasPrefix(fmt.Sprint(was["subject"]), "agent/") && !sameAgent(was, is) {
		t.Errorf("%s as %s: subject was %v and is %v\n%s ? %s", name, p.name, was["subject"], is["subject"], m.Body, m.Query)
	}
	return true
}

// session says that a change to or from offline came back as what it is elsewhere: the end or the beginning of a session.
func session(was, is map[string]any) bool {
	return was["type"] == "agent.state.changed" && (is["type"] == "agent.logged_out" && at(was, "data", "state", "base") == "offline" ||
		is["type"] == "agent.logged_in" && at(was, "data", "previous_state", "base") == "offline")
}

// sameAgent says that an event is about an agent whom the other knows too: by id, or by the number or name that a vendor has
// in its place.
func sameAgent(was, is map[string]any) bool {
	whom := strings.TrimPrefix(strings.TrimPrefix(fmt.Sprint(is["subject"]), "agent/"), "phone:")
	known, _ := at(was, "data", "agent").(map[string]any)
	for _, v := range known {
		if whom == fmt.Sprint(v) {
			return true
		}
	}
	return false
}

// at follows names; nil where they lead nowhere.
func at(v any, names ...string) any {
	for _, name := range names {
		o, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = o[name]
	}
	return v
}
