package gateway_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/keyring"
)

const withRedaction = `
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
%REDACT%
[destinations.there]
url = "%URL%"
order_by = 'data["caller"]["number"]'
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["there"]
`

// number stands wherever a sender may put it; it is short, so that the store's packing leaves it as it is.
const number = "4930815174711"

// TestRedactedFieldsReachNobody sends a number in a body, in the query and in a header, and looks for it in the API, in what the
// receiver gets, and in every file of the store. The control is the same without redact: it is in all of them.
func TestRedactedFieldsReachNobody(t *testing.T) {
	for name, c := range map[string]struct {
		redact string
		found  bool
	}{
		"removed": {`redact = { remove = ["data.caller.number", "data.**.phone"] }`, false},
		"hashed":  {`redact = { hash = ["data.caller.number", "data.**.phone"], raw = ["caller.number", "**.phone"], query = ["from"] }`, false},
		// Without a plugin the body is the event: what never is stored of that is not stored of this either.
		"the body too": {`redact = { hash = ["data.caller.number", "subject"], remove = ["data.list.*.phone"], raw = ["name"], query = ["from"] }`, false},
		"own key":      {`redact = { hash = ["data.caller", "data.list"], key = "0123456789abcdef" }`, false},
		"the control":  {"", true},
	} {
		t.Run(name, func(t *testing.T) {
			got := make(chan []byte, 1)
			receiver := newReceiver(t, got)
			file := keyed(t, strings.NewReplacer("%REDACT%", c.redact, "%URL%", receiver).Replace(withRedaction))
			hub := new(feed.Hub)
			notes := hub.Listen(64)
			defer notes.Close()
			g, stop := startUntil(t, gateway.Options{ConfigFile: file, Feed: hub})
			body := `{"caller":{"number":"` + number + `","name":"x"},"list":[{"phone":` + number + `}]}`
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url("/in?from="+number), strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			if strings.Contains(c.redact, "subject") {
				req.Header.Set("Ce-Subject", number)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil || resp.StatusCode != http.StatusAccepted {
				t.Fatalf("%v, %v", resp, err)
			}
			_ = resp.Body.Close()
			delivered := <-got
			waitFor(t, notes, feed.Attempt)
			_, _, events := g.call(t, g.local(t), http.MethodGet, "/v1/events", "")
			_, _, deliveries := g.call(t, g.local(t), http.MethodGet, "/v1/deliveries", "")
			stop()
			in := map[string]bool{"the delivery": bytes.Contains(delivered, []byte(number)),
				"the API": bytes.Contains(append(events, deliveries...), []byte(number)), "the store": inFiles(t, filepath.Dir(file), number)}
			if c.found { // the list of events shows no bodies, and the ordering key is a hash in it
				delete(in, "the API")
			}
			for where, found := range in {
				if found != c.found {
					t.Errorf("the number is in %s: %v", where, found)
				}
			}
			if !bytes.Contains(delivered, []byte(`"name":"`)) {
				t.Errorf("more was taken out than was said: %s", delivered)
			}
			if hashed := strings.Contains(c.redact, "hash"); hashed != bytes.Contains(delivered, []byte(`"number":"hash:`)) {
				t.Errorf("hashed: %s", delivered)
			}
		})
	}
}

func newReceiver(t *testing.T, got chan<- []byte) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		select {
		case got <- body:
		default:
		}
		w.WriteHeader(http.StatusOK)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// startUntil is startWith with a way to stop before the test ends.
func startUntil(t *testing.T, o gateway.Options) (g *running, stop func()) {
	t.Helper()
	made, err := gateway.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- made.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the gateway stopped with: %v", err)
		}
	}
	t.Cleanup(stop)
	return &running{made, o.Feed, filepath.Join(filepath.Dir(o.ConfigFile), "data", gateway.TokenFile)}, stop
}

