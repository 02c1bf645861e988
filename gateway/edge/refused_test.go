package edge_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/edge"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

func TestRefused(t *testing.T) {
	g := start(t, nil)
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write(bytes.Repeat([]byte(" "), 1<<20))
	_ = w.Close()
	tests := []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		reason                     string
	}{
		{"no such path", "POST", "/hooks/nobody", `{}`, nil, 404, "no source"},
		{"no such path, large body", "POST", "/hooks/nobody", strings.Repeat("x", 40<<10), nil, 404, "no source"},
		{"path with a slash more", "POST", "/hooks/plain/", `{}`, nil, 404, "no source"},
		{"path that cleans to one", "POST", "/hooks/./plain", `{}`, nil, 404, "no source"},
		{"path that decodes to one", "POST", "/hooks%2Fplain", `{}`, nil, 404, "no source"},
		{"decoded path of an escaped one", "POST", "/hooks/a/b", `{}`, nil, 404, "no source"},
		{"method", "GET", "/hooks/plain", ``, nil, 405, "method GET"},
		{"body that is no JSON", "POST", "/hooks/plain", `{"a":`, nil, 400, "not JSON"},
		{"body of another kind", "POST", "/hooks/plain", `a,b`, []string{"Content-Type", "text/csv"}, 415, "neither a CloudEvent nor JSON"},
		{"unknown encoding", "POST", "/hooks/plain", `{}`, []string{"Content-Encoding", "br"}, 415, "content-encoding"},
		{"not gzip", "POST", "/hooks/plain", `{}`, []string{"Content-Encoding", "gzip"}, 400, "not gzip"},
		{"bomb", "POST", "/hooks/plain", gz.String(), []string{"Content-Encoding", "gzip"}, 413, "larger"},
		{"too large", "POST", "/hooks/plain", strings.Repeat(" ", 65<<10), nil, 413, "max_body"},
		{"no signature", "POST", "/hooks/zendesk/main", `{}`, nil, 401, "x-zendesk-webhook-signature-timestamp is missing"},
		{"wrong signature", "POST", "/hooks/zendesk/main", `{}`, []string{"X-Zendesk-Webhook-Signature-Timestamp", "2025-03-04T08:00:02Z",
			"X-Zendesk-Webhook-Signature", "OQckNT0FiuQWoUXlBbX4yoiW8AByciQUll/TcT5+04g="}, 401, "does not match"},
		{"credentials that HTTP has names for", "POST", "/hooks/asked", `{}`, nil, 401, "authorization is missing"},
	}
	for _, tt := range tests {
		status, answer, h := g.send(tt.method, tt.target, tt.body, tt.headers...)
		var document struct{ Error string }
		if err := json.Unmarshal([]byte(answer), &document); err != nil || status != tt.status || !strings.Contains(document.Error, tt.reason) {
			t.Errorf("%s: %d %s, want %d and %q", tt.name, status, answer, tt.status, tt.reason)
		}
		if allow := h.Get("Allow"); (status == 405) != (allow == "POST, PUT") {
			t.Errorf("%s: Allow %q", tt.name, allow)
		}
		// Many clients send their password only to who asks for it.
		if ask := h.Get("Www-Authenticate"); (tt.target == "/hooks/asked") != (ask == `Bearer realm="plugboard", Basic realm="plugboard"`) {
			t.Errorf("%s: WWW-Authenticate %q", tt.name, ask)
		}
	}
	if stored := g.events(); len(stored) != 0 {
		t.Errorf("stored %+v", stored)
	}
	if notes := g.notes.of(feed.Refused); len(notes) != len(tests) {
		t.Errorf("%d notes for %d refusals", len(notes), len(tests))
	}
	for _, given := range []string{"OQckNT0F", "dGhpc19z"} {
		if strings.Contains(g.log.String(), given) {
			t.Errorf("the log holds %s", given)
		}
	}
	if lines := strings.Count(g.log.String(), "request refused"); lines != len(tests) {
		t.Errorf("%d log lines for %d refusals:\n%s", lines, len(tests), g.log)
	}
}

