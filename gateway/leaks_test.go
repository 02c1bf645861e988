package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/keyring"
	"github.com/plugboard/plugboard/queue"
)

// canaries are secrets, each kept where its name says.
var canaries = map[string]string{
	"environment": "canary1env4f7c20a1", "file": "canary2file9be3d511", "store": "canary3store77d0aa42",
	"written out": "canary4plain18c6f0e3", "issued": "canary5oauth5e21b9d4", "in an address": "canary6url0c94e7f5", "client": "canary7client3d8fa1c6",
}

const leaky = `
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
min_free = "1MiB"
[plugins]
%PLUGINS%
[sources.in]
path = "/in"
verify = [{ scheme = "bearer", token = "{{secret.environment}}" }, { scheme = "basic", username = "u", password = "{{secret.file}}" }]
[destinations.header]
url = "%URL%/header"
headers = { x-key = "{{secret.store}}" }
auth = { type = "bearer", token = "%PLAIN%" }
retry = { backoff = "1h", attempts = 2 }
allow_http = true
allow_private = true
[destinations.oauth]
url = "%URL%/oauth"
auth = { type = "oauth2-client-credentials", token_url = "%URL%/token", client_id = "c", client_secret = "{{secret.client}}" }
retry = { backoff = "1h", attempts = 2 }
allow_http = true
allow_private = true
[destinations.refused]
url = "%URL%/refused"
auth = { type = "oauth2-client-credentials", token_url = "%URL%/denied", client_id = "c", client_secret = "{{secret.client}}" }
retry = { backoff = "1h", attempts = 2 }
allow_http = true
allow_private = true
[destinations.address]
url = "http://127.0.0.1:1/bot{{secret.address}}/send"
retry = { backoff = "1h", attempts = 2 }
allow_http = true
allow_private = true
[destinations.plugin]
plugin = "webhook"
url = "%URL%/plugin"
config = { headers = { x-plug = "{{secret.store}}" }, format = "json", body = '{"key":"{{secret.file}}"}' }
retry = { backoff = "1h", attempts = 2 }
allow_http = true
allow_private = true
[[routes]]
name = "all"
to = ["header", "oauth", "refused", "address", "plugin"]
`

// TestNoSecretLeaks is row 15 of the threats: secrets in every place there is for them, a receiver that sends back whatever it is
// sent, and a token endpoint that does so in its refusal. Then no log, note, answer, metric, page, file or stack holds one. The
// control plants one in a log, an event and a panic, and finds it in the log, the API and the store.
func TestNoSecretLeaks(t *testing.T) {
	for name, planted := range map[string]bool{"as it is": false, "the control": true} {
		t.Run(name, func(t *testing.T) {
			found := leaksOf(t, planted)
			if !planted {
				for _, leak := range found {
					t.Error(leak)
				}
				return
			}
			for _, where := range []string{"the log", "GET /v1/events/", "GET /v1/deliveries/", "in a file"} {
				if !strings.Contains(strings.Join(found, "\n"), where) {
					t.Errorf("what was planted is not found in %s: %q", where, found)
				}
			}
		})
	}
}

