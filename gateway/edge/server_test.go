package edge_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/edge"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

var received = time.Date(2025, 3, 4, 20, 0, 0, 0, time.UTC)

type accepted struct {
	ID         string   `json:"id"`
	Events     []string `json:"events"`
	Deliveries int      `json:"deliveries"`
	Aside      bool     `json:"aside"`
}

func (g *gateway) accepted(target, body string, headers ...string) accepted {
	g.t.Helper()
	status, answer, h := g.send("POST", target, body, headers...)
	var a accepted
	if err := json.Unmarshal([]byte(answer), &a); err != nil || status != 202 || h.Get("Content-Type") != "application/json" {
		g.t.Fatalf("%d %s (%v)", status, answer, err)
	}
	return a
}

// A 202 means that the event, the deliveries it owes and the request are on disk.
func TestAccepted(t *testing.T) {
	g := start(t, nil)
	a := g.accepted("/hooks/read?x=%2F", `{"a":1}`, "Content-Type", "application/json", "X-Zendesk-Account-Id", "9", "X-Api-Key", "s3cr3t", "Authorization", "Bearer s3cr3t")
	if len(a.Events) != 1 || a.Events[0] != a.ID || a.Deliveries != 2 {
		t.Fatalf("answered %+v", a)
	}
	stored, err := g.queue.Event(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	e := stored.Event
	if e.Source != "read" || e.Type != "agent.state.changed" || e.Subject != "agent/7" || !strings.Contains(string(e.Body), `"data":{"a":1,"derived":["time"]}`) {
		t.Errorf("stored %+v: %s", e, e.Body)
	}
	if !strings.Contains(string(e.Body), `"source":"/acme/main"`) {
		t.Errorf("the connection's account is not in the source: %s", e.Body)
	}
	var owed []string
	for _, d := range stored.Deliveries {
		owed = append(owed, d.Destination+":"+d.Route+":"+d.Key)
	}
	if diff := cmp.Diff([]string{"agents:agents:agent/7", "out:everything:"}, sorted(owed)); diff != "" {
		t.Errorf("owed (-want +got):\n%s", diff)
	}
	raw, err := event.DecodeRaw(e.Raw)
	if err != nil {
		t.Fatal(err)
	}
	want := event.Raw{Method: "POST", Path: "/hooks/read", Query: "x=%2F", ContentType: "application/json", RemoteAddr: "127.0.0.1",
		Headers: []event.Header{{Name: "content-type", Value: "application/json"}, {Name: "x-zendesk-account-id", Value: "9"}}, Body: []byte(`{"a":1}`)}
	if diff := cmp.Diff(want, raw); diff != "" {
		t.Errorf("raw (-want +got):\n%s", diff)
	}
}

func sorted(list []string) []string {
	for i := range list {
		for j := i; j > 0 && list[j] < list[j-1]; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return list
}

// A repeat is answered like the first and queued once; after the first commit nothing else is counted as accepted.
func TestRepeat(t *testing.T) {
	g := start(t, nil)
	first := g.accepted("/hooks/read", `{"a":1}`)
	again := g.accepted("/hooks/read", `{"a":1}`)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("answered differently:\n%s", diff)
	}
	if n := len(g.events()); n != 1 {
		t.Errorf("%d events stored, want 1", n)
	}
	if n := g.counted("plugboard_events_accepted_total", "read"); n != 1 {
		t.Errorf("counted %v accepted, want 1", n)
	}
	if n := g.counted("plugboard_events_received_total", "202", "read"); n != 2 {
		t.Errorf("counted %v answers, want 2", n)
	}
	if notes := g.notes.of(feed.Accepted); len(notes) != 2 || notes[0].Reason != "" || notes[1].Reason == "" || notes[0].Deliveries != 2 {
		t.Errorf("notes %+v", notes)
	}
}

// What no route wants is stored and answered 202 all the same.
func TestUnwanted(t *testing.T) {
	g := start(t, nil)
	a := g.accepted("/hooks/plain", `{"specversion":"1.0","id":"1","source":"/s","type":"quiet"}`, "Content-Type", "application/cloudevents+json")
	if a.ID != "1" || a.Deliveries != 0 {
		t.Errorf("answered %+v", a)
	}
	if stored := g.events(); len(stored) != 1 || len(stored[0].Deliveries) != 0 {
		t.Errorf("stored %+v", stored)
	}
}

func TestBatch(t *testing.T) {
	g := start(t, nil)
	a := g.accepted("/hooks/plain", `[{"specversion":"1.0","id":"1","source":"/s","type":"t"},{"specversion":"1.0","id":"2","source":"/s","type":"agent.x"}]`,
		"Content-Type", "application/cloudevents-batch+json")
	if diff := cmp.Diff(accepted{ID: "1", Events: []string{"1", "2"}, Deliveries: 3}, a); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

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

// What a failed plugin means to the sender, and that its request is never lost.
func TestPluginFailures(t *testing.T) {
	fail := func(k wasm.Kind) plugin {
		return plugin{func(wasm.Input) (string, error) {
			return "", &wasm.Error{Plugin: "acme", Function: "receive", Kind: k, Reason: "because of that"}
		}}
	}
	writes := func(output string) plugin { return plugin{func(wasm.Input) (string, error) { return output, nil }} }
	tests := []struct {
		name   string
		plugin plugin
		status int
		answer string
		aside  string // reason in the store
	}{
		{"rejected", fail(wasm.Rejected), 400, `{"error":"because of that"}`, ""},
		{"dropped", fail(wasm.Dropped), 202, `{"id":"","events":[],"deliveries":0}`, ""},
		{"later", fail(wasm.RetryLater), 503, `{"error":"because of that"}`, ""},
		{"stopped", fail(wasm.Stopped), 503, `{"error":"because of that"}`, ""},
		{"trapped", fail(wasm.Trapped), 202, `"aside":true`, "trapped: because of that"},
		{"limited", fail(wasm.Limited), 202, `"aside":true`, "over its limit"},
		{"unsupported", fail(wasm.Unsupported), 202, `"aside":true`, "unsupported"},
		{"gave up", fail(wasm.GaveUp), 202, `"aside":true`, "gave up"},
		{"another error", plugin{func(wasm.Input) (string, error) { return "", fmt.Errorf("odd") }}, 202, `"aside":true`, "odd"},
		{"no output", writes(""), 202, `"aside":true`, "not JSON"},
		{"bad event", writes(`{"events":[{"type":"t"},{}]}`), 202, `"aside":true`, "events[1]: type is missing"},
		{"nothing", writes(`{"events":[]}`), 202, `{"id":"","events":[],"deliveries":0}`, ""},
		{"handshake", writes(`{"reply":{"status":200,"headers":{"content-type":"text/plain"},"body":"challenge"}}`), 200, `challenge`, ""},
		{"handshake with an event", writes(`{"events":[{"type":"t"}],"reply":{"status":418,"body":"tea"}}`), 418, `tea`, ""},
	}
	g := start(t, nil)
	for _, tt := range tests {
		before, _ := g.queue.Rejected(t.Context(), queue.Filter{})
		g.server.Swap(pipeline(t, []edge.Source{{Config: &config.Source{Name: "s", Path: "/s", Plugin: "acme", Verify: none()}, Plugin: tt.plugin}}, nil))
		status, answer, h := g.send("POST", "/s", `{"a":1}`)
		if status != tt.status || !strings.Contains(answer, tt.answer) {
			t.Errorf("%s: %d %s, want %d %s", tt.name, status, answer, tt.status, tt.answer)
		}
		if (status == 503) != (h.Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After %q", tt.name, h.Get("Retry-After"))
		}
		after, err := g.queue.Rejected(t.Context(), queue.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if (tt.aside != "") != (len(after.Items) == len(before.Items)+1) {
			t.Errorf("%s: %d requests aside, before %d", tt.name, len(after.Items), len(before.Items))
		} else if tt.aside != "" && !strings.Contains(after.Items[0].Reason, tt.aside) {
			t.Errorf("%s: reason %q, want %q", tt.name, after.Items[0].Reason, tt.aside)
		}
	}
	if n := len(g.events()); n != 1 {
		t.Errorf("%d events stored, want the handshake's one", n)
	}
	aside, err := g.queue.Rejected(t.Context(), queue.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range aside.Items {
		if raw, err := event.DecodeRaw(r.Raw); err != nil || string(raw.Body) != `{"a":1}` {
			t.Errorf("set aside without its body: %v", err)
		}
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

// Requests that the old pipeline is reading end on it, and only then is it done with.
func TestSwap(t *testing.T) {
	g := start(t, nil)
	entered, leave := make(chan struct{}), make(chan struct{})
	slow := plugin{func(in wasm.Input) (string, error) {
		close(entered)
		<-leave
		return echo.receive(in)
	}}
	g.server.Swap(pipeline(t, []edge.Source{{Config: &config.Source{Name: "s", Path: "/s", Plugin: "acme", Verify: none()}, Plugin: slow}}, nil))
	answered := make(chan accepted)
	go func() { answered <- g.accepted("/s", `{}`) }()
	<-entered
	drained := g.server.Swap(pipeline(t, sources(), nil))
	if status, _, _ := g.send("POST", "/s", `{}`); status != 404 {
		t.Errorf("the new pipeline answers %d", status)
	}
	select {
	case <-drained:
		t.Error("drained while a request is being read")
	default:
	}
	close(leave)
	if a := <-answered; a.ID == "" {
		t.Errorf("answered %+v", a)
	}
	<-drained
}

func TestFacts(t *testing.T) {
	got := map[string]string{}
	asks := plugin{func(in wasm.Input) (string, error) {
		for _, name := range []string{"function", "source", "method", "path", "query", "remote_addr", "received_at", "config", "header.x-one", "header.X-ONE",
			"header.authorization", "header.cookie", "header.x-hook-key", "header.content-encoding", "header.none", "attempt"} {
			if value, ok := in.Facts.Fact(name); ok {
				got[name] = string(value)
			}
		}
		return `{}`, nil
	}}
	way := config.Verify{Scheme: "header", Header: "X-Hook-Key", Secrets: zendeskWay()[0].Secrets}
	p := pipeline(t, []edge.Source{{Config: &config.Source{Name: "s", Path: "/s", Plugin: "acme", Verify: []config.Verify{way}}, Plugin: asks}}, nil)
	r := p.Read(t.Context(), &edge.Request{Method: "POST", Path: "/s", Query: "a=b", RemoteAddr: "192.0.2.7", Body: []byte(`{}`), Headers: []event.Header{
		{Name: "x-one", Value: "1"}, {Name: "authorization", Value: "Bearer x"}, {Name: "cookie", Value: "x"}, {Name: "x-hook-key", Value: way.Secrets[0].Reveal()}, {Name: "content-encoding", Value: "identity"},
	}}, time.Date(2025, 3, 4, 8, 0, 2, 5e8, time.UTC))
	if r.Refused() {
		t.Fatal(r.Reason)
	}
	want := map[string]string{"function": "receive", "source": "s", "method": "POST", "path": "/s", "query": "a=b", "remote_addr": "192.0.2.7",
		"received_at": "2025-03-04T08:00:02.5Z", "header.x-one": "1", "header.X-ONE": "1", "header.content-encoding": "identity"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPipelineOptions(t *testing.T) {
	bad := []edge.Source{{Config: &config.Source{Name: "a", Path: "/x", Verify: []config.Verify{{Scheme: "magic"}}}}}
	twice := []edge.Source{{Config: &config.Source{Name: "a", Path: "/x", Verify: none()}}, {Config: &config.Source{Name: "b", Path: "/x", Verify: none()}}}
	for place, list := range map[string][]edge.Source{"sources.a.verify": bad, "sources.b.path": twice} {
		_, err := edge.NewPipeline(edge.PipelineOptions{Sources: list, Metrics: metrics.New(nil)})
		var fault *edge.BuildError
		if !errors.As(err, &fault) || fault.Place != place {
			t.Errorf("%v, want a fault at %s", err, place)
		}
	}
}

// A sender that does not finish is told so, and cut.
func TestSlowSender(t *testing.T) {
	g := start(t, func(o *edge.Options) { o.Config.ReadTimeout = 200 * time.Millisecond })
	for _, part := range []string{"POST /hooks/plain HTTP/1.1\r\nHost: h\r\nContent-Le", "POST /hooks/plain HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{"} {
		statuses, _ := g.raw(part)
		if diff := cmp.Diff([]int{408}, statuses); diff != "" {
			t.Errorf("%q (-want +got):\n%s", part, diff)
		}
	}
}

func TestConnectionsOfOneAddress(t *testing.T) {
	g := start(t, func(o *edge.Options) { o.Config.PerAddress = 2 })
	for range 2 {
		c, err := net.Dial("tcp", g.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	statuses, _ := g.raw("")
	if diff := cmp.Diff([]int{429}, statuses); diff != "" {
		t.Errorf("third connection (-want +got):\n%s", diff)
	}
}

// A sender that asks before it sends is let go on, and the bytes it then sends are checked all the same.
func TestExpectContinue(t *testing.T) {
	g := start(t, nil)
	c, err := net.Dial("tcp", g.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(c)
	for _, part := range []struct{ send, want string }{
		{"POST /hooks/plain HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 100 Continue\r\n"},
		{"{}", "\r\n"},
	} {
		if _, err := io.WriteString(c, part.send); err != nil {
			t.Fatal(err)
		}
		if line, err := r.ReadString('\n'); err != nil || line != part.want {
			t.Fatalf("%q, %v; want %q", line, err, part.want)
		}
	}
	if line, err := r.ReadString('\n'); err != nil || line != "HTTP/1.1 202 Accepted\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
}

// Shutdown lets a request that is being read end, and takes no other.
func TestShutdown(t *testing.T) {
	g := start(t, nil)
	entered, leave := make(chan struct{}), make(chan struct{})
	slow := plugin{func(in wasm.Input) (string, error) {
		close(entered)
		<-leave
		return echo.receive(in)
	}}
	g.server.Swap(pipeline(t, []edge.Source{{Config: &config.Source{Name: "s", Path: "/s", Plugin: "acme", Verify: none()}, Plugin: slow}}, nil))
	answered := make(chan accepted)
	go func() { answered <- g.accepted("/s", `{}`) }()
	<-entered
	down := make(chan error)
	go func() { down <- g.server.Shutdown(t.Context()) }()
	for { // until the listener is closed
		c, err := net.Dial("tcp", g.addr)
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(leave)
	if a := <-answered; a.ID == "" {
		t.Errorf("answered %+v", a)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

// A request that did not come over a wire is checked like one that did.
func TestPipelineChecks(t *testing.T) {
	p := pipeline(t, sources(), nil)
	for name, tt := range map[string]struct {
		headers []event.Header
		reason  string
	}{
		"names in any case":   {[]event.Header{{Name: "Content-Type", Value: "application/cloudevents+json"}}, ""},
		"underscore":          {[]event.Header{{Name: "content_type", Value: "x"}}, "underscore"},
		"two lines":           {[]event.Header{{Name: "a", Value: "b\r\nc: d"}}, "control character"},
		"two content types":   {[]event.Header{{Name: "content-type", Value: "a"}, {Name: "Content-Type", Value: "a"}}, "more than once"},
		"length and coding":   {[]event.Header{{Name: "content-length", Value: "5"}, {Name: "transfer-encoding", Value: "chunked"}}, "contradict"},
		"more than a hundred": {make([]event.Header, 101), "100 headers"},
	} {
		body := []byte(`{"specversion":"1.0","id":"1","source":"/s","type":"t"}`)
		r := p.Read(t.Context(), &edge.Request{Method: "POST", Path: "/hooks/plain", Headers: tt.headers, Body: body}, received)
		if r.Refused() != (tt.reason != "") || !strings.Contains(r.Reason, tt.reason) {
			t.Errorf("%s: %d %s, want %q", name, r.Status, r.Reason, tt.reason)
		}
		if tt.reason == "" && (len(r.Events) != 1 || r.Events[0].ID != "1") {
			t.Errorf("%s: events %+v", name, r.Events)
		}
	}
}

// What a plugin says is freed of the secrets it was given, wherever it ends up.
func TestPluginCannotTellSecrets(t *testing.T) {
	var vault secret.Vault
	placeholder := vault.Grant("hook.key", secret.New("s3cr3t-value"))
	for _, kind := range []wasm.Kind{wasm.Rejected, wasm.Dropped, wasm.RetryLater, wasm.Trapped} {
		tells := plugin{func(wasm.Input) (string, error) {
			return "", &wasm.Error{Plugin: "acme", Kind: kind, Reason: "the key is " + placeholder + " or s3cr3t-value"}
		}}
		p := pipeline(t, []edge.Source{{Config: &config.Source{Name: "s", Path: "/s", Plugin: "acme", Verify: none(), Vault: &vault}, Plugin: tells}}, nil)
		r := p.Read(t.Context(), &edge.Request{Method: "POST", Path: "/s", Body: []byte(`{}`)}, received)
		if !strings.Contains(r.Reason, "the key is {{secret.hook.key}} or {{secret.hook.key}}") {
			t.Errorf("%s: %q", kind, r.Reason)
		}
		if r.Aside != nil && r.Aside.Reason != r.Reason {
			t.Errorf("%s: set aside with %q", kind, r.Aside.Reason)
		}
	}
}
