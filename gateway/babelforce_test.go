package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// scenario is NAME.scenario.json: an event, the requests that it leads to with the answers, and what must come of it.
type scenario struct {
	Given struct {
		Event       map[string]any    `json:"event"`
		PresenceMap map[string]string `json:"presence_map"`
	} `json:"given"`
	Exchange []exchange `json:"exchange"`
	Expect   struct {
		Delivered *bool  `json:"delivered"`
		Reason    string `json:"reason"`
		Attempts  int    `json:"attempts"`
		Refresh   string `json:"stored_refresh_token"`
	} `json:"expect"`
}

type exchange struct {
	Request struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		Query   map[string]string `json:"query"`
		Headers map[string]string `json:"headers"`
		Body    any               `json:"body"`
	} `json:"request"`
	Response struct {
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body"`
	} `json:"response"`
}

// TestBabelforceScenarios plays each scenario as it is written: a running gateway, its compiled plugin, and a server on
// loopback that compares each request and speaks the answers.
func TestBabelforceScenarios(t *testing.T) {
	files, err := filepath.Glob("../plugins/babelforce/testdata/0*.json") // 08 is an exchange of the gateway's own, not of the plugin alone
	if err != nil || len(files) < 8 {
		t.Fatalf("%d scenarios, %v; want all 8", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			var s scenario
			readJSON(t, file, &s)
			playScenario(t, s)
		})
	}
}

func playScenario(t *testing.T, s scenario) {
	server := &babelforce{t: t, script: s.Exchange, token: "TEST-ACCESS-1"}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	settings := ""
	if len(s.Given.Event) == 0 { // the list of presences is asked for where an unmapped name is to be checked
		s.Given.Event = map[string]any{"type": "agent.state.changed", "subject": "agent/1", "data": map[string]any{
			"scope": "unified", "agent": map[string]any{"id": "1"}, "state": map[string]any{"name": "dinner", "base": "unknown", "custom": true}}}
		s.Expect.Delivered = new(bool)
		settings = "unmapped = \"check\"\n"
	}
	g := start(t, scenarioConfig(t, listener.URL, settings, s.Given.PresenceMap))
	end, attempts := g.deliver(t, "01TEST", s.Given.Event)
	if want := *s.Expect.Delivered; (end.Result == "delivered") != want {
		t.Errorf("ended as %s (%s), want delivered %v", end.Result, end.Reason, want)
	}
	if !strings.Contains(end.Reason, s.Expect.Reason) {
		t.Errorf("reason %q, want %q", end.Reason, s.Expect.Reason)
	}
	if s.Expect.Attempts > 0 && attempts != s.Expect.Attempts {
		t.Errorf("%d attempts, want %d", attempts, s.Expect.Attempts)
	}
	server.done()
	if want := s.Expect.Refresh; want != "" {
		g.refreshesWith(t, server, s, want)
	}
}

// refreshesWith expires the token once more: the refresh token that was stored shows in the next refresh.
func (g *running) refreshesWith(t *testing.T, server *babelforce, s scenario, token string) {
	t.Helper()
	again := slices.Clone(s.Exchange)
	for i := range again {
		if body, ok := again[i].Request.Body.(string); ok && strings.Contains(body, "refresh_token=") {
			again[i].Request.Body = "grant_type=refresh_token&refresh_token=" + token
		}
	}
	server.load(again)
	if end, _ := g.deliver(t, "02TEST", s.Given.Event); end.Result != "delivered" {
		t.Errorf("after the second refresh: %s (%s)", end.Result, end.Reason)
	}
	server.done()
}

