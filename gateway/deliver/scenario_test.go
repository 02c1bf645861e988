package deliver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// scenario is a vendor's fixture: what is asked, what is answered, what follows.
type scenario struct {
	Given struct {
		Event json.RawMessage
	}
	Exchange []exchange
	Request  *exchangeRequest // the files of testdata/targets hold one exchange
	Response *exchangeResponse
	Expect   struct {
		Delivered   *bool
		Retry       *bool
		Reason      string
		Requests    *int
		Attempts    int
		NotBefore   float64 `json:"not_before_seconds"`
		SlowDown    bool    `json:"slow_down"`
		DisableIt   bool    `json:"disable_target"`
		RefreshNext string  `json:"stored_refresh_token"`
	}
}

type exchange struct {
	Request  exchangeRequest
	Response exchangeResponse
}

type exchangeRequest struct {
	Method, Path string
	Query        map[string]string
	Headers      map[string]string
	Body         json.RawMessage
}

type exchangeResponse struct {
	Status  int
	Headers map[string]string
	Body    json.RawMessage
}

func readScenario(t *testing.T, path string) *scenario {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &scenario{}
	if err := json.Unmarshal(raw, s); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if s.Request != nil {
		s.Exchange = []exchange{{*s.Request, *s.Response}}
	}
	return s
}

