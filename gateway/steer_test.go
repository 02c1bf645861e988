package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/replay"
	"github.com/plugboard/plugboard/queue"
)

// steered is a gateway whose destination "crm" answers as it is told, beside one, "backup", that works.
type steered struct {
	*running
	file   string
	status atomic.Int64

	mu  sync.Mutex
	got map[string][]string // webhook-ids by path, in the order they came, of what was answered 200
}

const steerable = `
[sources.in]
verify = { scheme = "none" }
[destinations.backup]
url = "%[1]s/backup"
allow_http = true
allow_private = true
`

const steerableCRM = `
[destinations.crm]
url = "%[1]s/crm"
allow_http = true
allow_private = true
concurrency = 4
retry = { every = "1h", for = "24h" }
[[routes]]
name = "happenings"
types = ["test.happened"]
to = ["crm"]
`

const steerableServer = `
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[queue]
dir = "data"
min_free = "1MiB"
[plugins]
dir = "."
`

func startSteered(t *testing.T, more string) *steered {
	t.Helper()
	s := &steered{got: map[string][]string{}}
	s.status.Store(http.StatusBadRequest)
	receiver := httptest.NewServer(s)
	t.Cleanup(receiver.Close)
	s.file = gatewaytest.Write(t, steerableServer+fmt.Sprintf(steerable+more, receiver.URL))
	s.running = startWith(t, gateway.Options{ConfigFile: s.file, Logger: slog.New(slog.DiscardHandler)}) // it tells of every dead letter
	return s
}

func (s *steered) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := int(s.status.Load())
	if r.URL.Path == "/backup" {
		status = http.StatusOK
	}
	if status == http.StatusOK {
		s.mu.Lock()
		s.got[r.URL.Path] = append(s.got[r.URL.Path], r.Header.Get("webhook-id"))
		s.mu.Unlock()
	}
	w.WriteHeader(status)
	if status >= http.StatusBadRequest {
		_, _ = io.WriteString(w, "n"+strings.Repeat("é", 3000)) // the 4,096th byte is half of one
	}
}

func (s *steered) arrived(path string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got[path]...)
}

