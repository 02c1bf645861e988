package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
)

// A sender hands in one event or several, as a source's or as its own, and they go the way of all others.
func TestEventsHandedIn(t *testing.T) {
	t.Parallel()
	there := newInbox(t)
	g := start(t, endpointsFile(t, there.URL))
	sender := g.makeToken(t, "sender", "sender")
	one := func(id string) string {
		return `{"specversion":"1.0","id":"` + id + `","source":"/mine","type":"order.paid","subject":"order/1","data":{"total":1}}`
	}
	for _, c := range []struct {
		path, body, source string
		events, deliveries int
	}{
		{"/v1/events", one("a"), "api", 1, 1},
		{"/v1/events", one("a"), "api", 1, 1}, // a repeat is answered like the first, and goes out once
		{"/v1/events?source=any", one("a"), "any", 1, 1},
		{"/v1/events", "[" + one("b") + "," + one("c") + "]", "api", 2, 2},
	} {
		status, _, body := g.call(t, sender, "POST", c.path, c.body)
		var in admin.HandedIn
		if err := json.Unmarshal(body, &in); err != nil || status != 202 || len(in.Events) != c.events || in.ID != in.Events[0] || in.Deliveries != c.deliveries {
			t.Fatalf("%s %s: %d %s", c.path, c.body, status, body)
		}
		var e struct{ Source, Type string }
		if g.api(t, "/v1/events/"+in.ID, &e); e.Type != "order.paid" {
			t.Errorf("stored: %+v", e)
		}
	}
	for range 4 {
		there.next(t)
	}
	for _, c := range []struct {
		path, body string
		status     int
		words      string
	}{
		{"/v1/events", `{`, 400, "JSON"},
		{"/v1/events", `{"specversion":"1.0"}`, 400, ""},
		{"/v1/events?source=nobody", one("d"), 404, "nobody"},
		{"/v1/events?source=plugboard", one("d"), 404, "plugboard"}, // the gateway's own are nobody's to make
		{"/v1/events", "[" + strings.Repeat(" ", 1<<20) + "]", 413, "longer"},
	} {
		status, header, body := g.call(t, sender, "POST", c.path, c.body)
		wantProblem(t, status, header, body, c.status, c.words)
	}
	there.quiet(t)
}

// What is turned off stays off over a reload and a restart, until it is turned on.
func TestRoutesAreSwitched(t *testing.T) {
	t.Parallel()
	there := newInbox(t)
	file := endpointsFile(t, there.URL)
	states := func(g *running) (on, switched bool) {
		var page struct{ Items []admin.RouteInfo }
		g.api(t, "/v1/routes", &page)
		return page.Items[0].Enabled, page.Items[0].Switched
	}
	t.Run("off", func(t *testing.T) {
		g := start(t, file)
		if status := g.status(t, g.local(t), "POST", "/v1/routes/all/disable"); status != 204 {
			t.Fatalf("%d", status)
		}
		g.event(t, "a", "order.paid", `{}`)
		if err := g.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.event(t, "b", "order.paid", `{}`)
		if on, switched := states(g); on || !switched {
			t.Errorf("on %v, switched %v", on, switched)
		}
		status, header, body := g.call(t, g.local(t), "POST", "/v1/routes/no-such/disable", "")
		wantProblem(t, status, header, body, 404, "route")
	})
	g := start(t, file)
	g.event(t, "c", "order.paid", `{}`)
	if status := g.status(t, g.local(t), "POST", "/v1/routes/all/enable"); status != 204 {
		t.Fatalf("%d", status)
	}
	if on, switched := states(g); !on || switched {
		t.Errorf("on %v, switched %v", on, switched)
	}
	g.event(t, "d", "order.paid", `{}`)
	if r := there.next(t); r.header.Get("webhook-id") != "d" {
		t.Errorf("what came first is %v", r.header)
	}
	there.quiet(t)
}

// A test goes out for real and leaves nothing in the store.
func TestDestinationsAreTested(t *testing.T) {
	t.Parallel()
	there, mine := newInbox(t), newInbox(t)
	g := start(t, endpointsFile(t, there.URL))
	e := g.endpoint(t, mine.URL, `"types":["call.*"],"format":"json","template":"{\"type\":\"{{type}}\"}"`)
	probe := func(path, body string) (p admin.Probed) {
		t.Helper()
		status, _, text := g.call(t, g.local(t), "POST", path, body)
		if err := json.Unmarshal(text, &p); err != nil || status != 200 {
			t.Fatalf("%d %s", status, text)
		}
		return p
	}
	p := probe("/v1/endpoints/"+e.ID+"/test", "")
	if r := mine.next(t); p.Outcome != "delivered" || p.Status != 200 || len(p.Requests) != 1 || r.body != `{"type":"call.abandoned"}` || r.header.Get("webhook-signature") == "" {
		t.Errorf("%+v: %+v", p, r)
	}
	there.answers(503)
	p = probe("/v1/destinations/there/test", `{"event":{"specversion":"1.0","id":"x","source":"/s","type":"mine","data":{"a":1}}}`)
	if r := there.next(t); p.Outcome != "retry" || p.Status != 503 || !strings.Contains(p.Reason, "503") || !strings.Contains(r.body, `"a":1`) {
		t.Errorf("%+v: %+v", p, r)
	}
	for _, c := range []struct {
		path, body string
		status     int
	}{{"/v1/destinations/nowhere/test", "", 404}, {"/v1/endpoints/nowhere/test", "", 404}, {"/v1/destinations/there/test", `{"event":{}}`, 422}, {"/v1/destinations/there/test", `{"events":{}}`, 400}} {
		status, header, body := g.call(t, g.local(t), "POST", c.path, c.body)
		wantProblem(t, status, header, body, c.status, "")
	}
	var events struct{ Items []any }
	if g.api(t, "/v1/events", &events); len(events.Items) != 0 {
		t.Errorf("stored: %v", events.Items)
	}
}

func TestRequestsAreTriedOverTheAPI(t *testing.T) {
	t.Parallel()
	there := newInbox(t)
	g := start(t, endpointsFile(t, there.URL))
	e := g.endpoint(t, there.URL, "")
	status, _, body := g.call(t, g.local(t), "POST", "/v1/try", `{"method":"POST","target":"/in","headers":{"content-type":"application/json"},"body":{"hello":"world"}}`)
	var r struct {
		Status     int
		Deliveries []struct{ Destination, Outcome string }
	}
	if err := json.Unmarshal(body, &r); err != nil || status != 200 || r.Status != 202 || len(r.Deliveries) != 2 || r.Deliveries[1].Destination != e.ID || r.Deliveries[1].Outcome != "send" {
		t.Errorf("%d %s", status, body)
	}
	status, header, body := g.call(t, g.local(t), "POST", "/v1/try", `{"method":"POST"}`)
	wantProblem(t, status, header, body, 422, "/target")
	there.quiet(t)
}

// What may be handed in without a source has a name that routes may use.
func TestRoutesMayNameTheAPI(t *testing.T) {
	t.Parallel()
	text := "[sources.any]\nverify = { scheme = \"none\" }\n[destinations.there]\nurl = \"https://example.com\"\n[[routes]]\nname = \"r\"\nfrom = [\"api\"]\nto = [\"there\"]\n"
	if _, err := config.Parse("config.toml", []byte(text), config.Options{}); err != nil {
		t.Error(err)
	}
	if _, err := config.Parse("config.toml", []byte(strings.Replace(text, `"api"`, `"apo"`, 1)), config.Options{}); err == nil {
		t.Error("a source that nobody has is taken")
	}
}
