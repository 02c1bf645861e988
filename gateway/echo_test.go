package gateway_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

// system is one of two systems that keep agents' states. Every change, the gateway's too, it reports by webhook as it would
// in life: after it has answered, and whether or not anything is different.
type system struct {
	t      *testing.T
	url    string
	report func(agent, state string) // posts the webhook
	most   int                       // changes by the gateway after which it falls silent: no loop is to go on for ever

	mu   sync.Mutex
	sets []string // by the gateway, "7=away"
	work sync.WaitGroup
}

func newSystem(t *testing.T) *system {
	s := &system{t: t, most: 12}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		s.work.Wait()
	})
	s.url = server.URL
	return s
}

// byHand is a change that somebody makes in the system itself.
func (s *system) byHand(state string) { s.report("7", state) }

// ServeHTTP looks agents up as babelforce does, and takes new states from a PUT in either's words.
func (s *system) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		_, _ = fmt.Fprintf(w, `{"items":[{"id":"uuid-7","sourceId":%q,"presence":{"name":"?"}}]}`, r.URL.Query().Get("sourceId"))
		return
	}
	text, err := io.ReadAll(r.Body)
	var body struct {
		Name     string
		Presence struct{ Name string }
	}
	if err != nil || json.Unmarshal(text, &body) != nil {
		s.t.Errorf("%s %s: %s, %v", r.Method, r.URL, text, err)
	}
	w.WriteHeader(http.StatusCreated)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sets = append(s.sets, "7="+body.Name+body.Presence.Name)
	if len(s.sets) < s.most {
		s.work.Go(func() { s.report("7", body.Name+body.Presence.Name) })
	}
}

func (s *system) set() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.sets, " ")
}

// webhook sends one; a gateway that has stopped is no fault of its sender's.
func webhook(t *testing.T, url, contentType, body string) {
	resp, err := http.Post(url, contentType, strings.NewReader(body))
	if err != nil {
		return
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Errorf("%s: %s", url, resp.Status)
	}
}

// bridge is Zendesk, babelforce, and a gateway between them that keeps both at the same states.
type bridge struct {
	*running
	zendesk, babelforce *system

	file string
}