// inFiles says whether a text stands in any file of a folder, its configuration apart.
func inFiles(t *testing.T, dir, text string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "config.toml" {
			return err
		}
		content, err := os.ReadFile(path)
		found = found || bytes.Contains(content, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRedactIsChecked(t *testing.T) {
	for redact, want := range map[string]string{
		`redact = { remove = ["data..x"] }`:                                   `config.toml:12:22: "data..x" is no path`,
		`redact = { hash = ["type"] }`:                                        "type stands in every event",
		`redact = { raw = ["a."] }`:                                           "no path of a field in a body",
		`redact = { hash = ["data.x"], key = "short" }`:                       "shorter than 16 bytes",
		`redact = { removed = ["data.x"] }`:                                   "did you mean remove?",
		`redact = { remove = ["data.call.form"] }` + "\nplugin = \"zendesk\"": "did you mean data.call.from?",
		`redact = { remove = ["data.**.form"] }` + "\nplugin = \"zendesk\"":   "",
		`redact = { hash = ["data.call.from"] }`:                              "hash needs a key: there is no master key",
	} {
		text := strings.NewReplacer("%REDACT%", redact, "%URL%", "http://127.0.0.1:1").Replace(withRedaction)
		text = strings.Replace(text, `dir = "."`, gatewaytest.PluginsTable(t), 1)
		file := gatewaytest.Write(t, text)
		err := gateway.Check(t.Context(), gateway.Options{ConfigFile: file, Getenv: envKey("")})
		want = strings.Replace(want, ":12:", ":14:", 1) // the cache has a line, too
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", redact, err)
		}
	}
}

// TestSealedStore seals everything that is stored: a number that an event, its request, its delivery and an answer hold is in no
// file; in the clear, the control, it is. A store is opened with its own key alone, and stays of the kind it was begun as.
func TestSealedStore(t *testing.T) {
	for name, sealed := range map[string]bool{"sealed": true, "the control": false} {
		t.Run(name, func(t *testing.T) {
			got := make(chan []byte, 1)
			text := strings.NewReplacer("%REDACT%", "", "%URL%", newReceiver(t, got)).Replace(withRedaction)
			encrypted := strings.Replace(text, "[queue]", "[queue]\nencrypt = true", 1)
			if !sealed {
				text, encrypted = encrypted, text
			}
			file := keyed(t, encrypted)
			for range 2 { // it is opened again with what it holds
				g, stop := startUntil(t, gateway.Options{ConfigFile: file, Feed: new(feed.Hub)})
				resp, err := http.Post(g.url("/in?from="+number), "application/json", strings.NewReader(`{"caller":{"number":"`+number+`"}}`))
				if err != nil || resp.StatusCode != http.StatusAccepted {
					t.Fatalf("%v, %v", resp, err)
				}
				_ = resp.Body.Close()
				if body := <-got; !bytes.Contains(body, []byte(number)) {
					t.Errorf("delivered: %s", body)
				}
				stop()
			}
			if inFiles(t, filepath.Dir(file), number) == sealed {
				t.Errorf("the number is in a file: %v", !sealed)
			}
			cfg, err := config.Load(file, config.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if report, err := gateway.Audit(t.Context(), cfg); err != nil || report.FaultCount > 0 || report.Events != 2 {
				t.Errorf("%+v, %v", report, err)
			}
			edit(t, file, text) // the other kind
			opensNot(t, file, map[bool]string{true: "is sealed; set [queue] encrypt", false: "was begun in the clear"}[sealed])
			edit(t, file, encrypted)
			if !sealed {
				return
			}
			lostKeys(t, file)
		})
	}
}

// lostKeys opens a sealed store with another master key, and with its own key lost.
func lostKeys(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(keyFile(file)); err != nil {
		t.Fatal(err)
	}
	opensNot(t, file, "is sealed under one; put that back") // not: make a first one
	ring, err := keyring.Generate()
	if err == nil {
		err = keyring.Write(keyFile(file), ring)
	}
	if err != nil {
		t.Fatal(err)
	}
	opensNot(t, file, "this is not the master key of this store")
	if err := os.Remove(filepath.Join(filepath.Dir(file), "data", keyring.StoreKeyFile)); err != nil {
		t.Fatal(err)
	}
	opensNot(t, file, "is sealed with another key")
	if err := os.Remove(keyFile(file)); err != nil {
		t.Fatal(err)
	}
	opensNot(t, file, "there is no master key")
}

func opensNot(t *testing.T, file, words string) {
	t.Helper()
	g, err := gateway.New(t.Context(), gateway.Options{ConfigFile: file, Getenv: envKey("")})
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Fatalf("%v, %v; want %q", g, err, words)
	}
}
