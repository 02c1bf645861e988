package gateway_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
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

// What fails for one event alone is told with the same place, and the event goes where the other routes say.
func TestFailingExpressionsHaveAPlace(t *testing.T) {
	file := gatewaytest.Write(t, `[plugins]
dir = "."
[sources.a]
verify = { scheme = "none" }
[destinations.there]
url = "https://there.example.com"
[[routes]]
name = "dear"
when = '''
type == "order" &&
  data["total"] > data["least"]'''
to = ["there"]
[[routes]]
name = "all"
to = ["there"]
`)
	r, err := gateway.Try(t.Context(), gateway.Options{ConfigFile: file}, gateway.Trial{Method: "POST", Target: "/hooks/a",
		Headers: []event.Header{{Name: "content-type", Value: "application/cloudevents+json"}},
		Body:    []byte(`{"specversion":"1.0","id":"1","type":"order","source":"/s","data":{"total":"7"}}`)})
	if err != nil || len(r.Deliveries) != 1 || r.Deliveries[0].Route != "all" || !strings.Contains(r.Reason, "config.toml:11:17 (dear): the expression failed") {
		t.Errorf("%+v, %v", r, err)
	}
}
