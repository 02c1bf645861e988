package deliver_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/secret"
)

// A scripted attempt goes the same way as a real one, and shows what people may see.
func TestScript(t *testing.T) {
	vault := &secret.Vault{}
	c := &config.Destination{Name: "crm", URL: text("https://crm.example.com"), Vault: vault,
		Headers: map[string]secret.Text{"x-key": {Placeholder: vault.Grant("key", secret.New("canary-value"))}}}
	for _, tt := range []struct {
		auth   config.Auth
		header string // Authorization as shown
		url    string
	}{
		{config.Auth{}, "", "https://crm.example.com/api/v2/agents?sourceId=7"},
		{config.Auth{Type: "bearer", Token: secret.New("canary-token")}, "Bearer [redacted]", "https://crm.example.com/api/v2/agents?sourceId=7"},
		{config.Auth{Type: "basic", Password: secret.New("canary-word")}, "Basic [redacted]", "https://crm.example.com/api/v2/agents?sourceId=7"},
		{config.Auth{Type: "api-key", In: "query", Name: "k", Value: secret.New("canary-key")}, "", "https://crm.example.com/api/v2/agents?sourceId=7&k=[redacted]"},
		{config.Auth{Type: "api-key", In: "header", Name: "authorization", Value: secret.New("canary-key")}, "[redacted]", "https://crm.example.com/api/v2/agents?sourceId=7"},
	} {
		c.Auth = tt.auth
		x := deliver.NewScript(c, []deliver.Response{{Status: 200, Body: []byte(`{"items":[{"id":"a-1"}]}`)}, {Status: 201}})
		d := destination(t, x, func(o *deliver.Options) { o.Config, o.Plugin = c, setPresence(t) })
		if r := d.Attempt(t.Context(), owed()); r.Class != deliver.Delivered || x.Over() || len(x.Sent) != 2 {
			t.Fatalf("%v %q, %d requests, over %v", r.Class, r.Reason, len(x.Sent), x.Over())
		}
		first := x.Sent[0]
		if first.URL != tt.url || first.Header.Get("Authorization") != tt.header || first.Header.Get("X-Key") != "{{secret.key}}" {
			t.Errorf("%s: shown as %s %v", tt.auth.Type, first.URL, first.Header)
		}
		if all := fmt.Sprintf("%+v", x.Sent); strings.Contains(all, "canary") {
			t.Errorf("%s: a secret is in %s", tt.auth.Type, all)
		}
	}
}

func TestScriptRunsOut(t *testing.T) {
	c := conf("https://crm.example.com")
	x := deliver.NewScript(c, nil)
	r := destination(t, x, func(o *deliver.Options) { o.Config = c }).Attempt(t.Context(), owed())
	if !x.Over() || !errors.Is(r.Err, deliver.ErrScriptOver) || len(x.Sent) != 1 || x.Sent[0].Method != http.MethodPost {
		t.Errorf("%+v, sent %+v", r, x.Sent)
	}
}

// Where the real Exchanger would get a new token, the script repeats the request once too.
func TestScriptRefreshes(t *testing.T) {
	c := conf("https://crm.example.com")
	c.Auth.Type = "oauth2-password"
	x := deliver.NewScript(c, []deliver.Response{{Status: 401}, {Status: 401}})
	r := destination(t, x, func(o *deliver.Options) { o.Config = c }).Attempt(t.Context(), owed())
	if r.Class != deliver.Dead || len(x.Sent) != 2 || x.Over() {
		t.Errorf("%v after %d requests", r.Class, len(x.Sent))
	}
}
