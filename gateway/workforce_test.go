package gateway_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// A workforce system that takes RingCX's feed gets it from Zendesk's agents: a login, which Zendesk does not report, and then the
// state, with the destination's headers and credentials; the second message is tried again alone. RingCX posts the same
// feed itself, in both of its forms, and its question whether somebody is there is answered as it wants it.
func TestWorkforceFeed(t *testing.T) {
	t.Parallel()
	there := newInbox(t)
	g := start(t, gatewaytest.Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
min_free = "1MiB"
[plugins]
%s
[sources.any]
path = "/in"
verify = { scheme = "none" }
[sources.wfm]
path   = "/hooks/wfm"
plugin = "wfm-ringcx"
verify = { scheme = "basic", username = "gateway", password = "not-a-real-secret" }
config = { timezone = "Europe/Berlin" }
[sources.subscription]
plugin = "wfm-ringcx"
path   = "/hooks/subscription-5ca1ab1e"
verify = { scheme = "none" }
config = { mode = "agent-state-subscription" }
[destinations.workforce]
plugin  = "wfm-ringcx"
url     = "%s/feed"
auth    = { type = "basic", username = "plugboard", password = "not-a-real-secret-either" }
headers = { x-site = "berlin" }
retry   = { backoff = "10ms", factor = 1, attempts = 3 }
allow_http = true
allow_private = true
config = { agent_url = "/agent", call_url = "/call", timezone = "Europe/Berlin", send_body_as_json = true }
[[routes]]
name = "all"
to = ["workforce"]
`, gatewaytest.PluginsTable(t), there.URL)))

	g.event(t, "z-1", "agent.state.changed", `{"scope":"unified","agent":{"id":"8447388090494"},
		"state":{"name":"online","base":"available"},"previous_state":{"name":"offline","base":"offline"}}`)
	login := there.next(t)
	if login.path != "/feed/agent" || !strings.Contains(login.body, `"event_type":"LOGIN"`) || login.header.Get("x-site") != "berlin" {
		t.Errorf("login: %+v", login)
	}
	if user, _, ok := (&http.Request{Header: login.header}).BasicAuth(); !ok || user != "plugboard" {
		t.Errorf("no credentials: %v", login.header)
	}
	if state := there.next(t); !strings.Contains(state.body, `"event_type":"AVAILABLE"`) || !strings.Contains(state.body, `"prev_state":"LOGIN"`) {
		t.Errorf("state: %+v", state)
	}

	for _, c := range []struct {
		sample, path string
		want         map[string]any // nil: what came
	}{
		{"05-state-custom-unicode", "/feed/agent", nil},
		{"10-call-answered", "/feed/call", nil},
		{"14-call-abandoned-query", "/feed/call", map[string]any{"call_state": "ABANDON", "recording_url": "https://recordings.example.com/?a=1&b=2"}},
	} {
		status, body := g.hook(t, "/hooks/wfm", c.sample)
		if status != http.StatusAccepted {
			t.Fatalf("%s: %d %s", c.sample, status, body)
		}
		r := there.next(t)
		var got map[string]any
		if err := json.Unmarshal([]byte(r.body), &got); err != nil || r.path != c.path {
			t.Fatalf("%s: %+v %v", c.sample, r, err)
		}
		if c.want == nil {
			readJSON(t, "../plugins/wfm-ringcx/testdata/"+c.sample+".json", &c.want)
		}
		for name, want := range c.want {
			if got[name] != want {
				t.Errorf("%s: %s is %v, want %v", c.sample, name, got[name], want)
			}
		}
	}

	resp, err := http.DefaultClient.Do(mustRequest(t, "POST", g.url("/hooks/subscription-5ca1ab1e"), "", "validation-token", "3f1b0f2a"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("validation-token") != "3f1b0f2a" || len(answer) > 0 {
		t.Errorf("validation: %s %v %q", resp.Status, resp.Header, answer)
	}
	if status, body := g.hook(t, "/hooks/subscription-5ca1ab1e", "02-state-initial"); status != 200 || body != "" {
		t.Errorf("subscription: %d %q", status, body)
	}
	there.next(t)
	there.quiet(t)
}

// hook posts a sample of RingCX's, with its own method, link and headers, to a path.
func (g *running) hook(t *testing.T, path, sample string) (status int, body string) {
	t.Helper()
	var s struct {
		Method, Target string
		Headers        map[string]string
		BodyFile       *string `json:"body_file"`
	}
	const dir = "../plugins/wfm-ringcx/testdata/"
	readJSON(t, dir+sample+".request.json", &s)
	content := []byte{}
	if s.BodyFile != nil {
		var err error
		if content, err = os.ReadFile(dir + *s.BodyFile); err != nil {
			t.Fatal(err)
		}
	}
	if _, query, ok := strings.Cut(s.Target, "?"); ok {
		path += "?" + query
	}
	r := mustRequest(t, s.Method, g.url(path), string(content), "authorization", s.Headers["authorization"])
	if s.BodyFile != nil {
		r.Header.Set("content-type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, string(text)
}

func mustRequest(t testing.TB, method, url, body, header, value string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(header, value)
	return r
}
