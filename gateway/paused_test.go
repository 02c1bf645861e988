package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/queue"
)

// destination gives what the API says of one.
func (g *running) destination(t testing.TB, name string) (info admin.DestinationInfo, ok bool) {
	t.Helper()
	var all struct{ Items []admin.DestinationInfo }
	g.api(t, "/v1/destinations", &all)
	i := slices.IndexFunc(all.Items, func(d admin.DestinationInfo) bool { return d.Name == name })
	if i < 0 {
		return info, false
	}
	return all.Items[i], true
}

// startStopping runs a gateway until it is told to stop.
func startStopping(t testing.TB, file string) (g *running, stop func()) {
	t.Helper()
	made, err := gateway.New(t.Context(), gateway.Options{ConfigFile: file})
	if err != nil {
		t.Fatal(err)
	}
	stop = runStopping(t, made)
	return &running{made, nil, filepath.Join(filepath.Dir(file), "data", gateway.TokenFile)}, stop
}

// While a destination is paused its events wait, over a reload and a restart; then all of them go.
func TestPauseAndResume(t *testing.T) {
	s := newPaced(t, nil)
	file := paced(t, s.url, "")
	g, stop := startStopping(t, file)
	token := g.local(t)
	status, header, body := g.call(t, token, http.MethodPost, "/v1/destinations/nobody/pause", "")
	wantProblem(t, status, header, body, http.StatusNotFound, "nobody")
	status, header, body = g.call(t, token, http.MethodPost, "/v1/destinations/there/resume", "")
	wantProblem(t, status, header, body, http.StatusConflict, "not paused")
	status, header, body = g.call(t, token, http.MethodPost, "/v1/destinations/there/pause", `{"why":"`+strings.Repeat("x", 501)+`"}`)
	wantProblem(t, status, header, body, http.StatusUnprocessableEntity, "/why")
	if status, _, body = g.call(t, token, http.MethodPost, "/v1/destinations/there/pause", `{"why":"they move house"}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	g.measures(t, `plugboard_destination_paused{destination="there"} 1`, `plugboard_destination_quiet_seconds{destination="there"} 0`)
	for i := range 30 {
		g.hand(t, fmt.Sprint(i), fmt.Sprint("agent/", i%3))
	}
	touch(t, file, `[destinations.there]`, "[destinations.there]\ntimeout = \"14s\"") // its lane is made anew
	if err := g.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	g, stop = startStopping(t, file)
	defer stop()
	info, _ := g.destination(t, "there")
	if info.Paused == nil || info.Paused.Why != "they move house" || info.Paused.By == "" || info.Pending != 30 || !info.Configured {
		t.Errorf("%+v, paused %+v; want 30 waiting", info, info.Paused)
	}
	if came, _, _ := s.seen(); len(came) > 0 {
		t.Errorf("%v came while it was paused", came)
	}
	if status, _, body = g.call(t, g.local(t), http.MethodPost, "/v1/destinations/there/resume", ""); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	g.measures(t, `plugboard_destination_paused{destination="there"} 0`)
	for id, d := range g.ended(t, 30) {
		if d.State != queue.Delivered || d.Attempts != 1 {
			t.Errorf("%s is %s after %d attempts", id, d.State, d.Attempts)
		}
	}
}

// measures fails unless the metrics have those lines.
func (g *running) measures(t testing.TB, lines ...string) {
	t.Helper()
	resp, err := http.Get(g.AdminURL() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read to its end
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if !strings.Contains(string(all), "\n"+line+"\n") {
			t.Errorf("no %s among the metrics", line)
		}
	}
}

// touch changes a file's text.
func touch(t testing.TB, file, old, with string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, with, 1)
	if changed == string(text) {
		t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What waits for a destination that is taken out of the file stays, is listed, can be sent elsewhere or cancelled, and goes
// on when the destination comes back.
func TestRemovedDestination(t *testing.T) {
	broken := newPaced(t, func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
	other := newPaced(t, nil)
	file := paced(t, broken.url, `retry = { every = "1h" }`)
	g := start(t, file)
	for i := range 6 {
		g.hand(t, fmt.Sprint(i), fmt.Sprint("agent/", i))
	}
	touch(t, file, "[destinations.there]", "[destinations.other]")
	touch(t, file, `to = ["there"]`, `to = ["other"]`)
	touch(t, file, broken.url, other.url)
	if err := g.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, ok := g.destination(t, "there")
	if !ok || info.Configured || info.Pending != 6 {
		t.Errorf("%v %+v, want six that wait for what is not configured", ok, info)
	}
	token := g.local(t)
	if status, _, body := g.call(t, token, http.MethodPost, "/v1/deliveries/0/there/cancel", ""); status >= 300 {
		t.Errorf("cancel: %d %s", status, body)
	}
	status, _, body := g.call(t, token, http.MethodPost, "/v1/replay", `{"filter":{"destination":"there","state":"pending"},"to":"other"}`)
	var report struct{ Queued int }
	if err := json.Unmarshal(body, &report); err != nil || status >= 300 {
		t.Errorf("replay: %d %s", status, body)
	}
	if n := len(settledWithin(t, g.Store(), "other", 5)); n != 5 {
		t.Errorf("%d went elsewhere, want 5", n)
	}
	touch(t, file, "[destinations.other]", "[destinations.there]")
	touch(t, file, `to = ["other"]`, `to = ["there"]`)
	if err := g.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 6; i++ { // they wait for their retry, or for their first attempt
		if err := g.Store().RetryNow(t.Context(), fmt.Sprint(i, "/there")); err != nil && !errors.Is(err, queue.ErrEnded) {
			t.Error(err)
		}
	}
	for id, d := range g.ended(t, 6) {
		if want := map[bool]queue.State{true: queue.Cancelled, false: queue.Delivered}[id == "0"]; d.State != want {
			t.Errorf("%s is %s, want %s", id, d.State, want)
		}
	}
}
