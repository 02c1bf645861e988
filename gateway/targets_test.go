package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/sdk/casefile"
)

const (
	botToken  = "000000:TEST-a-bots-token"
	slackPath = "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
)

// chat plays Telegram and Slack: each scenario's answers in their order, at a path of its own behind which the real one
// stands.
type chat struct {
	t     *testing.T
	mu    sync.Mutex
	steps map[string][]casefile.Step // what is to come, by scenario
}

func (c *chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	steps := c.steps[name]
	if len(steps) == 0 {
		c.t.Errorf("%s: a request more than the scenario has: %s", name, body)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	step := steps[0]
	c.steps[name] = steps[1:]
	want := map[string]string{"telegram": "bot" + botToken + "/sendMessage", "slack": "services/" + slackPath}[strings.Split(name, "-")[0]]
	if rest != want || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		c.t.Errorf("%s: %s %s as %s, want /%s", name, r.Method, rest, r.Header.Get("Content-Type"), want)
	}
	var wanted, got any
	if json.Unmarshal(casefile.Text(step.Want.Body), &wanted) != nil || json.Unmarshal(body, &got) != nil || !cmp.Equal(wanted, got) {
		c.t.Errorf("%s: body (-want +got):\n%s", name, cmp.Diff(wanted, got))
	}
	for k, v := range step.Response.AllHeaders() {
		w.Header().Set(k, v)
	}
	w.WriteHeader(step.Response.Status)
	_, _ = w.Write(casefile.Text(step.Response.Body))
}

// TestChatScenarios plays every scenario of Telegram and Slack in one running gateway, with compiled plugins and a server
// on loopback. What the bot is known by stands in no note, no answer of the API and no log; a group that moved is written
// to under its new number from then on.
func TestChatScenarios(t *testing.T) {
	server := &chat{t: t, steps: map[string][]casefile.Step{}}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	scenarios := map[string]*casefile.Scenario{}
	var config strings.Builder
	for _, plugin := range []string{"telegram", "slack"} {
		files, err := filepath.Glob("../plugins/" + plugin + "/testdata/*.scenario.json")
		if err != nil || len(files) != 5 {
			t.Fatalf("%d scenarios, %v; want 5", len(files), err)
		}
		for _, file := range files {
			s, err := casefile.ReadScenario(file)
			if err != nil {
				t.Fatal(err)
			}
			name := plugin + "-" + strings.TrimSuffix(filepath.Base(file), ".scenario.json")
			scenarios[name], server.steps[name] = s, slices.Clone(s.Steps)
			chatDestination(t, &config, listener.URL, name, plugin, s.Config)
		}
	}
	var log lockedBuffer
	file := gatewaytest.Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[queue]
dir = "data"
min_free = "1MiB"
[plugins]
%s[sources.events]
verify = { scheme = "none" }
%s`, gatewaytest.PluginsTable(t), config.String()))
	secrets := map[string]string{"PLUGBOARD_SECRET_TELEGRAM_TOKEN": botToken, "PLUGBOARD_SECRET_SLACK_PATH": slackPath}
	g := startWith(t, gateway.Options{ConfigFile: file, Logger: newTextLog(&log),
		Getenv: func(name string) (string, bool) { v, ok := secrets[name]; return v, ok }})
	seen := ""
	for name, s := range scenarios {
		notes := g.attempts(t, name, "first", s.Event, len(s.Steps))
		checkChat(t, name, s, notes[len(notes)-1])
		seen += fmt.Sprintf("%+v", notes)
	}
	moved := scenarios["telegram-03-migrated"]
	server.mu.Lock()
	server.steps["telegram-03-migrated"] = moved.Steps[1:]
	server.mu.Unlock()
	if n := g.attempts(t, "telegram-03-migrated", "second", moved.Event, 1)[0]; n.Result != "delivered" {
		t.Errorf("to a group whose move is known: %s, %s", n.Result, n.Reason)
	}
	var records json.RawMessage
	g.api(t, "/v1/deliveries?limit=100", &records)
	for where, text := range map[string]string{"the notes": seen, "the records": string(records), "the log": log.String()} {
		if strings.Contains(text, botToken) || strings.Contains(text, slackPath) {
			t.Errorf("a secret of a link stands in %s: %s", where, text)
		}
	}
	if !strings.Contains(seen, "{{secret.telegram.token}}/sendMessage") { // the control: links are shown at all
		t.Errorf("no note has the link: %s", seen)
	}
}

func chatDestination(t *testing.T, config *strings.Builder, base, name, plugin string, settings []byte) {
	t.Helper()
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(settings, &keys); err != nil {
		t.Fatal(err)
	}
	link := base + "/" + name + map[string]string{"telegram": "/bot{{secret.telegram.token}}", "slack": "/services/{{secret.slack.path}}"}[plugin]
	fmt.Fprintf(config, "[destinations.%s]\nplugin = %q\nurl = %q\nallow_http = true\nallow_private = true\n[destinations.%s.config]\n", name, plugin, link, name)
	for key, value := range keys { // texts, numbers and booleans are written alike in both
		fmt.Fprintf(config, "%s = %s\n", key, value)
	}
	fmt.Fprintf(config, "[[routes]]\nname = %q\ntypes = [%q]\nto = [%q]\n", name, name, name)
}

// attempts posts an event that goes to one destination, and gives the notes of its first n attempts.
func (g *running) attempts(t *testing.T, destination, id string, template []byte, n int) (notes []feed.Note) {
	t.Helper()
	var ev map[string]any
	d := json.NewDecoder(bytes.NewReader(template))
	d.UseNumber()
	if err := d.Decode(&ev); err != nil {
		t.Fatal(err)
	}
	ev["id"], ev["type"] = destination+"-"+id, destination
	body, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	listener := g.feed.Listen(256)
	defer listener.Close()
	resp, err := http.Post(g.url("/hooks/events"), "application/cloudevents+json", bytes.NewReader(body))
	if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %v, %v", destination, resp, err)
	}
	for len(notes) < n {
		select {
		case note := <-listener.C:
			if note.Kind == feed.Attempt && note.Event == ev["id"] {
				notes = append(notes, note)
			}
		case <-t.Context().Done():
			t.Fatalf("%s: %d of %d attempts", destination, len(notes), n)
		}
	}
	return notes
}

// checkChat holds the last attempt against what the scenario expects.
func checkChat(t *testing.T, name string, s *casefile.Scenario, n feed.Note) {
	t.Helper()
	expects := func(key string) (yes bool) { _ = json.Unmarshal(s.Expect[key], &yes); return yes }
	want := "dead"
	switch {
	case expects("delivered"):
		want = "delivered"
	case expects("retry"):
		want = "retry"
	}
	if n.Result != want {
		t.Errorf("%s ended as %s (%s), want %s", name, n.Result, n.Reason, want)
	}
	var seconds float64
	_ = json.Unmarshal(s.Expect["not_before_seconds"], &seconds)
	if wait := n.NotBefore.Sub(n.Time); seconds > 0 && wait < time.Duration(seconds)*time.Second-500*time.Millisecond {
		t.Errorf("%s is tried again after %v, want %v seconds", name, wait, seconds)
	}
}
