package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// until asks for an endpoint until it stands as wanted; the test's deadline ends a wait in vain.
func (g *running) until(t *testing.T, id string, as func(endpointView) bool) endpointView {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		e := g.see(t, id)
		if as(e) {
			return e
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("it stays as %+v", e)
		}
	}
}

func disabled(e endpointView) bool { return e.Status == "disabled" }

// A receiver that answers 410 is disabled, durably and with an event that is routed; the file's destinations are not. What
// waits goes on when the endpoint is enabled again.
func TestGoneEndpointsAreDisabled(t *testing.T) {
	t.Parallel()
	there, mine, told := newInbox(t), newInbox(t), newInbox(t)
	file := endpointsFile(t, there.URL)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	file = gatewaytest.Write(t, string(text)+fmt.Sprintf(`
[destinations.told]
url = %q
allow_http = true
allow_private = true
[[routes]]
name = "own"
from = ["plugboard"]
types = ["plugboard.endpoint.disabled"]
to = ["told"]
`, told.URL))
	var e endpointView
	t.Run("gone", func(t *testing.T) {
		g := start(t, file)
		e = g.endpoint(t, mine.URL, `"retry":{"schedule":["1h"]}`)
		mine.answers(503)
		g.event(t, "waits", "order.paid", `{}`) // its retry is an hour off
		mine.next(t)
		mine.answers(410)
		there.answers(410)
		event := `{"specversion":"1.0","id":"gone","source":"/test","type":"order.paid","subject":"agent/8","data":{}}`
		if status, _, body := g.call(t, g.local(t), "POST", "/v1/events", event); status != 202 {
			t.Fatalf("%d %s", status, body)
		}
		mine.next(t)
		got := g.until(t, e.ID, disabled)
		if got.Cause != "gone" || !strings.Contains(got.Reason, "410") || got.Pending != 1 {
			t.Errorf("%+v", got)
		}
		if r := told.next(t); !strings.Contains(r.body, "plugboard.endpoint.disabled") || !strings.Contains(r.body, e.ID) {
			t.Errorf("told: %s", r.body)
		}
		there.next(t)
		there.next(t)
		g.event(t, "later", "order.paid", `{}`) // goes to the file's destination alone
		there.next(t)
	})
	g := start(t, file)
	if got := g.see(t, e.ID); got.Status != "disabled" || got.Cause != "gone" || got.Pending != 1 {
		t.Errorf("after a restart: %+v", got)
	}
	mine.answers(200)
	there.answers(200)
	if got := g.change(t, e.ID, `{"enabled":true}`); got.Status != "active" {
		t.Errorf("%+v", got)
	}
	if status := g.status(t, g.local(t), "POST", "/v1/deliveries/waits/"+e.ID+"/retry"); status != 204 {
		t.Errorf("retry: %d", status)
	}
	if r := mine.next(t); r.header.Get("webhook-id") != "waits" {
		t.Errorf("%v", r.header)
	}
	mine.quiet(t)
}

// An endpoint at which nothing has been delivered for as long as is set is disabled; a single good answer begins anew.
func TestFailingEndpointsAreDisabled(t *testing.T) {
	t.Parallel()
	mine := newInbox(t)
	file := endpointsFile(t, mine.URL+"/there")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	file = gatewaytest.Write(t, string(text)+"[endpoints]\ndisable_after = \"300ms\"\n")
	g := start(t, file)
	e := g.endpoint(t, mine.URL+"/hook", `"retry":{"backoff":"50ms","max":"50ms","attempts":1000}`)
	mine.answers(500)
	g.event(t, "a", "order.paid", `{}`)
	got := g.until(t, e.ID, disabled)
	if got.Cause != "failing" || !strings.Contains(got.Reason, "500") || strings.Contains(got.Reason, "for 0s") {
		t.Errorf("%+v", got)
	}
	mine.answers(200)
	if got := g.change(t, e.ID, `{"enabled":true}`); got.Status != "active" || got.Failing != nil {
		t.Errorf("%+v", got)
	}
	g.until(t, e.ID, func(e endpointView) bool { return e.Pending == 0 })
}

