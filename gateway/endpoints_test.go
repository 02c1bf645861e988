package gateway_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// endpointView is an endpoint as its owner sees it.
type endpointView struct {
	ID, Status, Cause, Reason, URL, Secret, By string
	Pending                                    int
	Enabled                                    *bool
	Failing                                    *struct {
		Since       time.Time
		For, Reason string
	}
}

// inbox is a receiver that keeps what arrives and answers as it is told.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []arrival
	came   chan struct{}
}

type arrival struct {
	path   string
	header http.Header
	body   string
}

func newInbox(t testing.TB) *inbox {
	in := &inbox{status: 200, came: make(chan struct{}, 10_000)}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		in.mu.Lock()
		in.got = append(in.got, arrival{r.URL.Path, r.Header.Clone(), string(body)})
		status := in.status
		in.mu.Unlock()
		w.WriteHeader(status)
		in.came <- struct{}{}
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) answers(status int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.status = status
}

// next waits for a request; the test's deadline ends a wait in vain.
func (in *inbox) next(t testing.TB) arrival {
	t.Helper()
	select {
	case <-in.came:
	case <-t.Context().Done():
		t.Fatal("nothing arrived")
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	r := in.got[0]
	in.got = in.got[1:]
	return r
}

func (in *inbox) quiet(t testing.TB) {
	t.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.got) > 0 {
		t.Errorf("it arrived all the same: %+v", in.got)
	}
}

// endpointsFile is a configuration with one source, a destination that takes everything, and plugins.
func endpointsFile(t testing.TB, there string) string {
	t.Helper()
	return gatewaytest.Write(t, fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
min_free = "1MiB"
[plugins]
%s
[sources.any]
path = "/in"
verify = { scheme = "none" }
[destinations.there]
url = %q
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["there"]
`, gatewaytest.PluginsTable(t), there))
}

// endpoint makes one through the API, as the admin of this machine. settings are JSON without braces.
func (g *running) endpoint(t testing.TB, url, settings string) endpointView {
	t.Helper()
	if settings != "" {
		settings = "," + settings
	}
	status, header, body := g.call(t, g.local(t), "POST", "/v1/endpoints", fmt.Sprintf(`{"url":%q,"allow_http":true,"allow_private":true%s}`, url, settings))
	var e endpointView
	if err := json.Unmarshal(body, &e); err != nil || status != http.StatusCreated || header.Get("Location") != "/v1/endpoints/"+e.ID {
		t.Fatalf("%d %s %s", status, header.Get("Location"), body)
	}
	return e
}

func (g *running) change(t testing.TB, id, settings string) endpointView {
	t.Helper()
	status, _, body := g.call(t, g.local(t), "PATCH", "/v1/endpoints/"+id, settings)
	var e endpointView
	if err := json.Unmarshal(body, &e); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	return e
}

func (g *running) see(t testing.TB, id string) (e endpointView) {
	t.Helper()
	g.api(t, "/v1/endpoints/"+id, &e)
	return e
}

// event sends an event of a type to the source, and gives its answer.
func (g *running) event(t testing.TB, id, kind, data string) {
	t.Helper()
	event := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":%q,"subject":"agent/7","data":%s}`, id, kind, data)
	resp, err := http.Post(g.url("/in"), "application/cloudevents+json", strings.NewReader(event)) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("%s %s", resp.Status, text)
	}
}

// An endpoint that is added takes events from then on, by its types and its condition, in the words of its template; it is
// changed, taken out of use, put back and removed while everything else goes on.
func TestEndpointsComeAndGo(t *testing.T) {
	t.Parallel()
	there, mine := newInbox(t), newInbox(t)
	g := start(t, endpointsFile(t, there.URL))
	g.event(t, "e-1", "order.paid", `{"total":1}`)
	there.next(t)

	e := g.endpoint(t, mine.URL+"/hook", `"types":["order.*"],"when":"data[\"total\"] > 10","format":"json","template":"{\"sum\":\"{{data.total}}\"}","description":"the shop"`)
	if !strings.HasPrefix(e.ID, "ep_") || e.Status != "active" || !strings.HasPrefix(e.Secret, "whsec_") || e.By != "this machine" {
		t.Errorf("%+v", e)
	}
	if got := g.see(t, e.ID); got.Secret != "[redacted]" {
		t.Errorf("the secret is shown again: %+v", got)
	}
	for i, total := range []int{5, 50} {
		g.event(t, fmt.Sprint("f-", i), "order.paid", fmt.Sprintf(`{"total":%d}`, total))
		g.event(t, fmt.Sprint("g-", i), "ticket.opened", fmt.Sprintf(`{"total":%d}`, total))
	}
	if r := mine.next(t); r.body != `{"sum":"50"}` || r.path != "/hook" || r.header.Get("webhook-id") != "f-1" {
		t.Errorf("%+v", r)
	}
	for range 4 {
		there.next(t)
	}
	mine.quiet(t)

	g.change(t, e.ID, `{"when":null,"template":"{\"all\":\"{{data.total}}\"}"}`)
	g.event(t, "h-1", "order.paid", `{"total":3}`)
	if r := mine.next(t); r.body != `{"all":"3"}` {
		t.Errorf("after the change: %+v", r)
	}
	if got := g.change(t, e.ID, `{"enabled":false}`); got.Status != "disabled" || got.Cause != "" {
		t.Errorf("disabled: %+v", got)
	}
	g.event(t, "i-1", "order.paid", `{"total":3}`)
	if got := g.change(t, e.ID, `{"enabled":true}`); got.Status != "active" || got.Pending != 0 {
		t.Errorf("enabled: %+v", got)
	}
	g.event(t, "i-2", "order.paid", `{"total":4}`)
	if r := mine.next(t); r.body != `{"all":"4"}` {
		t.Errorf("enabled again: %+v", r)
	}
	if status := g.status(t, g.local(t), "DELETE", "/v1/endpoints/"+e.ID); status != 204 {
		t.Errorf("removed: %d", status)
	}
	g.event(t, "j-1", "order.paid", `{"total":3}`)
	for range 4 {
		there.next(t)
	}
	mine.quiet(t)
	status, header, body := g.call(t, g.local(t), "GET", "/v1/endpoints/"+e.ID, "")
	wantProblem(t, status, header, body, 404, "no such endpoint")
}
