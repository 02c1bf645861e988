package gateway_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

// answering is a system that answers every request with one status, and hands on what came.
func answering(t testing.TB, status int) (url string, came <-chan string) {
	t.Helper()
	bodies := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		bodies <- string(body)
	}))
	t.Cleanup(server.Close)
	return server.URL, bodies
}

// next waits for what comes.
func next(t testing.TB, came <-chan string) string {
	t.Helper()
	select {
	case body := <-came:
		return body
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came in 20 s")
		return ""
	}
}

func postJSON(t testing.TB, url, body string) {
	t.Helper()
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing of it is read
	if resp.StatusCode != http.StatusAccepted {
		t.Fatal(resp.Status)
	}
}

// settledWithin waits until the deliveries of a destination are all ended, and gives them.
func settledWithin(t testing.TB, q queue.Inspector, destination string, n int) []queue.Delivery {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		page, err := q.Deliveries(t.Context(), queue.Filter{Destination: destination})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) == n && !slices.ContainsFunc(page.Items, func(d queue.Delivery) bool { return !d.State.Ended() }) {
			return page.Items
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s has %d deliveries, not %d ended ones", destination, len(page.Items), n)
		}
	}
}

// Dead letters and a failing destination come to the chat by a route that asks for them; a chat that refuses them makes
// dead letters of which nothing more comes.
func TestOwnEvents(t *testing.T) {
	gone, _ := answering(t, http.StatusNotFound)
	failing, _ := answering(t, http.StatusServiceUnavailable)
	chat, said := answering(t, http.StatusOK)
	deaf, _ := answering(t, http.StatusBadRequest)
	var destinations strings.Builder
	for name, url := range map[string]string{"gone": gone, "failing": failing, "chat": chat, "deaf": deaf} {
		fmt.Fprintf(&destinations, "[destinations.%s]\nurl = %q\nallow_http = true\nallow_private = true\n", name, url)
	}
	g := start(t, gatewaytest.Write(t, `
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
min_free = "1MiB"
[plugins]
dir = "."
[sources.any]
path = "/in"
verify = { scheme = "none" }
`+destinations.String()+`
[[routes]]
name = "all"
when = 'data["to"] != "failing"'
to = ["gone"]
[[routes]]
name = "some"
when = 'data["to"] == "failing"'
to = ["failing"]
[[routes]]
name = "tell"
from = ["plugboard"]
types = ["plugboard.delivery.dead", "plugboard.destination.*"]
to = ["chat", "deaf"]
`))
	postJSON(t, g.url("/in"), `{"to":"gone"}`)
	var told struct {
		Type string
		Data struct {
			Destination, Route, Reason string
			Delivery                   struct{ ID string }
			Count                      int
		}
	}
	if err := json.Unmarshal([]byte(next(t, said)), &told); err != nil {
		t.Fatal(err)
	}
	d := told.Data
	if told.Type != "plugboard.delivery.dead" || d.Destination != "gone" || d.Route != "all" || d.Reason != "answered 404 Not Found" || d.Count != 1 {
		t.Errorf("the chat was told %+v", told)
	}
	if _, _, err := g.Store().Delivery(t.Context(), d.Delivery.ID); err != nil {
		t.Errorf("delivery %q: %v", d.Delivery.ID, err)
	}
	for range 10 {
		postJSON(t, g.url("/in"), `{"to":"failing"}`)
	}
	if err := json.Unmarshal([]byte(next(t, said)), &told); err != nil || told.Type != "plugboard.destination.failing" || told.Data.Destination != "failing" {
		t.Errorf("the chat was told %+v, %v", told, err)
	}
	for _, d := range settledWithin(t, g.Store(), "deaf", 2) {
		if d.State != queue.Dead {
			t.Errorf("%s: %s", d.ID, d.State)
		}
	}
	page, err := g.Store().Events(t.Context(), queue.Filter{Source: "plugboard"})
	if err != nil || len(page.Items) != 2 {
		t.Errorf("%d own events, %v; want 2: those of deliveries that died are not told", len(page.Items), err)
	}
}
