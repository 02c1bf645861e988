package event_test

import (
	"slices"
	"testing"

	"github.com/plugboard/plugboard/gateway/event"
)

func TestTypes(t *testing.T) {
	types := event.Types()
	if !slices.IsSorted(types) || len(slices.Compact(slices.Clone(types))) != len(types) || len(types) != 39 {
		t.Errorf("%d types; want 39, each once and in order", len(types))
	}
	for _, known := range types {
		if !event.IsCanonical(known) {
			t.Errorf("%s is not canonical", known)
		}
	}
	for _, other := range []string{"", "agent", "agent.*", "agent.state.change", "Agent.state.changed", "zzz"} {
		if event.IsCanonical(other) {
			t.Errorf("%q is canonical", other)
		}
	}
	types[0] = "changed"
	if event.Types()[0] == "changed" {
		t.Error("the list is not the caller's own")
	}
}