// text gives a body as it goes over the wire: a JSON string's content, else the JSON itself.
func wire(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// vendor speaks a scenario's answers in order and compares each request. Token requests that the scenario leaves out
// are answered as the first scenario has it.
type vendor struct {
	t    *testing.T
	mu   sync.Mutex
	list []exchange
	next int
	seen []string
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen = append(v.seen, r.Method+" "+r.URL.Path)
	if r.URL.Path == "/oauth/token" && (v.next == len(v.list) || v.list[v.next].Request.Path != r.URL.Path) {
		_, _ = io.WriteString(w, `{"access_token":"TEST-ACCESS-1","expires_in":3600,"refresh_token":"TEST-REFRESH-1"}`)
		return
	}
	if v.next == len(v.list) {
		v.t.Errorf("unexpected %s %s", r.Method, r.URL)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	x := v.list[v.next]
	v.next++
	v.compare(r, x.Request, string(body))
	for name, value := range x.Response.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(x.Response.Status)
	_, _ = io.WriteString(w, wire(x.Response.Body))
}

func (v *vendor) compare(r *http.Request, want exchangeRequest, body string) {
	if r.Method != want.Method || r.URL.Path != want.Path {
		v.t.Errorf("request %d is %s %s, want %s %s", v.next, r.Method, r.URL.Path, want.Method, want.Path)
	}
	query := url.Values{}
	for name, value := range want.Query {
		query.Set(name, value)
	}
	if got := r.URL.Query(); len(got)+len(query) > 0 && !reflect.DeepEqual(got, query) {
		v.t.Errorf("request %d has query %v, want %v", v.next, got, query)
	}
	for name, value := range want.Headers {
		before, _, placeholder := strings.Cut(value, "<")
		if got := r.Header.Get(name); got != value && (!placeholder || !strings.HasPrefix(got, before) || len(got) == len(before)) {
			v.t.Errorf("request %d has %s %q, want %q", v.next, name, got, value)
		}
	}
	if got, want := normal(body), normal(wire(want.Body)); got != want {
		v.t.Errorf("request %d has body %s, want %s", v.next, got, want)
	}
}

// normal writes JSON in one way, and leaves other text alone.
func normal(s string) string {
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	out, _ := json.Marshal(v)
	return string(out)
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// network makes a destination that reaches a test server over real HTTP.
func network(t *testing.T, c *config.Destination, p wasm.Plugin) *deliver.Destination {
	t.Helper()
	c.AllowPrivate, c.AllowHTTP = true, true
	if c.Vault == nil {
		c.Vault = &secret.Vault{}
	}
	n, err := deliver.NewNetwork(c, deliver.NetworkOptions{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return destination(t, n, func(o *deliver.Options) { o.Config, o.Plugin = c, p })
}

// The presence target's scenarios, over real HTTP, with one OAuth token and a plugin of two steps. What its plugin
// decides by itself (echo, presence list) is tested with the plugin.
func TestPresenceScenarios(t *testing.T) {
	for _, name := range []string{"01-set-presence", "02-available", "03-agent-not-found", "04-token-expired", "05-unknown-presence", "06-server-error-then-ok"} {
		t.Run(name, func(t *testing.T) {
			s := readScenario(t, filepath.Join("testdata/babelforce", name+".scenario.json"))
			v := &vendor{t: t, list: s.Exchange}
			base := serve(t, v)
			p := setPresence(t)
			presence := s.presence()
			p.format, p.judge = replacing(p.format, presence), replacing(p.judge, presence)
			d := network(t, &config.Destination{Name: "crm", URL: text(base), Auth: config.Auth{Type: "oauth2-password", TokenURL: base + "/oauth/token",
				Username: "gateway@example.com", Password: secret.New("not-a-real-secret")}}, p)

			q := owed()
			q.Event.Body = s.Given.Event
			got := d.Attempt(t.Context(), q)
			for got.Class == deliver.Retry && q.Attempts < 5 {
				q.Attempts, q.Memo = q.Attempts+1, got.Memo
				got = d.Attempt(t.Context(), q)
			}
			if s.Expect.Delivered != nil && *s.Expect.Delivered != (got.Class == deliver.Delivered) {
				t.Errorf("%v %q", got.Class, got.Reason)
			}
			if s.Expect.Reason != "" && got.Reason != s.Expect.Reason {
				t.Errorf("reason %q, want %q", got.Reason, s.Expect.Reason)
			}
			if s.Expect.Attempts > 0 && got.Attempt.Number != s.Expect.Attempts {
				t.Errorf("%d attempts, want %d", got.Attempt.Number, s.Expect.Attempts)
			}
			if v.next != len(v.list) {
				t.Errorf("%d of %d requests came: %v", v.next, len(v.list), v.seen)
			}
		})
	}
}

// presence is the name that the scenario expects to be set.
func (s *scenario) presence() string {
	var doc struct{ Presence struct{ Name string } }
	for _, x := range s.Exchange {
		if x.Request.Method == http.MethodPut {
			_ = json.Unmarshal(x.Request.Body, &doc)
		}
	}
	return doc.Presence.Name
}

// replacing gives the plugin of these tests, which knows one presence, another one.
func replacing(f func(wasm.Input) (string, error), presence string) func(wasm.Input) (string, error) {
	return func(in wasm.Input) (string, error) {
		out, err := f(in)
		return strings.ReplaceAll(out, `"name":"away"`, `"name":"`+presence+`"`), err
	}
}

// The other targets' scenarios: one exchange each, decided by the status or by what a plugin reads out of the answer.
func TestTargetScenarios(t *testing.T) {
	verdicts := map[string]string{ // of a judge, where the status alone does not tell
		"eddydesk-02-banned-as-401": `{"retry":{"after":"20m","reason":"ban"}}`,
		"eddydesk-03-low-quota":     `{"slow_down":"30s"}`,
		"telegram-02-flood":         `{"retry":{"after":"7s"}}`,
		"telegram-03-migrated":      `{"retry":{},"memo":{"chat_id":-1001234567890}}`,
	}
	files, err := filepath.Glob("testdata/targets/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".scenario.json")
		t.Run(name, func(t *testing.T) {
			s := readScenario(t, file)
			v := &vendor{t: t, list: s.Exchange}
			d := network(t, &config.Destination{Name: "crm", URL: text(serve(t, v)), Auth: config.Auth{Type: authOf(s), Username: "u", Password: secret.New("p4ssw0rd")}},
				&scripted{name: "p", format: says(formatOf(s)), judge: says(verdicts[name])})
			got := d.Attempt(t.Context(), owed())
			expectTarget(t, s, got)
		})
	}
}

func expectTarget(t *testing.T, s *scenario, got deliver.Result) {
	t.Helper()
	e := s.Expect
	if *e.Delivered != (got.Class == deliver.Delivered) || e.Retry != nil && *e.Retry != (got.Class == deliver.Retry) || e.DisableIt != (got.Class == deliver.Disable) {
		t.Errorf("%v %q", got.Class, got.Reason)
	}
	at := got.NotBefore
	if !got.At.IsZero() {
		at = got.At
	}
	if e.NotBefore > 0 && at.Sub(now).Seconds() != e.NotBefore {
		t.Errorf("not before %v, want %v s", at.Sub(now), e.NotBefore)
	}
	if e.SlowDown != (got.SlowDown > 0) {
		t.Errorf("slow down %v", got.SlowDown)
	}
	if want := (queue.Attempt{}); got.Attempt.Status != s.Response.Status || reflect.DeepEqual(got.Attempt, want) {
		t.Errorf("record %+v", got.Attempt)
	}
}

func authOf(s *scenario) string {
	if strings.HasPrefix(s.Request.Headers["authorization"], "Basic") {
		return "basic"
	}
	return ""
}

// formatOf writes the scenario's request as a plugin would.
func formatOf(s *scenario) string {
	request := map[string]any{"method": s.Request.Method, "url": s.Request.Path}
	var form string
	if json.Unmarshal(s.Request.Body, &form) == nil {
		fields := map[string]string{}
		values, _ := url.ParseQuery(form)
		for name := range values {
			fields[name] = values.Get(name)
		}
		request["form"] = fields
	} else {
		request["json"] = s.Request.Body
	}
	out, _ := json.Marshal(map[string]any{"request": request})
	return string(out)
}
