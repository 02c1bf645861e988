package main

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// TestRouteFields lists what a type and a vendor's trigger have, with the vendors' words for it.
func TestRouteFields(t *testing.T) {
	file := gatewaytest.Shipped(t)
	for _, test := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--type", "call.ended"}, 0, "data.call.timings.hold_seconds  number  {{hold_time}} {{holding_time}}\n"},
		{[]string{"--trigger", "an inbound call ENDS."}, 0, "FIELD OF call.ended"},
		{[]string{"--trigger", "SLA breach"}, 0, "data.ticket.sla.remaining_minutes  number  {sla_remaining_minutes}\n"},
		{[]string{"--type", "ticket.created", "--json"}, 0, `{"path":"data.ticket.custom_fields","kind":"object","words":["{custom_field_N}"]}`},
		{[]string{"--type", "call.exploded"}, 1, "there are agent."},
		{[]string{"--trigger", "A chat starts"}, 1, `no plugin has a trigger "A chat starts"; there are: `},
		{nil, 1, "--type wants a canonical type"},
	} {
		status, said, errs := command(t, append([]string{"routes", "fields", "--config", file}, test.args...)...)
		said = strings.Join(strings.Fields(said+errs), " ")
		if want := strings.Join(strings.Fields(test.want), " "); status != test.status || !strings.Contains(said, want) {
			t.Errorf("%v: %d, want %s\n%s", test.args, status, want, said)
		}
	}
}
