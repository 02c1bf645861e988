package edge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/edge"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// What a failed plugin means to the sender, and that its request is never lost.
func TestPluginFailures(t *testing.T) {
	fail := func(k wasm.Kind) plugin {
		return plugin{func(wasm.Input) (string, error) {
			return "", &wasm.Error{Plugin: "acme", Function: "receive", Kind: k, Reason: "because of that"}
		}}
	}
	writes := func(output string) plugin { return plugin{func(wasm.Input) (string, error) { return output, nil }} }
	tests := []struct {
		name   string
		plugin plugin
		status int
		answer string
		aside  string // reason in the store
	}{
		{"rejected", fail(wasm.Rejected), 400, `{"error":"because of that"}`, ""},
		{"dropped", fail(wasm.Dropped), 202, `{"id":"","events":[],"deliveries":0}`, ""},
		{"later", fail(wasm.RetryLater), 503, `{"error":"because of that"}`, ""},
		{"stopped", fail(wasm.Stopped), 503, `{"error":"because of that"}`, ""},
		{"trapped", fail(wasm.Trapped), 202, `"aside":true`, "trapped: because of that"},
		{"limited", fail(wasm.Limited), 202, `"aside":true`, "over its limit"},
		{"unsupported", fail(wasm.Unsupported), 202, `"aside":true`, "unsupported"},
		{"gave up", fail(wasm.GaveUp), 202, `"aside":true`, "gave up"},
		{"another error", plugin{func(wasm.Input) (string, error) { return "", fmt.Errorf("odd") }}, 202, `"aside":true`, "odd"},
		{"no output", writes(""), 202, `"aside":true`, "not JSON"},
		{"bad event", writes(`{"events":[{"type":"t"},{}]}`), 202, `"aside":true`, "events[1]: type is missing"},
		{"nothing", writes(`{"events":[]}`), 202, `{"id":"","events":[],"deliveries":0}`, ""},
		{"handshake", writes(`{"reply":{"status":200,"headers":{"content-type":"text/plain"},"body":"challenge"}}`), 200, `challenge`, ""},
		{"handshake with an event", writes(`{"events":[{"type":"t"}],"reply":{"status":418,"body":"tea"}}`), 418, `tea`, ""},
	}
	g := start(t, nil)
	for _, tt := range tests {
		before, _ := g.queue.Rejected(t.Context(), queue.Filter{})
		g.server.Swap(pipeline(t, []edge.Source{{Config: &config.Source{Name: "s", Path: "/s", Plugin: "acme", Verify: none()}, Plugin: tt.plugin}}, nil))
		status, answer, h := g.send("POST", "/s", `{"a":1}`)
		if status != tt.status || !strings.Contains(answer, tt.answer) {
			t.Errorf("%s: %d %s, want %d %s", tt.name, status, answer, tt.status, tt.answer)
		}
		if (status == 503) != (h.Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After %q", tt.name, h.Get("Retry-After"))
		}
		after, err := g.queue.Rejected(t.Context(), queue.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if (tt.aside != "") != (len(after.Items) == len(before.Items)+1) {
			t.Errorf("%s: %d requests aside, before %d", tt.name, len(after.Items), len(before.Items))
		} else if tt.aside != "" && !strings.Contains(after.Items[0].Reason, tt.aside) {
			t.Errorf("%s: reason %q, want %q", tt.name, after.Items[0].Reason, tt.aside)
		}
	}
	if n := len(g.events()); n != 1 {
		t.Errorf("%d events stored, want the handshake's one", n)
	}
	aside, err := g.queue.Rejected(t.Context(), queue.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range aside.Items {
		if raw, err := event.DecodeRaw(r.Raw); err != nil || string(raw.Body) != `{"a":1}` {
			t.Errorf("set aside without its body: %v", err)
		}
	}
}

func TestFacts(t *testing.T) {
	got := map[string]string{}
	asks := plugin{func(in wasm.Input) (string, error) {
		for _, name := range []string{"function", "source", "method", "path", "query", "remote_addr", "received_at", "config", "header.x-one", "header.X-ONE",
			"header.authorization", "header.cookie", "header.x-hook-key", "header.content-encoding", "header.none", "attempt"} {
			if value, ok := in.Facts.Fact(name); ok {
				got[name] = string(value)
			}
		}
		return `{}`, nil
	}}
	way := config.Verify{Scheme: "header", Header: "X-Hook-Key", Secrets: zendeskWay()[0].Secrets}
	p := pipeline(t, []edge.Source{{Config: &config.Source{Name: "s", Path: "/s", Plugin: "acme", Verify: []config.Verify{way}}, Plugin: asks}}, nil)
	r := p.Read(t.Context(), &edge.Request{Method: "POST", Path: "/s", Query: "a=b", RemoteAddr: "192.0.2.7", Body: []byte(`{}`), Headers: []event.Header{
		{Name: "x-one", Value: "1"}, {Name: "authorization", Value: "Bearer x"}, {Name: "cookie", Value: "x"}, {Name: "x-hook-key", Value: way.Secrets[0].Reveal()}, {Name: "content-encoding", Value: "identity"},
	}}, time.Date(2025, 3, 4, 8, 0, 2, 5e8, time.UTC))
	if r.Refused() {
		t.Fatal(r.Reason)
	}
	want := map[string]string{"function": "receive", "source": "s", "method": "POST", "path": "/s", "query": "a=b", "remote_addr": "192.0.2.7",
		"received_at": "2025-03-04T08:00:02.5Z", "header.x-one": "1", "header.X-ONE": "1", "header.content-encoding": "identity"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a plugin says is freed of the secrets it was given, wherever it ends up.
func TestPluginCannotTellSecrets(t *testing.T) {
	var vault secret.Vault
	placeholder := vault.Grant("hook.key", secret.New("s3cr3t-value"))
	for _, kind := range []wasm.Kind{wasm.Rejected, wasm.Dropped, wasm.RetryLater, wasm.Trapped} {
		tells := plugin{func(wasm.Input) (string, error) {
			return "", &wasm.Error{Plugin: "acme", Kind: kind, Reason: "the key is " + placeholder + " or s3cr3t-value"}
		}}
		p := pipeline(t, []edge.Source{{Config: &config.Source{Name: "s", Path: "/s", Plugin: "acme", Verify: none(), Vault: &vault}, Plugin: tells}}, nil)
		r := p.Read(t.Context(), &edge.Request{Method: "POST", Path: "/s", Body: []byte(`{}`)}, received)
		if !strings.Contains(r.Reason, "the key is {{secret.hook.key}} or {{secret.hook.key}}") {
			t.Errorf("%s: %q", kind, r.Reason)
		}
		if r.Aside != nil && r.Aside.Reason != r.Reason {
			t.Errorf("%s: set aside with %q", kind, r.Aside.Reason)
		}
	}
}
