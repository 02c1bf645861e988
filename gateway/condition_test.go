package gateway_test

import (
	"errors"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// A mistake in an expression is told with its place in the file, within the expression, all of them in one run.
func TestFaultsWithinExpressions(t *testing.T) {
	file := gatewaytest.Write(t, `[sources.a]
verify = { scheme = "none" }
[destinations.there]
url = "https://there.example.com"
order_by = "data.agent.it"
[[routes]]
name = "lines"
when = '''
type == "ticket.created" &&
  data.state.bse == "x"'''
to = ["there"]
[[routes]]
name = "escapes"
when = "type == \"ü\" && any(data.agent.tags, data.agent.name contains #)"
to = ["there"]
`)
	err := gateway.Check(t.Context(), gateway.Options{ConfigFile: file})
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Fatal(err)
	}
	for i, want := range []struct{ line, column int }{{5, 24}, {10, 14}, {14, 47}} {
		if f := faults[i]; f.Line != want.line || f.Column != want.column {
			t.Errorf("%v: want it at %d:%d", f, want.line, want.column)
		}
	}
}
