package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/sdk/casefile"
)

const (
	botToken  = "000000:TEST-a-bots-token"
	slackPath = "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
)

// scenarios are the folders of deliveries that TestScenariosLive plays: each scenario a destination of its own, whose server
// answers as it is written.
var scenarios = []struct {
	plugin, folder string
	count          int    // of the scenarios in it
	link           string // what the destination's url has behind the server's address
	settings       string // of the destination; SERVER is its server
	authorization  string // of each request
}{
	{"telegram", "testdata", 5, "/bot{{secret.telegram.token}}", "", ""},
	{"slack", "testdata", 5, "/services/{{secret.slack.path}}", "", ""},
	{"eddydesk", "testdata/targets", 3, "", eddyDeskAuth, basic("gw@example.com", "k")},
	{"eddydesk", "testdata/cases", 14, "", eddyDeskAuth, basic("gw@example.com", "k")},
	{"talkdesk", "testdata/cases", 17, "", talkdeskAuth, "Bearer an-access-token"},
	{"ziwo", "testdata/out", 21, "", "", ""},
}

const (
	eddyDeskAuth = "auth = { type = \"basic\", username = \"gw@example.com\", password = \"k\" }\nsuccess = [\"2xx\", \"3xx\"]\n"
	talkdeskAuth = "auth = { type = \"oauth2-client-credentials\", token_url = \"SERVER/oauth/token\", client_id = \"gw\", client_secret = \"k\" }\n"
)

func basic(user, password string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return r.Header.Get("Authorization")
}

// stage plays all systems that scenarios are about: each scenario's answers in their order, below a path of its own behind
// which the real one stands.
type stage struct {
	fault         func(format string, args ...any)
	mu            sync.Mutex
	steps         map[string][]casefile.Step // what is to come, by scenario
	authorization map[string]string
	retried       map[string]bool // what is to be tried again after its last answer
}