func TestSigned(t *testing.T) {
	body, err := os.ReadFile("testdata/zendesk-01.json")
	if err != nil {
		t.Fatal(err)
	}
	g := start(t, nil)
	a := g.accepted("/hooks/zendesk/main", string(body), "X-Zendesk-Webhook-Signature-Timestamp", "2025-03-04T08:00:02Z",
		"X-Zendesk-Webhook-Signature", "OQckNT0FiuQWoUXlBbX4yoiW8AByciQUll/TcT5+04g=", "Webhook-Id", "abc")
	if a.ID != "abc" {
		t.Errorf("answered %+v", a)
	}
}

func TestEscapedPathIsItself(t *testing.T) {
	g := start(t, nil)
	g.accepted("/hooks/a%2Fb", `{}`)
	statuses, _ := g.raw("POST /hooks/a%2fb HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
	if diff := cmp.Diff([]int{404}, statuses); diff != "" {
		t.Errorf("lower-case escape (-want +got):\n%s", diff)
	}
}

func TestCompressed(t *testing.T) {
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write([]byte(`{"a":1}`))
	_ = w.Close()
	g := start(t, nil)
	a := g.accepted("/hooks/read", gz.String(), "Content-Encoding", "gzip")
	stored, err := g.queue.Event(t.Context(), a.ID)
	if err != nil || !strings.Contains(string(stored.Event.Body), `{"a":1,`) {
		t.Errorf("%v: %s", err, stored.Event.Body)
	}
	raw, err := event.DecodeRaw(stored.Event.Raw)
	if err != nil || !bytes.Equal(raw.Body, gz.Bytes()) {
		t.Errorf("raw is not what was received: %v", err)
	}
}

// store fails as a queue does.
type store struct{ err error }

func (s store) Enqueue(context.Context, ...queue.Entry) ([]queue.Receipt, error) { return nil, s.err }
func (s store) SetAside(context.Context, queue.Rejected) (id string, err error)  { return "", s.err }

func TestStoreFailures(t *testing.T) {
	for err, want := range map[error]struct {
		status int
		retry  string
	}{
		queue.ErrFull: {503, "30"}, queue.ErrClosed: {503, "5"}, queue.ErrTooLarge: {413, ""}, fmt.Errorf("disk: input/output error"): {503, "5"},
	} {
		g := start(t, func(o *edge.Options) { o.Store = store{fmt.Errorf("wrapped: %w", err)} })
		status, answer, h := g.send("POST", "/hooks/read", `{}`)
		if status != want.status || h.Get("Retry-After") != want.retry || strings.Contains(answer, "input/output") {
			t.Errorf("%v: %d %s, Retry-After %q", err, status, answer, h.Get("Retry-After"))
		}
	}
}

func TestNotReady(t *testing.T) {
	g := start(t, nil)
	g.server.Pause("the store is being checked")
	if status, answer, h := g.send("POST", "/hooks/plain", `{}`); status != 503 || h.Get("Retry-After") == "" || !strings.Contains(answer, "being checked") {
		t.Errorf("%d %s", status, answer)
	}
	g.server.Resume()
	g.accepted("/hooks/plain", `{}`)
	g.server.Swap(nil)
	if status, _, _ := g.send("POST", "/hooks/plain", `{}`); status != 503 {
		t.Errorf("without a pipeline: %d", status)
	}
}

func TestPanicIsContained(t *testing.T) {
	g := start(t, nil)
	g.server.Swap(pipeline(t, []edge.Source{{Config: &config.Source{Name: "s", Path: "/s", Plugin: "acme", Verify: none()},
		Plugin: plugin{func(wasm.Input) (string, error) { panic("odd") }}}}, nil))
	for range 2 {
		if status, _, _ := g.send("POST", "/s", `{}`); status != 500 {
			t.Errorf("status %d", status)
		}
	}
	if !strings.Contains(g.log.String(), "panic while handling") {
		t.Error("nothing in the log")
	}
}
