package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// An administrator registers a URL for one event, as Ziwo's customers do; the URL then gets what Ziwo would send, from Ziwo's
// messages as they came and from other vendors' events in the same form, and nothing of other events. Another URL gets the
// same event in a form of its own. Nobody but an administrator registers anything.
func TestZiwoEndpoints(t *testing.T) {
	t.Parallel()
	ringing, ended, agents, other, rest := newInbox(t), newInbox(t), newInbox(t), newInbox(t), newInbox(t)
	g := start(t, gatewaytest.Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
min_free = "1MiB"
[plugins]
%s
[sources.ziwo]
path   = "/hooks/ziwo/5ca1ab1e"
plugin = "ziwo"
verify = { scheme = "none" }
config = { account = "acme" }
[sources.any]
path = "/in"
verify = { scheme = "none" }
[destinations.rest]
url = %q
allow_http = true
allow_private = true
[[routes]]
name = "unknown"
types = ["vendor.unmapped"]
to = ["rest"]
`, gatewaytest.PluginsTable(t), rest.URL)))

	for _, role := range []string{"operator", "viewer", "sender"} {
		if status := g.status(t, g.makeToken(t, role, role), "POST", "/v1/endpoints"); status != http.StatusForbidden {
			t.Errorf("a %s registers: %d", role, status)
		}
	}
	admin := g.makeToken(t, "ziwo's administrator", "admin")
	register := func(url, settings string) {
		status, _, body := g.call(t, admin, "POST", "/v1/endpoints", fmt.Sprintf(`{"url":%q,"allow_http":true,"allow_private":true,%s}`, url, settings))
		if status != http.StatusCreated {
			t.Fatalf("%s: %d %s", settings, status, body)
		}
	}
	const ziwo = `"plugin":"ziwo","config":{"action":"webhook"},`
	register(ringing.URL+"/ringing", ziwo+`"types":["call.ringing"]`)
	register(ended.URL+"/ended", ziwo+`"types":["call.ended"]`)
	register(agents.URL+"/agents", ziwo+`"types":["agent.*"]`)
	register(other.URL, `"types":["call.ended"],"format":"json","template":"{\"call\":\"{{data.call.id}}\",\"result\":\"{{data.call.outcome}}\"}"`)

	for _, c := range []struct {
		sample string
		to     *inbox
		path   string
	}{
		{"01-call-ringing", ringing, "/ringing"}, {"07-call-anonymous", ringing, "/ringing"}, {"04-call-ended", ended, "/ended"},
		{"09-agent-connected", agents, "/agents"}, {"11-agent-status-break", agents, "/agents"}, {"12-unknown-type", rest, "/"},
	} {
		content, err := os.ReadFile("../plugins/ziwo/testdata/" + c.sample + ".json")
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(mustRequest(t, "POST", g.url("/hooks/ziwo/5ca1ab1e"), string(content), "content-type", "application/json"))
		if err != nil {
			t.Fatal(err)
		}
		if _ = resp.Body.Close(); resp.StatusCode != http.StatusAccepted {
			t.Fatalf("%s: %s", c.sample, resp.Status)
		}
		r := c.to.next(t)
		if r.path != c.path {
			t.Errorf("%s went to %s", c.sample, r.path)
		}
		if c.to == rest {
			continue // the event itself
		}
		sameMessage(t, c.sample, string(content), r.body)
	}
	if r := other.next(t); r.body != `{"call":"7b3d2c10-aaaa-4bbb-8ccc-000000000001","result":"answered"}` {
		t.Errorf("in its own form: %s", r.body)
	}

	g.event(t, "t-1", "call.ended", `{"call":{"id":"c1","customer_number":"+441632960555","direction":"inbound","outcome":"abandoned","timings":{"total_seconds":95}}}`)
	var got map[string]any
	if err := json.Unmarshal([]byte(ended.next(t).body), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"type": "ended", "callID": "c1", "callerIdNumber": "+441632960555", "duration": "95", "result": "no-answer", "direction": "inbound"} {
		if got[name] != want {
			t.Errorf("another vendor's: %s is %v, want %v", name, got[name], want)
		}
	}
	other.next(t)
	for _, in := range []*inbox{ringing, ended, agents, other, rest} {
		in.quiet(t)
	}
}

// sameMessage holds what arrived against what Ziwo sent: all but nulls, which no event keeps.
func sameMessage(t *testing.T, name, sent, arrived string) {
	t.Helper()
	var want, got map[string]any
	if err := json.Unmarshal([]byte(sent), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(arrived), &got); err != nil {
		t.Fatalf("%s: %v in %s", name, err, arrived)
	}
	for key, v := range want {
		if v == nil {
			delete(want, key)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (- sent, + arrived):\n%s", name, d)
	}
}
