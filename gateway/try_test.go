package gateway_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// received is the time of receipt in the canonical examples.
var received = time.Date(2025, 3, 4, 20, 0, 0, 0, time.UTC)

// trial reads a NAME.request.json with its body.
func trial(t *testing.T, file string) gateway.Trial {
	t.Helper()
	var r struct {
		Method, Target string
		Headers        map[string]string
		BodyFile       string `json:"body_file"`
	}
	readJSON(t, file, &r)
	out := gateway.Trial{Method: r.Method, Target: r.Target, Now: received}
	for name, value := range r.Headers {
		out.Headers = append(out.Headers, event.Header{Name: name, Value: value})
	}
	if r.BodyFile != "" {
		body, err := os.ReadFile(filepath.Join(filepath.Dir(file), r.BodyFile))
		if err != nil {
			t.Fatal(err)
		}
		out.Body = body
	}
	return out
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// TestZendeskFixturesThroughTry plays each recorded Zendesk request through verification, plugin and routes. The ones
// with a canonical reading must equal it field for field, and the one with a wrong signature must be refused.
func TestZendeskFixturesThroughTry(t *testing.T) {
	g := start(t, gatewaytest.Shipped(t))
	files, err := filepath.Glob("../plugins/zendesk/testdata/[0-9][0-9]-*.request.json")
	if err != nil || len(files) < 16 {
		t.Fatalf("%d fixtures, %v; want all 16", len(files), err)
	}
	compared := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".request.json")
		t.Run(name, func(t *testing.T) {
			r := g.try(t, trial(t, file))
			if name == "16-bad-signature" {
				if r.Status != 401 || len(r.Events) != 0 || len(r.Deliveries) != 0 || r.Reason == "" {
					t.Errorf("a wrong signature: %+v", r)
				}
				return
			}
			if r.Status != 202 || len(r.Events) != 1 || r.Source != "zendesk" {
				t.Fatalf("%+v", r)
			}
			if compareCanonical(t, r.Events[0], "testdata/canonical/zendesk."+name+".event.json") {
				compared++
			}
		})
	}
	if compared != 5 {
		t.Errorf("%d fixtures were compared with a canonical reading, want 5", compared)
	}
}

// compareCanonical holds an event against its canonical reading, if there is one.
func compareCanonical(t *testing.T, got json.RawMessage, file string) bool {
	t.Helper()
	if _, err := os.Stat(file); err != nil {
		return false
	}
	var want, have any
	readJSON(t, file, &want)
	if err := json.Unmarshal(got, &have); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("canonical reading (-want +got):\n%s", diff)
	}
	return true
}

func TestTryShowsTheFirstRequestOfEachDelivery(t *testing.T) {
	o := gateway.Options{ConfigFile: gatewaytest.Shipped(t)}
	r, err := gateway.Try(t.Context(), o, trial(t, "../plugins/zendesk/testdata/01-agent-unified-online.request.json"))
	if err != nil {
		t.Fatal(err)
	}
	d := delivery(t, r, "babelforce")
	if d.Outcome != "send" || len(d.Requests) != 1 {
		t.Fatalf("%+v", d)
	}
	req := d.Requests[0]
	if req.Method != http.MethodGet || !strings.HasSuffix(req.URL, "/api/v2/agents?sourceId=8447388090494") {
		t.Errorf("request %s %s", req.Method, req.URL)
	}
	if req.Headers["authorization"] != "Bearer [redacted]" || req.Headers["webhook-id"] != "01JNGR5X0V7W2Q9P4K3M8T6ZBA" {
		t.Errorf("headers %v", req.Headers)
	}
}

func TestTryPlaysLaterStepsFromAnswers(t *testing.T) {
	agent := `{"items":[{"id":"u-1","sourceId":"8447388090494","presence":{"name":"away"}}],"pagination":{"pages":1,"current":1}}`
	for name, c := range map[string]struct {
		answers  []gateway.Answer
		outcome  string
		requests int
		seconds  int
	}{
		"both steps":     {[]gateway.Answer{{Status: 200, Body: json.RawMessage(agent)}, {Status: 201}}, "delivered", 2, 0},
		"nobody found":   {[]gateway.Answer{{Status: 200, Body: json.RawMessage(`{"items":[]}`)}}, "dead", 1, 0},
		"told to wait":   {[]gateway.Answer{{Status: 429, Headers: map[string]string{"retry-after": "40"}}}, "retry", 1, 40},
		"too few":        {[]gateway.Answer{{Status: 200, Body: json.RawMessage(agent)}}, "send", 2, 0},
		"token too old":  {[]gateway.Answer{{Status: 401}, {Status: 200, Body: json.RawMessage(agent)}, {Status: 201}}, "delivered", 3, 0},
		"no list at all": {[]gateway.Answer{}, "send", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tr := trial(t, "../plugins/zendesk/testdata/01-agent-unified-online.request.json")
			tr.Answers = c.answers
			r, err := gateway.Try(t.Context(), gateway.Options{ConfigFile: gatewaytest.Shipped(t)}, tr)
			if err != nil {
				t.Fatal(err)
			}
			d := delivery(t, r, "babelforce")
			if d.Outcome != c.outcome || len(d.Requests) != c.requests {
				t.Errorf("%s (%s) with %d requests, want %s with %d", d.Outcome, d.Reason, len(d.Requests), c.outcome, c.requests)
			}
			if late := d.NotBeforeSeconds - c.seconds; late < 0 || late > 5 {
				t.Errorf("not before %d s, want %d and a little jitter", d.NotBeforeSeconds, c.seconds)
			}
		})
	}
}

func delivery(t *testing.T, r *gateway.TrialResult, destination string) gateway.TrialDelivery {
	t.Helper()
	for _, d := range r.Deliveries {
		if d.Destination == destination {
			return d
		}
	}
	t.Fatalf("no delivery for %s: %+v", destination, r)
	return gateway.TrialDelivery{}
}