// echoing answers 500 with all that it was sent; its token endpoints give a token, and refuse one with what they were sent.
func echoing(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var sent bytes.Buffer
		_ = r.Write(&sent) // a buffer takes everything
		switch r.URL.Path {
		case "/token":
			_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`, canaries["issued"])
			return
		case "/denied":
			w.WriteHeader(http.StatusBadRequest)
		default:
			w.Header().Set("X-Seen", r.Header.Get("Authorization"))
			w.WriteHeader(http.StatusInternalServerError)
		}
		user, password, _ := r.BasicAuth()
		_, _ = fmt.Fprintf(w, "%s %s %s", sent.Bytes(), user, password)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// panicking is a queue that panics at one event.
type panicking struct{ queue.Queue }

func (p panicking) Enqueue(ctx context.Context, entries ...queue.Entry) ([]queue.Receipt, error) {
	if bytes.Contains(entries[0].Event.Body, []byte("panic now")) {
		panic("planted")
	}
	return p.Queue.Enqueue(ctx, entries...)
}

// safeBuffer is a log that many write to.
type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func leaksOf(t *testing.T, planted bool) (found []string) {
	text := strings.NewReplacer("%PLUGINS%", gatewaytest.PluginsTable(t), "%URL%", echoing(t), "%PLAIN%", canaries["written out"]).Replace(leaky)
	file := keyed(t, text)
	home := filepath.Dir(file)
	t.Setenv("PLUGBOARD_SECRET_ENVIRONMENT", canaries["environment"])
	if err := os.MkdirAll(filepath.Join(home, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "secrets", "file"), []byte(canaries["file"]), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PLUGBOARD_SECRET_ADDRESS", canaries["in an address"])
	setStored(t, file, "store", canaries["store"])
	setStored(t, file, "client", canaries["client"])

	log, hub := new(safeBuffer), new(feed.Hub)
	notes := hub.Listen(1024)
	defer notes.Close()
	logger := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	g, stop := startUntil(t, gateway.Options{
		ConfigFile: file, Feed: hub, Logger: logger, Wrap: func(q queue.Queue) queue.Queue { return panicking{q} },
	})
	look := func(where string, content []byte) { found = append(found, leaksIn(t, home, where, content)...) }
	body := `{"hello":"world"}`
	if planted {
		body = `{"hello":"` + canaries["store"] + `"}`
		logger.Info("planted", "secret", canaries["file"])
	}
	for _, c := range []struct{ token, body string }{{canaries["environment"], body}, {"x" + canaries["environment"], body}, {canaries["environment"], "{" + canaries["x"]}, {canaries["environment"], `{"a":"panic now"}`}} {
		look("the edge's answer", postAs(t, g, c.token, c.body))
	}
	var seen []byte
	for attempts := 0; attempts < 5; {
		note := waitFor(t, notes, feed.Attempt)
		attempts++
		line, err := json.Marshal(note)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, line...)
	}
	look("a note", seen)
	local := g.local(t)
	for _, path := range apiPaths(t, g, local) {
		_, header, answer := g.call(t, local, http.MethodGet, path, "")
		look("GET "+path, append(answer, fmt.Sprint(header)...))
	}
	for _, c := range [][3]string{{http.MethodGet, "/v1/events", "no"}, {http.MethodPut, "/v1/secrets/store", local}, {http.MethodGet, "/nothing", local}} {
		_, _, answer := g.call(t, c[2], c[0], c[1], `{"value":1}`)
		look("the answer to a bad "+c[0]+" "+c[1], answer)
	}
	var stacks bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
		t.Fatal(err)
	}
	look("the stacks", stacks.Bytes())
	stop()
	look("the log", log.Bytes())
	if !bytes.Contains(log.Bytes(), []byte("planted")) {
		t.Error("nothing panicked")
	}
	return append(found, leaksInFiles(t, home)...)
}

// apiPaths are all that the API shows: every list, and every event and delivery by itself.
func apiPaths(t *testing.T, g *running, token string) (paths []string) {
	t.Helper()
	for _, rule := range admin.Rules() {
		method, path, _ := strings.Cut(rule.Pattern, " ")
		if method == http.MethodGet && !strings.Contains(path, "{") && path != "/v1/stream" {
			paths = append(paths, path)
		}
	}
	if len(paths) < 10 {
		t.Fatalf("only %q", paths)
	}
	for _, kind := range []string{"/v1/events", "/v1/deliveries"} {
		var page struct{ Items []struct{ ID string } }
		_, _, body := g.call(t, token, http.MethodGet, kind, "")
		if err := json.Unmarshal(body, &page); err != nil || len(page.Items) == 0 {
			t.Fatalf("%v, %s", err, body)
		}
		for _, item := range page.Items {
			paths = append(paths, kind+"/"+item.ID)
		}
	}
	return append(paths, "/metrics", "/healthz", "/readyz")
}

func postAs(t *testing.T, g *running, token, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url("/in"), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return []byte(strings.ReplaceAll(err.Error(), token, ""))
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	var answer bytes.Buffer
	_ = resp.Write(&answer) // a buffer takes everything
	return answer.Bytes()
}

// leaksIn names the canaries that stand in something, in any form that a program would write them, and the API's token and the
// master key.
func leaksIn(t *testing.T, home, where string, content []byte) (found []string) {
	t.Helper()
	secrets := map[string]string{}
	for name, value := range canaries {
		secrets[name] = value
	}
	for name, file := range map[string]string{"the API's token": filepath.Join(home, "data", gateway.TokenFile)} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		secrets[name] = strings.TrimSpace(string(text))
	}
	for name, value := range secrets {
		inner := base64.StdEncoding.EncodeToString([]byte(value))
		for _, form := range []string{value, hex.EncodeToString([]byte(value)), inner[:len(inner)-4], base64.StdEncoding.EncodeToString([]byte("u:" + value))} {
			if bytes.Contains(content, []byte(form)) {
				found = append(found, fmt.Sprintf("%s: the secret %q is in it", where, name))
				break
			}
		}
	}
	return found
}

// leaksInFiles looks through everything that the gateway wrote, but for what is there to hold a secret.
func leaksInFiles(t *testing.T, home string) (found []string) {
	t.Helper()
	own := map[string]bool{"config.toml": true, gateway.TokenFile: true, "file": true}
	err := filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || own[d.Name()] {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil {
			found = append(found, leaksIn(t, home, path+", in a file", content)...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (keyring.Place{File: keyFile(filepath.Join(home, "config.toml"))}).Load(); err != nil {
		t.Fatal(err)
	}
	return found
}