// send posts events in one request, numbered from a number on, of five subjects in turn.
func (s *steered) send(t *testing.T, kind string, from, n int) {
	t.Helper()
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"specversion":"1.0","id":"%s-%03d","source":"/t","type":%q,"subject":"agent/%d","data":{}}`, kind, from+i, kind, i%5)
	}
	resp, err := http.Post(s.url("/hooks/in"), "application/cloudevents-batch+json", strings.NewReader("["+strings.Join(list, ",")+"]"))
	if err != nil || resp.StatusCode != http.StatusAccepted || resp.Body.Close() != nil {
		t.Fatal(resp, err)
	}
}

// await waits until a destination has so many deliveries in a state.
func (s *steered) await(t *testing.T, destination string, state queue.State, n int) []queue.Delivery {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		page, err := s.Store().Deliveries(t.Context(), queue.Filter{Destination: destination, State: state, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) == n {
			return page.Items
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d deliveries to %s are %s, want %d", len(page.Items), destination, state, n)
		}
	}
}

// ask posts a document to the API and gives the status, and the report or the problem.
func (g *running) ask(t *testing.T, path string, document any) (status int, report replay.Report, detail string) {
	t.Helper()
	body, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	token, err := os.ReadFile(g.token)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+g.Admin()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.Body.Close() != nil {
		t.Fatal(err)
	}
	if resp.StatusCode == http.StatusOK {
		err = json.Unmarshal(text, &report)
	} else if len(text) > 0 {
		var p admin.Problem
		err = json.Unmarshal(text, &p)
		detail = p.Detail
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return resp.StatusCode, report, detail
}

// all asks call by call until everything is done, and adds up.
func (s *steered) all(t *testing.T, path string, sel admin.Selection) (done, calls int, skipped map[string]int) {
	t.Helper()
	skipped = map[string]int{}
	for {
		status, r, detail := s.ask(t, path, sel)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, status, detail)
		}
		calls++
		done += r.Done
		for why, n := range r.Skipped {
			skipped[why] += n
		}
		if sel.Cursor = r.Next; r.Next == "" {
			return done, calls, skipped
		}
	}
}

// TestCancelByFilter cancels what waits, by filter and by ID, and nothing else.
func TestCancelByFilter(t *testing.T) {
	s := startSteered(t, steerableCRM)
	s.status.Store(http.StatusServiceUnavailable)
	s.send(t, "test.happened", 0, 100)
	s.await(t, "crm", queue.Pending, 100)
	sel := admin.Selection{Filter: map[string]string{"subject": "agent/1"}, Limit: 7, DryRun: true}
	if done, calls, _ := s.all(t, "/v1/cancel", sel); done != 20 || calls < 3 {
		t.Errorf("a dry run counts %d in %d calls", done, calls)
	}
	s.await(t, "crm", queue.Cancelled, 0)
	sel.DryRun = false
	if done, _, _ := s.all(t, "/v1/cancel", sel); done != 20 {
		t.Errorf("%d were cancelled", done)
	}
	for _, d := range s.await(t, "crm", queue.Cancelled, 20) {
		if d.Event.Subject != "agent/1" || d.Reason != "cancelled by an operator" {
			t.Errorf("%+v", d)
		}
	}
	_, r, _ := s.ask(t, "/v1/cancel", admin.Selection{IDs: []string{"test.happened-001/crm", "test.happened-002/crm", "none/crm"}})
	if r.Done != 1 || r.Skipped["it has ended"] != 1 || r.Skipped["there is no such delivery, event or request"] != 1 {
		t.Errorf("%+v", r)
	}
	s.await(t, "crm", queue.Cancelled, 21)
	if status, _, detail := s.ask(t, "/v1/deliveries/test.happened-001%2Fcrm/retry", nil); status != http.StatusConflict || !strings.Contains(detail, "replay") {
		t.Errorf("a retry of what has ended: %d %s", status, detail)
	}
	s.status.Store(http.StatusOK)
	if status, _, detail := s.ask(t, "/v1/deliveries/test.happened-003%2Fcrm/retry", nil); status != http.StatusNoContent {
		t.Errorf("%d %s", status, detail)
	}
}

// TestAResponseThatWasCutSaysSo reads an attempt whose receiver said more than is kept, and said it in UTF-8.
func TestAResponseThatWasCutSaysSo(t *testing.T) {
	s := startSteered(t, steerableCRM)
	s.send(t, "test.happened", 0, 1)
	s.await(t, "crm", queue.Dead, 1)
	var d admin.DeliveryRecord
	s.api(t, "/v1/deliveries/test.happened-000%2Fcrm", &d)
	if len(d.Attempts) != 1 {
		t.Fatalf("%+v", d)
	}
	a := d.Attempts[0]
	if !a.Cut || a.Bytes != 6001 || a.Response != "n"+strings.Repeat("é", 2047) || a.Binary != nil {
		t.Errorf("cut %v, of %d bytes: %d kept as text, %d as base64", a.Cut, a.Bytes, len(a.Response), len(a.Binary))
	}
	if a.Request == "" || a.Status != http.StatusBadRequest || a.Started.IsZero() || a.DurationMS <= 0 || a.Error == "" || a.Number != 1 {
		t.Errorf("%+v", a)
	}
}

// TestSelectionsThatCannotBeMeant asks for what makes no sense: 400, with what to do.
func TestSelectionsThatCannotBeMeant(t *testing.T) {
	s := startSteered(t, "")
	for _, c := range []struct{ path, body, want string }{
		{"replay", `{}`, "ids, or a filter"}, {"cancel", `{}`, "ids, or a filter"},
		{"replay", `{"filter":{}}`, "name a state"}, {"cancel", `{"filter":{}}`, "name a destination"},
		{"replay", `{"ids":["a"],"filter":{"state":"dead"}}`, "ids, or a filter"},
		{"replay", `{"filter":{"state":"lost"}}`, "no state"},
		{"replay", `{"filter":{"limit":"3"}}`, "beside the filter"},
		{"replay", `{"filter":{"sauce":"in"}}`, "no parameter"},
		{"replay", `{"rejected":true,"filter":{"type":"x"}}`, "only source, since and until"},
		{"replay", `{"filter":{"state":"dead"},"limit":1001}`, "limit"},
		{"replay", `{"filter":{"state":"dead"},"cursor":"x"}`, "no cursor"},
		{"replay", `{"filter":{"state":"dead"},"why":"x"}`, "/v1/cancel"},
		{"cancel", `{"filter":{"state":"dead"},"to":"backup"}`, "/v1/replay"},
		{"cancel", `{"filter":{"state":"delivered"}}`, "cannot be cancelled"},
		{"replay", `{"filtre":{}}`, "filtre"}, {"replay", `"all"`, "the body"},
	} {
		status, _, detail := s.ask(t, "/v1/"+c.path, json.RawMessage(c.body))
		if status != http.StatusBadRequest || !strings.Contains(detail, c.want) {
			t.Errorf("%s %s: %d %q, want %q", c.path, c.body, status, detail, c.want)
		}
	}
}
