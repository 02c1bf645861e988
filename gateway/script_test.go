package gateway_test

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

const (
	firstScript  = "export function receive(request, events) {\n  events.add('one');\n}\n"
	brokenScript = "export function receive(request, events) {\n  events.add('two' 'three');\n}\n"
	secondScript = "export function receive(request, events) {\n  events.add('two');\n  events.add('three');\n}\n"
)

// TestScriptIsTakenIntoUse drops a script into the folder of a running gateway, breaks it and mends it: as with any plugin
// the broken one is refused, with its line, and what ran goes on.
func TestScriptIsTakenIntoUse(t *testing.T) {
	file := gatewaytest.Write(t, strings.Replace(reloadable, "[sources.first]", "[sources.first]\nplugin = \"acme\"", 1))
	script := filepath.Join(filepath.Dir(file), "acme.js")
	save := func(text string) {
		t.Helper()
		if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save(firstScript)
	hub := new(feed.Hub)
	notes := hub.Listen(64)
	defer notes.Close()
	r := startWith(t, gateway.Options{ConfigFile: file, Feed: hub, Watch: true, Logger: slog.New(slog.DiscardHandler)})
	events := func(want int) {
		t.Helper()
		if status, a := r.post(t, "/hooks/first", `{}`); status != http.StatusAccepted || len(a.Events) != want {
			t.Errorf("answered %d %+v, want %d events", status, a, want)
		}
	}
	events(1)
	save(brokenScript)
	reason := ""
	for range 4 {
		if reason = waitFor(t, notes, feed.Plugin).Reason; strings.Contains(reason, "acme.js") {
			break
		}
	}
	if !strings.Contains(reason, "acme.js:2:20: SyntaxError: ") {
		t.Errorf("refused with %q", reason)
	}
	events(1)
	save(secondScript)
	for made := 1; made != 2; { // the first of the words that come was about the broken one
		if waitFor(t, notes, feed.Plugin).Result == "reloaded" {
			_, a := r.post(t, "/hooks/first", `{}`)
			made = len(a.Events)
		}
	}
}