func (c *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.fault("%v", err)
	}
	name, path, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if path == "oauth/token" {
		_, _ = io.WriteString(w, `{"access_token":"an-access-token","token_type":"Bearer","expires_in":600}`)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	steps := c.steps[name]
	if len(steps) == 0 && c.retried[name] { // the attempt that the last answer makes due
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if len(steps) == 0 {
		c.fault("%s: a request more than the scenario has: %s %s %s", name, r.Method, path, body)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	step := steps[0]
	c.steps[name] = steps[1:]
	c.compare(name, step.Want, r, "/"+path, body)
	for k, v := range step.Response.AllHeaders() {
		w.Header().Set(k, v)
	}
	w.WriteHeader(step.Response.Status)
	_, _ = w.Write(casefile.Text(step.Response.Body))
}

// compare holds a request against the scenario's. What is the same for all of a destination's is compared beside it.
func (c *stage) compare(name string, want casefile.WantRequest, r *http.Request, path string, body []byte) {
	if strings.HasPrefix(name, "telegram") {
		rest, ok := strings.CutPrefix(path, "/bot"+botToken)
		if path = rest; !ok {
			c.fault("%s: the link is %s", name, r.URL)
		}
	}
	got := casefile.Sent{Method: r.Method, URL: path + "?" + r.URL.RawQuery, Headers: map[string]string{}}
	if len(body) > 0 {
		got.Body = body
	}
	for k := range r.Header {
		got.Headers[k] = r.Header.Get(k)
	}
	if want.Path == "" && path == "/" {
		got.URL = "?" + r.URL.RawQuery // where the destination's url leads
	}
	if d := want.Diff(got); d != "" {
		c.fault("%s (- wanted, + made):\n%s", name, d)
	}
	if auth := c.authorization[name]; auth != "" && r.Header.Get("Authorization") != auth {
		c.fault("%s: authorization is %q, want %q", name, r.Header.Get("Authorization"), auth)
	}
}

func (c *stage) left(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.steps[name])
}

// TestScenariosLive plays the scenarios of systems that are written to, those of the vendors' facts among them, in one
// running gateway, with compiled plugins and a server on loopback. What the bot is known by stands in no note, no answer of the
// API and no log; a group that moved is written to under its new number from then on.
//
// The control is a scenario that wants another text than is sent.
func TestScenariosLive(t *testing.T) {
	server := &stage{fault: t.Errorf, steps: map[string][]casefile.Step{}, authorization: map[string]string{}, retried: map[string]bool{}}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	all := map[string]*casefile.Scenario{}
	tables := map[string]any{}
	var config strings.Builder
	for _, row := range scenarios {
		files, err := filepath.Glob("../plugins/" + row.plugin + "/" + row.folder + "/*.scenario.json")
		if err != nil || len(files) != row.count {
			t.Fatalf("%s/%s: %d scenarios, %v; want %d", row.plugin, row.folder, len(files), err, row.count)
		}
		if testing.Short() && strings.HasSuffix(row.folder, "cases") { // the vendors' own are played
			continue
		}
		for _, file := range files {
			s, err := casefile.ReadScenario(file)
			if err != nil {
				t.Fatal(err)
			}
			name := row.plugin + "-" + strings.TrimSuffix(filepath.Base(file), ".scenario.json")
			all[name], server.steps[name], server.authorization[name] = s, slices.Clone(s.Steps), row.authorization
			server.retried[name] = string(s.Expect["retry"]) == "true"
			for table, rows := range s.Tables {
				tables[table] = rows
			}
			settings := strings.ReplaceAll(row.settings, "SERVER", listener.URL+"/"+name)
			stageDestination(t, &config, name, row.plugin, listener.URL+"/"+name+row.link, settings, s)
		}
	}
	for name, table := range tables {
		file := filepath.Join(t.TempDir(), name+".json")
		text, err := json.Marshal(table)
		if err != nil || os.WriteFile(file, text, 0o600) != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&config, "[tables.%s]\nfile = %q\n", name, file)
	}
	var log lockedBuffer
	file := gatewaytest.Write(t, "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[queue]\ndir = \"data\"\nmin_free = \"1MiB\"\n[plugins]\n"+
		gatewaytest.PluginsTable(t)+config.String())
	secrets := map[string]string{"PLUGBOARD_SECRET_TELEGRAM_TOKEN": botToken, "PLUGBOARD_SECRET_SLACK_PATH": slackPath}
	g := startWith(t, gateway.Options{ConfigFile: file, Logger: newTextLog(&log),
		Getenv: func(name string) (string, bool) { v, ok := secrets[name]; return v, ok }})
	seen := ""
	for _, name := range slices.Sorted(maps.Keys(all)) {
		seen += g.playLive(t, server, name, all[name])
	}
	moved := all["telegram-03-migrated"]
	server.mu.Lock()
	server.steps["telegram-03-migrated"] = moved.Steps[1:]
	server.mu.Unlock()
	if n := g.attempts(t, "telegram-03-migrated", "second", moved.Event, func() bool { return true }); len(n) != 1 || n[0].Result != "delivered" {
		t.Errorf("to a group whose move is known: %+v", n)
	}
	const note = "eddydesk-eddydesk-01-comment"
	otherwise := all[note].Steps[0]
	otherwise.Want.Body = json.RawMessage(`"text=Something+else"`)
	found := ""
	server.mu.Lock()
	server.steps[note], server.fault = []casefile.Step{otherwise}, func(format string, args ...any) { found += fmt.Sprintf(format, args...) }
	server.mu.Unlock()
	if g.attempts(t, note, note+"-otherwise", all[note].Event, nil); !strings.Contains(found, "Something else") {
		t.Errorf("another text than is wanted was not found: %q", found)
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

// stageDestination writes a scenario's source, destination and route.
func stageDestination(t *testing.T, config *strings.Builder, name, plugin, link, settings string, s *casefile.Scenario) {
	t.Helper()
	var keys map[string]any
	d := json.NewDecoder(bytes.NewReader(s.Config))
	d.UseNumber()
	if err := d.Decode(&keys); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(config, "[sources.%s]\nverify = { scheme = \"none\" }\n[destinations.%s]\nplugin = %q\nurl = %q\nallow_http = true\nallow_private = true\n"+
		"retry = { schedule = [\"10ms\", \"10ms\"] }\n%sconfig = %s\n[[routes]]\nname = %q\nfrom = [%q]\nto = [%q]\n", name, name, plugin, link, settings, inTOML(keys), name, name, name)
}

// inTOML writes a value as it stands behind a key.
func inTOML(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var list []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			list = append(list, strconv.Quote(k)+" = "+inTOML(v[k]))
		}
		return "{ " + strings.Join(list, ", ") + " }"
	case []any:
		var list []string
		for _, e := range v {
			list = append(list, inTOML(e))
		}
		return "[" + strings.Join(list, ", ") + "]"
	case string:
		text, _ := json.Marshal(v) // a text is written alike in both
		return string(text)
	}
	return fmt.Sprint(v)
}

