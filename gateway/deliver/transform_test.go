package deliver_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/wasm"
)

func TestTransforms(t *testing.T) {
	tests := []struct {
		name  string
		via   []wasm.Plugin
		class deliver.Class
		sent  []string // webhook-id and type
	}{
		{"none", nil, deliver.Delivered, []string{"ev-1 agent.state.changed"}},
		{"one for one", []wasm.Plugin{transform(`{"events":[{"type":"a"}]}`)}, deliver.Delivered, []string{"ev-1 a"}},
		{"one after the other", []wasm.Plugin{transform(`{"events":[{"type":"a"}]}`), transform(`{"events":[{"type":"b"}]}`)}, deliver.Delivered, []string{"ev-1 b"}},
		{"with an id", []wasm.Plugin{transform(`{"events":[{"type":"a","id":"other"}]}`)}, deliver.Delivered, []string{"other a"}},
		{"none left", []wasm.Plugin{transform(`{"events":[]}`)}, deliver.Dropped, nil},
		{"nothing said", []wasm.Plugin{transform(`{}`)}, deliver.Dropped, nil},
		{"nonsense", []wasm.Plugin{transform(`{"events":7}`)}, deliver.Retry, nil},
		{"dropped", []wasm.Plugin{&scripted{name: "t", transform: stops(wasm.Dropped, "not ours")}}, deliver.Dropped, nil},
		{"too many", []wasm.Plugin{transform(`{"events":[` + strings.Repeat(`{"type":"a"},`, 100) + `{"type":"a"}]}`)}, deliver.Dead, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := &answers{list: []any{200, 200, 200}}
			d := destination(t, x, func(o *deliver.Options) { o.Via = map[string][]wasm.Plugin{"r": tt.via} })
			got := d.Attempt(t.Context(), owed())
			if got.Class != tt.class {
				t.Errorf("%v %q, want %v", got.Class, got.Reason, tt.class)
			}
			var sent []string
			for _, r := range x.got {
				_, kind, _ := strings.Cut(string(r.Body), `"type":"`)
				kind, _, _ = strings.Cut(kind, `"`)
				sent = append(sent, r.Header.Get("Webhook-Id")+" "+kind)
			}
			if diff := cmp.Diff(tt.sent, sent); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Of several events each has its own id, the same one at every attempt, and the first that fails decides.
func TestSeveralEvents(t *testing.T) {
	two := transform(`{"events":[{"type":"a"},{"type":"b"}]}`)
	ids := make([]string, 2)
	for i := range ids {
		x := &answers{list: []any{200, 503}}
		d := destination(t, x, func(o *deliver.Options) { o.Via = map[string][]wasm.Plugin{"r": {two}} })
		if got := d.Attempt(t.Context(), owed()); got.Class != deliver.Retry || len(got.Requests) != 2 {
			t.Errorf("%+v", got)
		}
		a, b := x.got[0].Header.Get("Webhook-Id"), x.got[1].Header.Get("Webhook-Id")
		if a == b || a == "" || b == "" {
			t.Errorf("ids %q and %q", a, b)
		}
		ids[i] = a + " " + b
	}
	if ids[0] != ids[1] {
		t.Errorf("the ids changed from %q to %q", ids[0], ids[1])
	}
}

func transform(doc string) wasm.Plugin { return &scripted{name: "t", transform: says(doc)} }
