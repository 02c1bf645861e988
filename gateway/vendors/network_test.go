package vendors_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/verify"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// network is one gateway with all senders and all targets.
type network struct {
	cfg     *config.Config
	gateway *gateway.Gateway
	feed    *feed.Hub
	servers map[string]server
	played  map[string]bool // by sender: one of its messages was played back
}

// asked is what a target was asked, since it was forgotten last.
type asked struct {
	mu   sync.Mutex
	list []request

	plays, shows func(request) string
}

// request is one that came in at a target.
type request struct {
	*http.Request
	body []byte
}

// member is what stands at a path in a body that is JSON; "" when nothing does.
func (r request) member(path ...string) string {
	var v any
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return ""
	}
	for _, name := range path {
		o, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v = o[name]
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func (a *asked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	one := request{r, body}
	a.mu.Lock()
	a.list = append(a.list, one)
	a.mu.Unlock()
	answer := a.plays(one)
	status := http.StatusOK
	if n, err := fmt.Sscanf(answer, "%d ", &status); err == nil && n == 1 {
		_, answer, _ = strings.Cut(answer, " ")
	}
	if strings.HasPrefix(answer, "{") || strings.HasPrefix(answer, "[") {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	io.WriteString(w, answer) //nolint:errcheck // the client sees it
}

func (a *asked) requests() []request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.list
}

// shown is what the last request asks for.
func (a *asked) shown() string {
	all := a.requests()
	return a.shows(all[len(all)-1])
}

func (a *asked) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = nil
}

// newNetwork starts the servers and the gateway; they end with the test.
func newNetwork(t *testing.T) *network {
	t.Helper()
	n := &network{feed: new(feed.Hub), servers: map[string]server{}, played: map[string]bool{}}
	var text strings.Builder
	fmt.Fprintf(&text, "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[queue]\nmin_free = \"1MiB\"\n[plugins]\n%s", gatewaytest.PluginsTable(t))
	for _, s := range senders {
		fmt.Fprintf(&text, "[sources.%s]\npath = \"/hooks/%s\"\n%s\n", s.name, s.name, strings.ReplaceAll(s.settings, "TESTDATA", testdata(t, s)))
	}
	for _, to := range append(targets[:len(targets):len(targets)], deaf) {
		a := &asked{plays: to.plays, shows: to.shows}
		n.servers[to.name] = server{httptest.NewServer(a), a}
		t.Cleanup(n.servers[to.name].Close)
		fmt.Fprintf(&text, "[destinations.%s]\nurl = %q\nallow_http = true\nallow_private = true\nretry = { schedule = [\"10ms\"] }\n%s\n", to.name, n.servers[to.name].URL,
			strings.NewReplacer("SERVER", n.servers[to.name].URL, "LOGINS", logins()).Replace(to.settings))
	}
	for _, kind := range kinds {
		for _, to := range append(targetsOf(kind), deaf) {
			fmt.Fprintf(&text, "[[routes]]\nname = %q\ntypes = [%q]\nto = [%q]\n", kind.name+" to "+to.name, kind.eventType, to.name)
		}
	}
	people := filepath.Join(t.TempDir(), "agents.csv")
	if err := os.WriteFile(people, []byte(agents()), 0o600); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&text, "[tables.agents]\nfile = %q\n", people)
	file := gatewaytest.Write(t, text.String())
	var err error
	if n.cfg, err = config.Load(file, config.Options{}); err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	n.gateway, err = gateway.New(t.Context(), gateway.Options{ConfigFile: file, Feed: n.feed, Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- n.gateway.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the gateway stopped with: %v", err)
		}
	})
	return n
}

// testdata is the folder of a sender's cases.
func testdata(t *testing.T, s sender) string {
	t.Helper()
	root, err := gatewaytest.Root()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(s.settings, "plugin = \"")
	plugin, _, _ := strings.Cut(rest, "\"")
	return filepath.ToSlash(filepath.Join(root, "plugins", plugin, "testdata"))
}

