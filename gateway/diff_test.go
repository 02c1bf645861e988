package gateway_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/queue"
)

// TestDiff delivers an event, then changes files without taking them into use, and asks what would come of the event now.
func TestDiff(t *testing.T) {
	received := &arrivals{bodies: map[string]int{}}
	receiver := httptest.NewServer(received)
	t.Cleanup(receiver.Close)
	p := probeFiles(t, probeSource+fmt.Sprintf(`
[tables.agents]
file = "agents.csv"
[destinations.there]
plugin = "probe"
config = { greeting = "hello" }
url = "%s/v1"
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["there"]
`, receiver.URL), map[string]string{"agents.csv": "id,name\n7,Ada\n"})
	p.running = startWith(t, gateway.Options{ConfigFile: p.file})
	p.said(t, `{"id":"7"}`)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		page, err := p.Store().Deliveries(t.Context(), queue.Filter{State: queue.Delivered})
		if err != nil || time.Now().After(deadline) {
			t.Fatal("not delivered", err)
		}
		if len(page.Items) == 1 {
			break
		}
	}
	diff := func() admin.DiffRecord {
		t.Helper()
		var page struct{ Items []admin.DiffRecord }
		p.api(t, "/v1/replay/diff?source=probe", &page)
		if len(page.Items) != 1 {
			t.Fatalf("%+v", page.Items)
		}
		return page.Items[0]
	}
	r := diff()
	if len(r.Changes) != 0 || r.Would.Outcome != "send" || r.Sent.Result != "delivered" || r.Sent.Request != "POST "+receiver.URL+"/v1" ||
		r.Sent.Plugin != r.Would.Plugin || len(r.Would.Requests) != 1 || r.Would.Requests[0].Body != `{"id":"7","greeting":"hello"}` {
		t.Errorf("nothing has changed: %+v", r)
	}

	before := readFile(t, p.file)
	p.write(t, "config.toml", strings.Replace(before, `"hello"`, `"hallo"`, 1))
	r = diff()
	if len(r.Changes) != 1 || r.Changes[0].What != "request" || r.Changes[0].Path != "body" || r.Changes[0].Now != `{"id":"7","greeting":"hallo"}` {
		t.Errorf("another body: %+v", r.Changes)
	}
	p.write(t, "config.toml", before)

	p.write(t, "agents.csv", "id,name\n7,Bo\n")
	text := strings.Replace(readFile(t, p.file), `/v1"`, `/v2"`, 1)
	text = strings.Replace(text, `name = "all"`, "name = \"every one\"\nshadow = { plugin = \"probe\", config = { greeting = \"hi\" } }", 1)
	p.write(t, "config.toml", text)
	r = diff()
	want := []admin.Change{
		{What: "event", Path: "data.agent.name", Was: `"Ada"`, Now: `"Bo"`},
		{What: "route", Was: "all", Now: "every one"},
		{What: "request", Was: "POST " + receiver.URL + "/v1", Now: "POST " + receiver.URL + "/v2"},
		{What: "candidate", Path: "request.json.greeting", Was: `"hello"`, Now: `"hi"`},
	}
	if fmt.Sprint(r.Changes) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", r.Changes, want)
	}
	if received.len() != 1 {
		t.Errorf("%d requests were sent", received.len())
	}
	var page struct{ Items []admin.ShadowInfo }
	if p.api(t, "/v1/shadows", &page); len(page.Items) != 0 {
		t.Errorf("what runs was changed: %+v", page.Items)
	}
}
