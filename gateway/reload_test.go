package gateway_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

const reloadable = `
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[queue]
dir = "data"
min_free = "1MiB"
[plugins]
dir = "."
[sources.first]
verify = { scheme = "none" }
`

// TestChangedFileIsTakenIntoUse edits the configuration of a running gateway: a good change works without a restart, a
// bad one is refused with its place and changes nothing.
func TestChangedFileIsTakenIntoUse(t *testing.T) {
	file := gatewaytest.Write(t, reloadable)
	hub := new(feed.Hub)
	notes := hub.Listen(64)
	defer notes.Close()
	r := startWith(t, gateway.Options{ConfigFile: file, Feed: hub, Watch: true, Logger: slog.New(slog.DiscardHandler)})
	if status, _ := r.post(t, "/hooks/second", `{}`); status != http.StatusNotFound {
		t.Fatalf("a source that is not there yet answered %d", status)
	}
	edit(t, file, reloadable+"[sources.second]\nverify = { scheme = \"none\" }\n")
	if n := waitFor(t, notes, feed.Plugin); n.Result != "reloaded" {
		t.Fatalf("%s: %s", n.Result, n.Reason)
	}
	if status, a := r.post(t, "/hooks/second", `{"n":1}`); status != http.StatusAccepted || len(a.Events) != 1 {
		t.Errorf("the new source answered %d %+v", status, a)
	}
	edit(t, file, reloadable+"[sources.second]\nverfy = 1\n")
	if n := waitFor(t, notes, feed.Plugin); !strings.Contains(n.Result, "refused") || !strings.Contains(n.Reason, "config.toml:13:1: ") {
		t.Errorf("a bad change: %s, %q", n.Result, n.Reason)
	}
	if status, _ := r.post(t, "/hooks/second", `{"n":2}`); status != http.StatusAccepted {
		t.Errorf("after a bad change the source answered %d", status)
	}
}

// TestReloadRefusesWhatNeedsARestart changes the queue's folder under a running gateway.
func TestReloadRefusesWhatNeedsARestart(t *testing.T) {
	file := gatewaytest.Write(t, reloadable)
	g := start(t, file)
	edit(t, file, strings.Replace(reloadable, `dir = "data"`, `dir = "elsewhere"`, 1))
	err := g.Reload(t.Context())
	faults, ok := err.(config.Faults) //nolint:errorlint // Reload's own error
	if !ok || len(faults) != 1 || !strings.Contains(faults[0].Do, "restart") {
		t.Errorf("%v", err)
	}
}

// TestWrongSignatureLeavesNothing posts the recorded request whose signature is wrong to a running gateway.
func TestWrongSignatureLeavesNothing(t *testing.T) {
	g := start(t, gatewaytest.Shipped(t))
	tr := trial(t, "../plugins/zendesk/testdata/16-bad-signature.request.json")
	req, err := http.NewRequestWithContext(t.Context(), tr.Method, g.url(tr.Target), strings.NewReader(string(tr.Body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range tr.Headers {
		req.Header.Set(h.Name, h.Value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || resp.Body.Close() != nil {
		t.Fatalf("%v, %v", resp, err)
	}
	report, err := g.Store().Audit(t.Context())
	if err != nil || report.Events != 0 || report.Rejected != 0 {
		t.Errorf("the store holds %+v, %v", report, err)
	}
	if page, err := g.Store().Events(t.Context(), queue.Filter{}); err != nil || len(page.Items) != 0 {
		t.Errorf("events: %+v, %v", page, err)
	}
}

func edit(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func waitFor(t *testing.T, notes *feed.Listener, kind feed.Kind) feed.Note {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		select {
		case n := <-notes.C:
			if n.Kind == kind {
				return n
			}
		case <-ctx.Done():
			t.Fatalf("no note of kind %s", kind)
		}
	}
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