// post sends one message as its vendor does, and gives how its deliveries ended, by destination.
func (n *network) post(t *testing.T, kind kind, s sender, file string) map[string]feed.Note {
	t.Helper()
	notes := n.feed.Listen(1024)
	defer notes.Close()
	req := n.signed(t, s, file, s.query[kind.name])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.Body.Close() != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s, %s: answered %s %s, %v", s.name, file, resp.Status, said, err)
	}
	came, owed := map[string]map[string]feed.Note{}, map[string]int{} // by event: a delivery may end before its event is told of
	timeout := time.After(time.Minute)
	for {
		if ended, all := settled(came, owed); all {
			return ended
		}
		select {
		case note := <-notes.C:
			switch {
			case note.Kind == feed.Accepted && note.Source == s.name:
				owed[note.Event] += note.Deliveries
			case note.Kind == feed.Ended:
				if came[note.Event] == nil {
					came[note.Event] = map[string]feed.Note{}
				}
				came[note.Event][note.Destination] = note
			}
		case <-timeout:
			t.Fatalf("%s, %s: answered %s; of %v deliveries have ended %v", s.name, file, said, owed, came)
		}
	}
}

// settled gives how the deliveries of the accepted events ended, by destination, and whether all have.
func settled(came map[string]map[string]feed.Note, owed map[string]int) (ended map[string]feed.Note, all bool) {
	ended = map[string]feed.Note{}
	total := 0
	for event, n := range owed {
		if len(came[event]) < n {
			return nil, false
		}
		maps.Copy(ended, came[event])
		total += n
	}
	return ended, total > 0
}

// signed is a case's request, signed now.
func (n *network) signed(t *testing.T, s sender, file, query string) *http.Request {
	t.Helper()
	root, err := gatewaytest.Root()
	if err != nil {
		t.Fatal(err)
	}
	src := n.cfg.Source(s.name)
	c, err := casefile.ReadRequest(filepath.Join(root, filepath.FromSlash(file)+".request.json"))
	if err != nil {
		t.Fatal(err)
	}
	v := verify.Request{Body: c.Body, Path: src.Path, Query: strings.Trim(c.Query+"&"+query, "&"), Now: time.Now()}
	for name, value := range c.Headers {
		v.Headers = append(v.Headers, event.Header{Name: name, Value: value})
	}
	return n.request(t, src, c.Method, &v)
}

// request is one to a source, signed as its sender signs.
func (n *network) request(t *testing.T, src *config.Source, method string, v *verify.Request) *http.Request {
	t.Helper()
	if err := verify.Sign(src.Verify, verify.Options{PublicURL: src.PublicURL}, v); err != nil {
		t.Fatal(err)
	}
	target := "http://" + n.gateway.Listen() + v.Path
	if v.Query != "" {
		target += "?" + v.Query
	}
	req, err := http.NewRequestWithContext(t.Context(), method, target, bytes.NewReader(v.Body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range v.Headers {
		req.Header.Set(h.Name, h.Value)
	}
	return req
}

// playBack has a sender's plugin rebuild the message of an event that the gateway has of it, as send --as does, and posts it,
// signed: the gateway must know the event again. False when the sender cannot: it has no plugin.
func (n *network) playBack(t *testing.T, s sender, id string) bool {
	t.Helper()
	src := n.cfg.Source(s.name)
	if src.Plugin == "" {
		return false
	}
	e, err := n.gateway.Store().Event(t.Context(), id)
	if err != nil {
		t.Fatalf("%s: event %s: %v", s.name, id, err)
	}
	encoder, err := gateway.NewEncoder(t.Context(), n.cfg, s.name)
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	m, err := encoder.Encode(t.Context(), e.Event.Body)
	if err = errors.Join(err, encoder.Close(t.Context())); err != nil {
		t.Fatalf("%s: event %s: %v", s.name, id, err)
	}
	notes := n.feed.Listen(64)
	defer notes.Close()
	v := verify.Request{Body: m.Body, Path: src.Path + m.Path, Query: m.Query, Headers: m.Headers, Now: time.Now()}
	resp, err := http.DefaultClient.Do(n.request(t, src, m.Method, &v))
	if err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.Body.Close() != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s: what was rebuilt of event %s is answered %s %s, %v", s.name, id, resp.Status, said, err)
	}
	for note := range notes.C {
		if note.Kind == feed.Accepted && note.Source == s.name {
			if note.Event != id || note.Reason != "a repeat: stored already" {
				t.Errorf("%s: what was rebuilt of event %s is event %s, %q\n%s", s.name, id, note.Event, note.Reason, m.Body)
			}
			return true
		}
	}
	return true
}
