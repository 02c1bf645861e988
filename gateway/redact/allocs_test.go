//go:build !race

package redact_test

import (
	"testing"

	"github.com/plugboard/plugboard/gateway/redact"
)

// TestUntouchedCostsNothing: the race detector allocates where nothing else does.
func TestUntouchedCostsNothing(t *testing.T) {
	in := []byte(`{"a":{"b":[{"c":1}]}}`)
	f := redact.NewFields([]string{"a.x", "**.y"}, []string{"z"}, key)
	if allocs := testing.AllocsPerRun(100, func() {
		if _, err := f.Document(in); err != nil {
			t.Error(err)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}