func newBridge(t *testing.T, window string) *bridge {
	b := &bridge{zendesk: newSystem(t), babelforce: newSystem(t)}
	log, _ := answering(t, http.StatusOK)
	b.file = gatewaytest.Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
min_free = "1MiB"
[plugins]
%[1]s
[sources.zendesk]
path = "/zendesk"
plugin = "zendesk"
verify = { scheme = "none" }
echo = %[2]q
echo_of = ["zendesk-status"]
[sources.from-babelforce]
path = "/babelforce"
verify = { scheme = "none" }
echo = %[2]q
echo_of = ["babelforce"]
[destinations.babelforce]
plugin = "babelforce"
url = %[3]q
allow_http = true
allow_private = true
config = { api_changes = "send", unchanged = "send" }
[destinations.zendesk-status]
plugin = "webhook"
url = %[4]q
allow_http = true
allow_private = true
config = { method = "PUT", url = "/agents/{{data.agent.id}}", body = '{"name":"{{data.state.name}}"}', effect = { key = "agent/{{data.agent.id}}", value = "{{data.state.name}}" } }
[destinations.log]
url = %[5]q
allow_http = true
allow_private = true
[[routes]]
name = "to babelforce"
from = ["zendesk"]
to = ["babelforce"]
[[routes]]
name = "to zendesk"
from = ["from-babelforce"]
to = ["zendesk-status"]
[[routes]]
name = "all that happened"
to = ["log"]
echoes = true
`, gatewaytest.PluginsTable(t), window, b.babelforce.url, b.zendesk.url, log))
	b.zendesk.report = func(agent, state string) {
		webhook(t, b.url("/zendesk"), "application/json", fmt.Sprintf(`{"type":"zen:event-type:agent.unified_state_changed","account_id":1,"id":"z-%d","time":%q,`+
			`"subject":"zen:agent:%s","event":{"new_unified_state":{"id":"1","name":%q,"reason":"PUBLIC_API"}},"detail":{"agent_id":%q}}`,
			time.Now().UnixNano(), time.Now().UTC().Format(time.RFC3339Nano), agent, state, agent))
	}
	b.babelforce.report = func(agent, state string) {
		webhook(t, b.url("/babelforce"), "application/cloudevents+json", fmt.Sprintf(`{"specversion":"1.0","id":"b-%d","source":"/babelforce/1",`+
			`"type":"agent.state.changed","subject":"agent/%s","data":{"scope":"acd","agent":{"id":%q},"state":{"name":%q,"base":"unavailable"}}}`,
			time.Now().UnixNano(), agent, agent, state))
	}
	return b
}

func startBridge(t *testing.T, window string) (g *running, zendesk, babelforce *system) {
	b := newBridge(t, window)
	b.running = start(t, b.file)
	return b.running, b.zendesk, b.babelforce
}

// A change in one system comes to the other, once, and what that other one reports then goes no further; what somebody does
// there does, within the same minute and to the same agent too.
func TestEchoIsNotRoutedBack(t *testing.T) {
	g, zendesk, babelforce := startBridge(t, "1m")
	zendesk.byHand("away")
	back := settledWithin(t, g.Store(), "zendesk-status", 1)[0]
	if back.State != queue.Dropped || !strings.HasPrefix(back.Reason, "echo of delivery z-") || back.Attempts != 0 {
		t.Errorf("what babelforce reported: %s, %q, %d attempts", back.State, back.Reason, back.Attempts)
	}
	babelforce.byHand("lunch") // a third value
	settledWithin(t, g.Store(), "zendesk-status", 2)
	settledWithin(t, g.Store(), "babelforce", 2)
	babelforce.byHand("away") // the value of the first echo, but nobody's echo
	settledWithin(t, g.Store(), "zendesk-status", 3)
	settledWithin(t, g.Store(), "babelforce", 3)
	settledWithin(t, g.Store(), "log", 6) // a route that asks for echoes gets all
	if got, want := babelforce.set(), "7=away"; got != want {
		t.Errorf("babelforce was set %s, want %s", got, want)
	}
	if got, want := zendesk.set(), "7=lunch 7=away"; got != want {
		t.Errorf("Zendesk was set %s, want %s", got, want)
	}
	for _, d := range settledWithin(t, g.Store(), "log", 6) {
		if d.State != queue.Delivered {
			t.Errorf("the log: %s is %s", d.ID, d.State)
		}
	}
	var sources struct{ Items []admin.SourceInfo }
	g.api(t, "/v1/sources", &sources)
	if len(sources.Items) != 2 {
		t.Errorf("sources %+v", sources)
	}
	for _, s := range sources.Items {
		if want := map[string]int64{"zendesk": 2, "from-babelforce": 1}[s.Name]; s.Echo == nil || s.Echo.Count != want {
			t.Errorf("source %s: %+v, want %d echoes", s.Name, s.Echo, want)
		}
	}
	g.measures(t, `plugboard_echoes_total{source="from-babelforce"} 1`, `plugboard_echoes_total{source="zendesk"} 2`,
		`plugboard_deliveries_total{destination="zendesk-status",state="dropped"} 1`)
}

// The control: without the guard the same change goes round and round, until the systems fall silent.
func TestWithoutEchoGuardItLoops(t *testing.T) {
	g, zendesk, babelforce := startBridge(t, "0s")
	zendesk.byHand("away")
	settledWithin(t, g.Store(), "babelforce", 12)
	if n, m := strings.Count(babelforce.set(), "7=away"), strings.Count(zendesk.set(), "7=away"); n != 12 || m < 11 {
		t.Errorf("babelforce was set %d times and Zendesk %d times; a loop would have gone on to 12", n, m)
	}
}

// After a restart between the request and the report an echo is known still.
func TestEchoAfterRestart(t *testing.T) {
	b := newBridge(t, "1m")
	held := make(chan func(), 1)
	report := b.babelforce.report
	b.babelforce.report = func(agent, state string) { held <- func() { report(agent, state) } }
	t.Run("before", func(t *testing.T) {
		b.running = start(t, b.file)
		b.zendesk.byHand("away")
		settledWithin(t, b.Store(), "babelforce", 1)
	})
	echo := <-held
	t.Run("after", func(t *testing.T) {
		b.running = start(t, b.file)
		echo()
		if back := settledWithin(t, b.Store(), "zendesk-status", 1)[0]; back.State != queue.Dropped {
			t.Errorf("%s: %s", back.State, back.Reason)
		}
	})
}
