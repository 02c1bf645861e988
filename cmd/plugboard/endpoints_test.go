package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEndpointCommands(t *testing.T) {
	in := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("webhook-signature") == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(in.Close)
	config := startRun(t, `
[sources.desk]
verify = { scheme = "none" }
echo_of = ["there"]
[destinations.there]
url = "`+in.URL+`"
allow_http = true
allow_private = true
[[routes]]
name = "to there"
to = ["there"]
`)
	run := func(want int, shows string, args ...string) string {
		t.Helper()
		status, said, errs := command(t, append(args, "--config", config)...)
		if status != want || !strings.Contains(said+errs, shows) {
			t.Fatalf("plugboard %s: status %d, want %d and %q\n%s%s", strings.Join(args, " "), status, want, shows, said, errs)
		}
		return said
	}
	said := run(0, "whsec_", "endpoints", "add", "--url", in.URL, "--types", "order.*,ticket.*", "--description", "the shop", "--set", "allow_http=true", "--set", "allow_private=true")
	id, _, _ := strings.Cut(said, " ")
	run(0, "the shop", "endpoints", "list")
	run(0, "the shop", "endpoints")
	run(0, `"[redacted]"`, "endpoints", "show", id)
	run(0, "delivered in", "endpoints", "test", id)
	run(0, id, "endpoints", "change", id, "--when", `type == "order.paid"`)
	run(0, "", "endpoints", "disable", id)
	run(0, "disabled", "endpoints", "list", "--status", "disabled")
	run(0, "", "endpoints", "enable", id)
	run(1, "/when: ", "endpoints", "change", id, "--when", "nonsense(")
	run(0, "whsec_", "endpoints", "add", "--url", in.URL+"/ringing", "--types", "call.ringing", "--plugin", "ziwo", "--set", `config={"action":"webhook"}`,
		"--set", "allow_http=true", "--set", "allow_private=true") // as Ziwo's customers register a URL for an event
	run(1, "/config/action: ", "endpoints", "add", "--url", "https://example.com", "--plugin", "ziwo", "--set", `config={"action":"hook"}`)
	operator := strings.TrimSpace(run(0, "pbt_", "token", "create", "an operator", "--role", "operator"))
	t.Setenv("PLUGBOARD_TOKEN", operator)
	run(1, "takes a token with the role admin", "endpoints", "add", "--url", "https://example.com", "--types", "call.ringing", "--plugin", "ziwo", "--set", `config={"action":"webhook"}`)
	run(1, "takes a token with the role admin", "endpoints", "rm", id)
	run(0, "", "endpoints", "disable", id)
	t.Setenv("PLUGBOARD_TOKEN", "")
	run(2, "KEY=JSON", "endpoints", "add", "--set", "timeout=5s")
	run(2, "nothing is said", "endpoints", "add")
	run(0, "", "endpoints", "rm", id)
	run(1, "no such endpoint", "endpoints", "show", id)

	run(1, "dead", "destinations", "test", "there") // unsigned: 401
	run(1, "no such destination", "destinations", "test", "nowhere")
	run(0, "none    0 of there, within 1m0s", "sources")
	run(0, "on", "routes")
	run(0, "", "routes", "disable", "to there")
	run(0, "off (the file says otherwise)", "routes")
	run(0, "", "routes", "enable", "to there")
	run(1, "no such route", "routes", "disable", "x")
}
