package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

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