// How long an endpoint has been failing is known after a restart: five days of failing need not be one process's.
func TestFailingIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	mine := newInbox(t)
	mine.answers(500)
	file := endpointsFile(t, mine.URL+"/there")
	failing := func(e endpointView) bool { return e.Failing != nil }
	var id string
	var since time.Time
	t.Run("before", func(t *testing.T) {
		g := start(t, file)
		id = g.endpoint(t, mine.URL+"/hook", `"retry":{"backoff":"50ms","max":"50ms","attempts":1000}`).ID
		g.event(t, "a", "order.paid", `{}`)
		since = g.until(t, id, failing).Failing.Since
	})
	time.Sleep(time.Until(since.Add(1100 * time.Millisecond))) // one who forgot would begin with a later second
	g := start(t, file)
	for len(mine.came) > 0 {
		<-mine.came
	}
	<-mine.came // it was tried again
	if again := g.until(t, id, failing); !again.Failing.Since.Equal(since) {
		t.Errorf("failing since %v, and after a restart since %v", since, again.Failing.Since)
	}
	mine.answers(200)
	g.until(t, id, func(e endpointView) bool { return e.Failing == nil && e.Pending == 0 })
}

// A plugin that is gone at a start, or whose words have changed, takes out of use the endpoints that it breaks and nothing
// else; they come back with it.
func TestBrokenEndpointsKeepNothingBack(t *testing.T) {
	t.Parallel()
	there, mine := newInbox(t), newInbox(t)
	plugins := t.TempDir()
	file := filepath.Join(gatewaytest.Plugins(t), "webhook.wasm")
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string) {
		if err := os.WriteFile(filepath.Join(plugins, name+".wasm"), code, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("extra")
	text, err := os.ReadFile(endpointsFile(t, there.URL))
	if err != nil {
		t.Fatal(err)
	}
	conf := gatewaytest.Write(t, strings.Replace(string(text), fmt.Sprintf("dir = %q", gatewaytest.Plugins(t)), fmt.Sprintf("dir = %q", plugins), 1))
	var e, plain endpointView
	t.Run("made", func(t *testing.T) {
		g := start(t, conf)
		e = g.endpoint(t, mine.URL, `"plugin":"extra","config":{"format":"json"}`)
		plain = g.endpoint(t, mine.URL, "")
	})
	if err := os.Remove(filepath.Join(plugins, "extra.wasm")); err != nil {
		t.Fatal(err)
	}
	g := start(t, conf)
	if got := g.see(t, e.ID); got.Status != "broken" || !strings.Contains(got.Reason, "/plugin: ") {
		t.Errorf("%+v", got)
	}
	if got := g.see(t, plain.ID); got.Status != "active" {
		t.Errorf("%+v", got)
	}
	if got := g.change(t, e.ID, `{"enabled":false}`); got.Status != "disabled" {
		t.Errorf("a broken one is disabled: %+v", got)
	}
	put("extra")
	if err := g.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := g.change(t, e.ID, `{"enabled":true}`); got.Status != "active" {
		t.Errorf("with its plugin again: %+v", got)
	}
}

// BenchmarkAddEndpoint adds an endpoint with a template beside a thousand others: what it costs does not grow with them but
// by a look at each.
func BenchmarkAddEndpoint(b *testing.B) {
	for _, others := range []int{0, 1000} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			in := newInbox(b)
			g := start(b, endpointsFile(b, in.URL))
			settings := `"types":["order.*"],"when":"data[\"total\"] > 10","format":"json","template":"{\"sum\":\"{{data.total}}\"}"`
			for range others {
				g.endpoint(b, in.URL, settings)
			}
			b.ReportAllocs()
			for b.Loop() {
				g.endpoint(b, in.URL, settings)
			}
		})
	}
}
