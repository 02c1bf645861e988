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
	"path/filepath"
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

// TestReplayOfManyKeepsTheirOrder has 250 dead letters queued again, some at a time: counted before, queued once, in the
// order in which they came within each subject, and skipped when the same is asked once more.
func TestReplayOfManyKeepsTheirOrder(t *testing.T) {
	const n = 250
	s := startSteered(t, steerableCRM)
	for from := 0; from < n; from += 50 {
		s.send(t, "test.happened", from, 50)
	}
	s.await(t, "crm", queue.Dead, n)
	dead := admin.Selection{Filter: map[string]string{"state": "dead", "destination": "crm"}, Limit: 60}

	dry := dead
	dry.DryRun = true
	if done, calls, skipped := s.all(t, "/v1/replay", dry); done != n || calls < 4 || len(skipped) > 0 {
		t.Errorf("a dry run counts %d in %d calls, skips %v", done, calls, skipped)
	}
	s.await(t, "crm", queue.Pending, 0)
	s.status.Store(http.StatusOK)
	if done, _, skipped := s.all(t, "/v1/replay", dead); done != n || len(skipped) > 0 {
		t.Errorf("%d were queued, %v skipped", done, skipped)
	}
	s.await(t, "crm", queue.Delivered, n)
	last := map[byte]string{}
	for _, id := range s.arrived("/crm") { // subjects go by the last digit of the number
		digit := id[len("test.happened-00")] % 5
		if id <= last[digit] {
			t.Errorf("%s came after %s", id, last[digit])
		}
		last[digit] = id
	}
	if done, _, skipped := s.all(t, "/v1/replay", dead); done != 0 || skipped["it was replayed already"] != n {
		t.Errorf("asked once more: %d were queued, %v skipped", done, skipped)
	}
	again := dead
	again.Again = true
	if done, _, _ := s.all(t, "/v1/replay", again); done != n {
		t.Errorf("asked to replay them all the same: %d were", done)
	}
	s.await(t, "crm", queue.Delivered, 2*n)
	if r, err := s.Store().Audit(t.Context()); err != nil || r.FaultCount > 0 || r.States["dead"] != n || r.States["delivered"] != 2*n {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestReplayElsewhere replays what no destination takes any more, and what no route took, to another destination.
func TestReplayElsewhere(t *testing.T) {
	s := startSteered(t, steerableCRM)
	s.send(t, "test.happened", 0, 6)
	s.send(t, "test.other", 0, 4)
	s.await(t, "crm", queue.Dead, 6)
	full := readFile(t, s.file)
	edit(t, s.file, full[:strings.Index(full, "[destinations.crm]")])
	if err := s.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	dead := admin.Selection{Filter: map[string]string{"state": "dead"}}
	if done, _, skipped := s.all(t, "/v1/replay", dead); done != 0 || skipped["its destination is configured no more; name another"] != 6 {
		t.Errorf("to a destination that is gone: %d, %v", done, skipped)
	}
	if status, _, detail := s.ask(t, "/v1/replay", admin.Selection{Filter: dead.Filter, To: "crm"}); status != http.StatusBadRequest || !strings.Contains(detail, "there are backup") {
		t.Errorf("%d %s", status, detail)
	}
	_, r, _ := s.ask(t, "/v1/replay", admin.Selection{IDs: []string{"test.happened-005/crm", "test.other-003", "nothing"}, To: "backup"})
	if r.Done != 2 || r.Items[2].Skipped == "" && r.Items[0].Skipped == "" {
		t.Errorf("by id: %+v", r)
	}
	s.await(t, "backup", queue.Delivered, 2)
	dead.To = "backup"
	if done, _, skipped := s.all(t, "/v1/replay", dead); done != 5 || skipped["the event is or was there already"] != 1 {
		t.Errorf("to another: %d, %v", done, skipped)
	}
	if done, _, skipped := s.all(t, "/v1/replay", admin.Selection{Unrouted: true, Filter: map[string]string{}}); done != 0 || skipped["no route takes the event"] != 4 {
		t.Errorf("what no route took, by no route: %d, %v", done, skipped)
	}
	edit(t, s.file, full+"[[routes]]\nname = \"others\"\ntypes = [\"test.other\"]\nto = [\"backup\"]\n")
	if err := s.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if done, _, skipped := s.all(t, "/v1/replay", admin.Selection{Unrouted: true, Filter: map[string]string{"source": "in"}}); done != 3 || skipped["the event is or was there already"] != 1 {
		t.Errorf("what no route took, by a new route: %d, %v", done, skipped)
	}
	for _, d := range s.await(t, "backup", queue.Delivered, 10) {
		if d.Key == "" || d.Route == "" {
			t.Errorf("%+v", d)
		}
	}
	if done, _, _ := s.all(t, "/v1/cancel", admin.Selection{Filter: map[string]string{"state": "dead"}, Why: "moved to backup"}); done != 6 {
		t.Errorf("%d dead letters were put away", done)
	}
	for _, d := range s.await(t, "crm", queue.Cancelled, 6) {
		if d.Reason != "moved to backup" {
			t.Errorf("%+v", d)
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

// TestReplayOfWhatWasSetAside mends a plugin that could not read requests, and has them read again: they become events once.
func TestReplayOfWhatWasSetAside(t *testing.T) {
	s := &steered{got: map[string][]string{}}
	receiver := httptest.NewServer(s)
	t.Cleanup(receiver.Close)
	s.file = gatewaytest.Write(t, steerableServer+fmt.Sprintf(strings.Replace(steerable, "[sources.in]", "[sources.in]\nplugin = \"acme\"", 1), receiver.URL)+
		"[[routes]]\nname = \"all\"\nto = [\"backup\"]\n")
	script := filepath.Join(filepath.Dir(s.file), "acme.js")
	edit(t, script, "export function receive(request, events) { throw new Error('not yet'); }\n")
	s.running = startWith(t, gateway.Options{ConfigFile: s.file})
	for i := range 5 {
		if status, a := s.post(t, "/hooks/in", fmt.Sprintf(`{"n":%d}`, i)); status != http.StatusAccepted || !a.Aside {
			t.Fatalf("%d %+v", status, a)
		}
	}
	all := admin.Selection{Rejected: true, Filter: map[string]string{"source": "in"}}
	if done, _, skipped := s.all(t, "/v1/replay", all); done != 0 || len(skipped) != 1 {
		t.Errorf("before it was mended: %d, %v", done, skipped)
	}
	edit(t, script, "export function receive(request, events) { events.add('acme.happened'); }\n")
	if err := s.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err := s.Store().Rejected(t.Context(), queue.Filter{})
	if err != nil || len(page.Items) != 5 {
		t.Fatalf("%+v, %v", page, err)
	}
	if _, r, detail := s.ask(t, "/v1/replay", admin.Selection{IDs: []string{page.Items[0].ID}}); r.Done != 1 || len(r.Items[0].Deliveries) != 1 {
		t.Errorf("by id: %+v %s", r, detail)
	}
	dry := all
	dry.DryRun = true
	if done, _, _ := s.all(t, "/v1/replay", dry); done != 4 {
		t.Errorf("a dry run counts %d", done)
	}
	if done, _, skipped := s.all(t, "/v1/replay", all); done != 4 || len(skipped) > 0 {
		t.Errorf("mended: %d, %v", done, skipped)
	}
	s.await(t, "backup", queue.Delivered, 5)
	if done, _, _ := s.all(t, "/v1/replay", all); done != 0 {
		t.Errorf("once more: %d", done)
	}
	if r, err := s.Store().Audit(t.Context()); err != nil || r.FaultCount > 0 || r.Rejected != 0 || r.Events != 5 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestReplayLeavesOutWhatWasReplaced has newer events replace waiting ones: a filter that picks them all by the way leaves the
// old ones out, one that asks for them does not.
func TestReplayLeavesOutWhatWasReplaced(t *testing.T) {
	s := startSteered(t, strings.Replace(steerableCRM, "concurrency = 4", "concurrency = 4\nlatest_only = true", 1))
	s.status.Store(http.StatusServiceUnavailable)
	s.send(t, "test.happened", 0, 5)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) { // until each waits for its retry
		tried := 0
		for _, d := range s.await(t, "crm", queue.Pending, 5) {
			tried += d.Attempts
		}
		if tried == 5 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of 5 were attempted", tried)
		}
	}
	s.send(t, "test.happened", 5, 5)
	s.await(t, "crm", queue.Superseded, 5)
	done, _, skipped := s.all(t, "/v1/replay", admin.Selection{Filter: map[string]string{"destination": "crm"}})
	if done != 0 || skipped["a newer one replaced it"] != 5 || skipped["it still waits"] != 5 {
		t.Errorf("%d were queued, %v skipped", done, skipped)
	}
	if done, _, skipped := s.all(t, "/v1/replay", admin.Selection{Filter: map[string]string{"state": "superseded"}, DryRun: true}); done != 5 {
		t.Errorf("asked for just those: %d, %v skipped", done, skipped)
	}
}