// playLive posts a scenario's event and holds what came of it against what is expected; it gives the notes as text.
func (g *running) playLive(t *testing.T, server *stage, name string, s *casefile.Scenario) string {
	t.Helper()
	notes := g.attempts(t, name, name+"-1", s.Event, func() bool { return server.left(name) == 0 })
	last := notes[len(notes)-1]
	end := casefile.End{State: last.Result, Reason: last.Reason, Attempts: len(notes)}
	if s.Expect["slow_down"] != nil {
		end.SlowDown = g.quiet(t, name)
	}
	end.NotBefore = waited(s, last)
	if n := len(s.Steps); n > 0 {
		end.Requests = s.Steps[n-1].Through
	}
	if last.Result == "dead" && s.Expect["disable_target"] != nil { // of a destination in the file that is a dead letter
		end.State = "disabled"
	}
	if n := server.left(name); n > 0 {
		t.Errorf("%s ended as %s (%s) with %d requests to go", name, last.Result, last.Reason, n)
	}
	for _, fault := range s.Check(end, "memo", "credentials_marked_bad") { // which nobody sees from outside
		t.Errorf("%s: %s", name, fault)
	}
	return fmt.Sprintf("%+v", notes)
}

// waited is how long the receiver wants to be left alone: what is expected, when it is that and no more than a little, by
// which a policy keeps destinations from coming back together.
func waited(s *casefile.Scenario, n feed.Note) time.Duration {
	var seconds float64
	_ = json.Unmarshal(s.Expect["not_before_seconds"], &seconds) // 0 where none is expected
	wait, want := n.NotBefore.Sub(n.Time), time.Duration(seconds*float64(time.Second))
	if wait > want-500*time.Millisecond && wait < want+want/10+500*time.Millisecond {
		return want
	}
	return wait
}

// attempts posts an event to a source under an ID, and gives the notes of its attempts, up to the first that ends it or of
// which last says so.
func (g *running) attempts(t *testing.T, source, id string, template []byte, last func() bool) (notes []feed.Note) {
	t.Helper()
	ev := map[string]any{"specversion": "1.0", "source": "/test", "time": casefile.ReceivedAt}
	d := json.NewDecoder(bytes.NewReader(template))
	d.UseNumber()
	if err := d.Decode(&ev); err != nil {
		t.Fatal(err)
	}
	ev["id"] = id
	body, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	listener := g.feed.Listen(256)
	defer listener.Close()
	resp, err := http.Post(g.url("/hooks/"+source), "application/cloudevents+json", bytes.NewReader(body)) //nolint:noctx // a test
	if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %v, %v", id, resp, err)
	}
	for {
		select {
		case note := <-listener.C:
			if note.Event != id || note.Kind != feed.Attempt {
				continue
			}
			if notes = append(notes, note); note.Result != "retry" || last() {
				return notes
			}
		case <-t.Context().Done():
			t.Fatalf("%s: %d attempts, and the last is not among them", id, len(notes))
		}
	}
}

// quiet is for how long a destination is left alone, as its plugin said.
func (g *running) quiet(t *testing.T, destination string) time.Duration {
	t.Helper()
	seconds, err := strconv.ParseFloat(g.metric(t, `plugboard_destination_quiet_seconds{destination="`+destination+`"}`), 64)
	if err != nil {
		t.Fatalf("%s: %v", destination, err)
	}
	return time.Duration(seconds * float64(time.Second))
}
