package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

// screen is a writer that a test can wait on.
type screen struct {
	mu   sync.Mutex
	cond *sync.Cond
	text bytes.Buffer
}

func newScreen() *screen {
	s := &screen{}
	s.cond = sync.NewCond(&s.mu)
	return s
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cond.Broadcast()
	return s.text.Write(b)
}

// waitFor blocks until the text is on the screen; the test's deadline ends a wait in vain.
func (s *screen) waitFor(ctx context.Context, text string) bool {
	defer context.AfterFunc(ctx, s.cond.Broadcast)()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !strings.Contains(s.text.String(), text) {
		if ctx.Err() != nil {
			return false
		}
		s.cond.Wait()
	}
	return true
}

// mustShow waits a while for the text: what dev prints comes behind what it tells.
func (s *screen) mustShow(t *testing.T, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if !s.waitFor(ctx, text) {
		t.Errorf("the screen does not show %q:\n%s", text, s)
	}
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// startDev runs the dev command on the shipped configuration, built plugins and free ports, until the test ends.
func startDev(t *testing.T) (config string, out *screen) {
	t.Helper()
	config = gatewaytest.Shipped(t)
	out = startDevWith(t, "dev", "--config", config)
	return config, out
}

// TestNewcomersPath types what the README says: dev, send, and where is my event.
func TestNewcomersPath(t *testing.T) {
	config, out := startDev(t)
	const event = "01JNGR5X0V7W2Q9P4K3M8T6ZBA"
	sample := filepath.FromSlash("../../plugins/zendesk/testdata/01-agent-unified-online.request.json")

	status, said, errs := command(t, "send", "--config", config, "--source", "zendesk", sample)
	if status != 0 || !strings.HasPrefix(said, "202 ") || !strings.Contains(said, event+"/babelforce  delivered") {
		t.Fatalf("send: status %d\n%s%s", status, said, errs)
	}
	for _, want := range []string{"accepted", "offline → online", "owes 1 delivery", "GET http", "PUT http", "→ 201", "delivered"} {
		out.mustShow(t, want)
	}
	status, said, _ = command(t, "send", "--config", config, "--source", "zendesk", sample)
	if status != 0 || !strings.Contains(said, "delivered after 1 attempt") {
		t.Errorf("a repeat: status %d\n%s", status, said)
	}
	status, said, _ = command(t, "events", "--config", config, "--type", "agent.state.changed")
	if status != 0 || !strings.Contains(said, event) || !strings.Contains(said, "babelforce delivered") {
		t.Errorf("events: status %d\n%s", status, said)
	}
	status, said, _ = command(t, "events", "show", event, "--raw", "--config", config)
	if status != 0 || !strings.Contains(said, "AGENT_STATUS_SWITCHER") || !strings.Contains(said, "x-zendesk-webhook-id") {
		t.Errorf("events show: status %d\n%s", status, said)
	}
	showsDelivery(t, config, event+"/babelforce")
	auditHolds(t, config)
}

// TestSendAs posts what a vendor would have sent for a canonical event: rebuilt, signed, and taken for the same event.
func TestSendAs(t *testing.T) {
	config, _ := startDev(t)
	const event = "01JNGR5X0V7W2Q9P4K3M8T6ZBA"
	events := filepath.FromSlash("../../plugins/zendesk/testdata/01-agent-unified-online.events.json")
	status, said, errs := command(t, "send", "--config", config, "--as", "zendesk", "--dry-run", events)
	for _, want := range []string{"POST http://", "/hooks/zendesk/main", "x-zendesk-webhook-signature: ", `"type":"zen:event-type:agent.unified_state_changed"`} {
		if status != 0 || !strings.Contains(said, want) {
			t.Errorf("dry run: status %d, no %s\n%s%s", status, want, said, errs)
		}
	}
	if status, said, _ := command(t, "events", "show", event, "--config", config); status == 0 {
		t.Errorf("the dry run was sent:\n%s", said)
	}
	status, said, errs = command(t, "send", "--config", config, "--as", "zendesk", events)
	if status != 0 || !strings.HasPrefix(said, "202 ") || !strings.Contains(said, event+"/babelforce  delivered") {
		t.Errorf("send: status %d\n%s%s", status, said, errs)
	}
	foreign := filepath.Join(t.TempDir(), "foreign.json")
	list := `[{"type":"call.ended","ccvendor":"ziwo"}]`
	if err := os.WriteFile(foreign, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"event 1: Zendesk has no message for call.ended":                  {"--as", "zendesk", foreign},
		`no source has the plugin "acme"; there are sources with zendesk`: {"--as", "acme", foreign},
		`source generic has the plugin "", not "zendesk"`:                 {"--as", "zendesk", "--source", "generic", foreign},
		"holds no canonical event":                                        {"--as", "zendesk", filepath.FromSlash("../../config.toml")},
	} {
		status, said, errs := command(t, append([]string{"send", "--config", config}, args...)...)
		if status != 1 || !strings.Contains(errs, want) {
			t.Errorf("status %d, want …%s…\n%s%s", status, want, said, errs)
		}
	}
}

func showsDelivery(t *testing.T, config, id string) {
	t.Helper()
	var d admin.DeliveryRecord
	status, said, errs := command(t, "deliveries", "show", id, "--json", "--config", config)
	if err := json.Unmarshal([]byte(said), &d); status != 0 || err != nil {
		t.Fatalf("deliveries show: status %d, %v\n%s%s", status, err, said, errs)
	}
	if d.State != "delivered" || len(d.Attempts) != 1 || d.Attempts[0].Status != 201 || !strings.HasPrefix(d.Attempts[0].Plugin, "babelforce@") {
		t.Errorf("%+v", d)
	}
	status, said, _ = command(t, "deliveries", "--state", "delivered", "--config", config)
	if status != 0 || !strings.Contains(said, id) {
		t.Errorf("deliveries: status %d\n%s", status, said)
	}
	if status, said, _ = command(t, "deliveries", "--state", "dead", "--config", config); status != 0 || strings.Contains(said, id) {
		t.Errorf("deliveries that are dead: status %d\n%s", status, said)
	}
}

func auditHolds(t *testing.T, config string) {
	t.Helper()
	var r queue.AuditReport
	status, said, errs := command(t, "audit", "--json", "--config", config)
	if err := json.Unmarshal([]byte(said), &r); status != 0 || err != nil {
		t.Fatalf("audit: status %d, %v\n%s%s", status, err, said, errs)
	}
	if r.Events != 1 || r.Owed != 1 || r.States["delivered"] != 1 || r.FaultCount != 0 {
		t.Errorf("%+v", r)
	}
}

func TestSendSaysWhatIsRefused(t *testing.T) {
	config, out := startDev(t)
	sample := filepath.FromSlash("../../examples/any-json/01-note.request.json")
	status, said, errs := command(t, "send", "--config", config, "--source", "nobody", sample)
	if status != 1 || !strings.Contains(errs, "generic, zendesk") {
		t.Errorf("an unknown source: status %d, %s%s; want the names there are", status, said, errs)
	}
	body := filepath.Join(t.TempDir(), "body.json")
	if err := os.WriteFile(body, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, said, _ = command(t, "send", "--config", config, "--source", "generic", body)
	if status != 1 || !strings.HasPrefix(said, "400 ") {
		t.Errorf("broken JSON: status %d\n%s", status, said)
	}
	out.mustShow(t, "refused")
}

func TestCommandsWithoutAGatewaySayHowToStartOne(t *testing.T) {
	config := gatewaytest.Shipped(t)
	for _, args := range [][]string{{"events"}, {"deliveries"}, {"rejected"}, {"audit"}} {
		status, _, errs := command(t, append(args, "--config", config)...)
		if status != 1 || !strings.Contains(errs, "gateway") {
			t.Errorf("plugboard %s: status %d, %q", args[0], status, errs)
		}
	}
}

// TestFollowPrintsWhatHappens follows deliveries while one is made.
func TestFollowPrintsWhatHappens(t *testing.T) {
	config, _ := startDev(t)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	followed := newScreen()
	done := make(chan int, 1)
	go func() {
		done <- execute(ctx, []string{"deliveries", "--follow", "--json", "--destination", "babelforce", "--config", config}, stdio{strings.NewReader(""), followed, followed})
	}()
	sample := filepath.FromSlash("../../plugins/zendesk/testdata/03-agent-unified-logout.request.json")
	other := filepath.FromSlash("../../plugins/zendesk/testdata/09-ticket-created.request.json")
	// Following begins at some moment after the goroutine does: distinct events are sent until one is seen.
	deadline := time.Now().Add(20 * time.Second)
	for i := 0; !strings.Contains(followed.String(), `"kind":"ended"`) && time.Now().Before(deadline); i++ {
		file := filepath.Join(t.TempDir(), "copy.json")
		body, err := os.ReadFile(strings.Replace(sample, ".request", "", 1))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, bytes.Replace(body, []byte("01JNHQ0Z1Y2X3W4V5T6S7R8QPN"), fmt.Appendf(nil, "copy-%d", i), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{other, file} {
			if status, said, errs := command(t, "send", "--config", config, "--source", "zendesk", f); status != 0 {
				t.Fatalf("send: status %d\n%s%s", status, said, errs)
			}
		}
	}
	followed.mustShow(t, `"kind":"attempt"`)
	followed.mustShow(t, `/babelforce"`)
	if strings.Contains(followed.String(), `"destination":"crm"`) {
		t.Errorf("another destination's delivery passed the filter:\n%s", followed)
	}
	stop()
	if status := <-done; status != 0 {
		t.Errorf("following ended with status %d\n%s", status, followed)
	}
}

// TestRunServesUntilItIsStopped runs the gateway as an operator does.
func TestRunServesUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	out := newScreen()
	done := make(chan int, 1)
	go func() {
		done <- execute(ctx, []string{"run", "--config", gatewaytest.Shipped(t)}, stdio{strings.NewReader(""), out, out})
	}()
	out.mustShow(t, "listening on http://127.0.0.1:")
	stop()
	if status := <-done; status != 0 {
		t.Errorf("run ended with status %d\n%s", status, out)
	}
}