func scenarioConfig(t *testing.T, target, settings string, presences map[string]string) string {
	t.Helper()
	var pairs []string
	for from, to := range presences {
		pairs = append(pairs, fmt.Sprintf("%q = %q", from, to))
	}
	return gatewaytest.Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[queue]
dir = "data"
min_free = "1MiB"
[plugins]
%s[sources.events]
verify = { scheme = "none" }
[destinations.babelforce]
plugin = "babelforce"
url = %q
allow_http = true
allow_private = true
retry = { schedule = ["50ms", "50ms"] }
[destinations.babelforce.auth]
type = "oauth2-password"
token_url = "%s/oauth/token"
username = "gateway@example.com"
password = "not-a-real-secret"
[destinations.babelforce.config]
%spresence_map = { %s }
[[routes]]
name = "all"
to = ["babelforce"]
`, gatewaytest.PluginsTable(t), target, target, settings, strings.Join(pairs, ", ")))
}

// babelforce is a server that follows a script. Token requests that the script does not have are answered beside it:
// its author took the token for granted.
type babelforce struct {
	t      *testing.T
	mu     sync.Mutex
	script []exchange
	token  string
}

func (b *babelforce) load(script []exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.script = script
}

func (b *babelforce) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.script {
		b.t.Errorf("%s %s was not asked for", e.Request.Method, e.Request.Path)
	}
}

func (b *babelforce) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Error(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/oauth/token" && (len(b.script) == 0 || b.script[0].Request.Path != r.URL.Path) {
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer","expires_in":3600,"refresh_token":"TEST-REFRESH-1"}`, b.token) //nolint:errcheck // the client sees it
		return
	}
	if len(b.script) == 0 {
		b.t.Errorf("%s %s is more than the script has", r.Method, r.URL)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	e := b.script[0]
	b.script = b.script[1:]
	b.compare(e, r, body)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal(e.Response.Body, &token) == nil && token.AccessToken != "" {
		b.token = token.AccessToken
	}
	w.WriteHeader(e.Response.Status)
	w.Write(e.Response.Body) //nolint:errcheck // the client sees it
}

func (b *babelforce) compare(e exchange, r *http.Request, body []byte) {
	b.t.Helper()
	if r.Method != e.Request.Method || r.URL.Path != e.Request.Path {
		b.t.Errorf("got %s %s, want %s %s", r.Method, r.URL.Path, e.Request.Method, e.Request.Path)
	}
	want := url.Values{}
	for name, value := range e.Request.Query {
		want.Set(name, value)
	}
	if diff := cmp.Diff(want, r.URL.Query()); diff != "" {
		b.t.Errorf("%s query (-want +got):\n%s", r.URL.Path, diff)
	}
	for name, value := range e.Request.Headers {
		value = strings.ReplaceAll(value, "<token>", b.token)
		if got := r.Header.Get(name); got != value {
			b.t.Errorf("%s %s: header %s is %q, want %q", r.Method, r.URL.Path, name, got, value)
		}
	}
	b.compareBody(e, r, body)
}

func (b *babelforce) compareBody(e exchange, r *http.Request, body []byte) {
	b.t.Helper()
	switch want := e.Request.Body.(type) {
	case nil:
		if len(body) > 0 {
			b.t.Errorf("%s %s has a body: %s", r.Method, r.URL.Path, body)
		}
	case string:
		if string(body) != want {
			b.t.Errorf("%s body %s, want %s", r.URL.Path, body, want)
		}
	default:
		var got any
		if err := json.Unmarshal(body, &got); err != nil {
			b.t.Errorf("%s body %s: %v", r.URL.Path, body, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			b.t.Errorf("%s body (-want +got):\n%s", r.URL.Path, diff)
		}
	}
}

// deliver posts an event to source events and follows its only delivery to the end.
func (g *running) deliver(t *testing.T, id string, ev map[string]any) (end feed.Note, attempts int) {
	t.Helper()
	full := map[string]any{"specversion": "1.0", "id": id, "source": "/test/1", "time": "2025-03-04T08:00:00Z"}
	for k, v := range ev {
		full[k] = v
	}
	body, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	notes := g.feed.Listen(256)
	defer notes.Close()
	resp, err := http.Post(g.url("/hooks/events"), "application/cloudevents+json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusAccepted || resp.Body.Close() != nil {
		t.Fatalf("answered %d %s, %v", resp.StatusCode, answer, err)
	}
	for {
		select {
		case n := <-notes.C:
			if n.Kind == feed.Attempt {
				attempts++
			}
			if n.Kind == feed.Ended && n.Event == id {
				return n, attempts
			}
		case <-t.Context().Done():
			t.Fatal("the delivery did not end")
		}
	}
}
