package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/keyring"
	"github.com/plugboard/plugboard/gateway/secretstore"
)

const withStoredToken = `
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
min_free = "1MiB"
[plugins]
dir = "."
[sources.any]
path = "/in"
verify = { scheme = "bearer", token = "{{secret.token}}" }
`

// keyed writes a configuration and a master key beside it.
func keyed(t testing.TB, text string) (file string) {
	t.Helper()
	file = gatewaytest.Write(t, text)
	ring, err := keyring.Generate()
	if err == nil {
		err = keyring.Create(keyFile(file), ring)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func keyFile(configFile string) string {
	return filepath.Join(filepath.Dir(configFile), "plugboard.key")
}

// setStored stores a secret while no gateway runs.
func setStored(t testing.TB, file, name, value string) {
	t.Helper()
	err := gateway.VisitSecrets(t.Context(), file, func(_ *config.Config, s *secretstore.Store) error {
		return s.Set(t.Context(), name, []byte(value), time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sends says how the source answers a bearer token.
func sends(t testing.TB, g *running, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url("/in"), strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// TestStoredSecretsAreUsedAndChanged goes through a secret's life: it stands in the store before the gateway starts, is used,
// changed over the API and used at once, kept while the configuration names it, and the master key is replaced beneath it.
func TestStoredSecretsAreUsedAndChanged(t *testing.T) {
	file := keyed(t, withStoredToken)
	setStored(t, file, "token", "first-value")
	g := start(t, file)
	local := g.local(t)
	if status := sends(t, g, "first-value"); status != http.StatusAccepted {
		t.Fatalf("the stored token is answered %d", status)
	}
	status, _, body := g.call(t, local, http.MethodPut, "/v1/secrets/token", `{"value":"second-value"}`)
	var change admin.SecretChange
	if err := json.Unmarshal(body, &change); err != nil || status != http.StatusOK || !change.Reloaded {
		t.Fatalf("%d %s", status, body)
	}
	if now, before := sends(t, g, "second-value"), sends(t, g, "first-value"); now != http.StatusAccepted || before != http.StatusUnauthorized {
		t.Errorf("after the change the new token is answered %d and the old one %d", now, before)
	}
	status, header, body := g.call(t, local, http.MethodDelete, "/v1/secrets/token", "")
	wantProblem(t, status, header, body, http.StatusConflict, "config.toml:11:")
	rotateFile(t, file)
	if status, _, body = g.call(t, local, http.MethodPost, "/v1/secrets/reseal", ""); status != http.StatusOK || !strings.Contains(string(body), `"sealed":1`) {
		t.Fatalf("%d %s", status, body)
	}
	if status, _, body = g.call(t, local, http.MethodGet, "/v1/secrets", ""); status != http.StatusOK ||
		strings.Contains(string(body), "-value") || !strings.Contains(string(body), `"name":"token","from":"store"`) || !strings.Contains(string(body), `"used":true`) {
		t.Errorf("%d %s", status, body)
	}
	if status, _, body = g.call(t, local, http.MethodDelete, "/v1/secrets/token?force=true", ""); status != http.StatusNoContent {
		t.Errorf("%d %s", status, body)
	}
	if err := g.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "plugboard secrets set token") {
		t.Errorf("a reload without the secret: %v", err)
	}
	if status := sends(t, g, "second-value"); status != http.StatusAccepted {
		t.Errorf("what runs does not go on: %d", status)
	}
}

// rotateFile puts a new key in front of the one in the file.
func rotateFile(t *testing.T, file string) {
	t.Helper()
	place := keyring.Place{File: keyFile(file)}
	ring, err := place.Load()
	if err == nil {
		ring, err = ring.Rotated()
	}
	if err == nil {
		err = keyring.Write(place.File, ring)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestSecretsOverTheAPIAreChecked(t *testing.T) {
	file := keyed(t, strings.Replace(withStoredToken, "{{secret.token}}", "t", 1))
	g := start(t, file)
	local := g.local(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		words              string
	}{
		{http.MethodPut, "/v1/secrets/a%2F..%2Fb", `{"value":"v"}`, http.StatusBadRequest, "not a secret's name"},
		{http.MethodPut, "/v1/secrets/a%00", `{"value":"v"}`, http.StatusBadRequest, "not a secret's name"},
		{http.MethodPut, "/v1/secrets/a", `{"value":""}`, http.StatusBadRequest, "at least one byte"},
		{http.MethodPut, "/v1/secrets/a", `{"valeu":"canary"}`, http.StatusBadRequest, `{"value": "…"}`},
		{http.MethodPut, "/v1/secrets/a", `canary`, http.StatusBadRequest, `{"value": "…"}`},
		{http.MethodDelete, "/v1/secrets/nobody", "", http.StatusNotFound, "no such secret"},
	} {
		status, header, body := g.call(t, local, c.method, c.path, c.body)
		wantProblem(t, status, header, body, c.status, c.words)
		if strings.Contains(string(body), "canary") {
			t.Errorf("%s %s shows what was sent: %s", c.method, c.path, body)
		}
	}
	if err := os.Remove(keyFile(file)); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutTheRightKeyTheStartSaysWhichSecrets(t *testing.T) {
	file := keyed(t, withStoredToken)
	setStored(t, file, "token", "first-value")
	setStored(t, file, "spare", "another")
	lost, err := os.ReadFile(keyFile(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(keyFile(file)); err != nil {
		t.Fatal(err)
	}
	wrong, err := keyring.Generate()
	if err != nil {
		t.Fatal(err)
	}
	text, err := wrong.Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, key, fault, log string }{
		{"no key", "", "there is no master key", "secrets=\"spare, token\""},
		{"another key", string(text), "the secret token in the store does not open", "secrets=\"spare, token\""},
		{"no key at all but text", "xx", "PLUGBOARD_KEY: this is no key", ""},
	} {
		var log strings.Builder
		_, err := gateway.New(t.Context(), gateway.Options{ConfigFile: file, Logger: newTextLog(&log), Getenv: envKey(c.key)})
		if err == nil || !strings.Contains(err.Error(), c.fault) || !strings.Contains(log.String(), c.log) {
			t.Errorf("%s: %v\n%s", c.name, err, log.String())
		}
	}
	o := gateway.Options{ConfigFile: file, Getenv: envKey(string(lost))} // the control: the right one, in the environment
	if err := gateway.Check(t.Context(), o); err != nil {
		t.Error(err)
	}
}

func envKey(text string) func(string) (string, bool) {
	return func(name string) (string, bool) { return text, name == keyring.EnvName && text != "" }
}

// TestCheckBesideARunningGateway: the store is locked then, so names are asked for and values made up.
func TestCheckBesideARunningGateway(t *testing.T) {
	file := keyed(t, withStoredToken)
	setStored(t, file, "token", "first-value")
	g := start(t, file)
	names := []string{"token"}
	var notes []string
	o := gateway.Options{
		ConfigFile: file, Note: func(n string) { notes = append(notes, n) },
		Ask: func(context.Context, *config.Config) ([]string, error) { return names, nil },
	}
	if err := gateway.Check(t.Context(), o); err != nil || len(notes) != 1 || !strings.Contains(notes[0], "token") {
		t.Errorf("%v, %q", err, notes)
	}
	names = nil
	if err := gateway.Check(t.Context(), o); err == nil || !strings.Contains(err.Error(), ":11:") || !strings.Contains(err.Error(), "secret token is not set") {
		t.Errorf("a name that the gateway has not: %v", err)
	}
	o.Ask, notes = nil, nil
	if err := gateway.Check(t.Context(), o); err != nil || len(notes) != 1 || !strings.Contains(notes[0], "not known") {
		t.Errorf("with nobody to ask: %v, %q", err, notes)
	}
	if status := sends(t, g, "first-value"); status != http.StatusAccepted {
		t.Errorf("the gateway was disturbed: %d", status)
	}
}

func TestEnvironmentAndFolderComeBeforeTheStore(t *testing.T) {
	file := keyed(t, withStoredToken)
	setStored(t, file, "token", "stored")
	folder := filepath.Join(filepath.Dir(file), "secrets")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "token"), []byte("in a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := start(t, file)
	if status := sends(t, g, "in a file"); status != http.StatusAccepted {
		t.Errorf("the file's is answered %d", status)
	}
	_, _, body := g.call(t, g.local(t), http.MethodPut, "/v1/secrets/token", `{"value":"again"}`)
	if !strings.Contains(string(body), `"hidden":"file"`) {
		t.Errorf("nobody is told that the file's value counts: %s", body)
	}
	t.Setenv("PLUGBOARD_SECRET_TOKEN", "in the environment")
	if err := g.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status := sends(t, g, "in the environment"); status != http.StatusAccepted {
		t.Errorf("the environment's is answered %d", status)
	}
}

// A secret that an endpoint alone names is kept as one of the file is.
func TestSecretOfAnEndpointIsKept(t *testing.T) {
	file := keyed(t, strings.Replace(withStoredToken, "{{secret.token}}", "t", 1))
	setStored(t, file, "key", "a value")
	g := start(t, file)
	local := g.local(t)
	if status, _, body := g.call(t, local, http.MethodPost, "/v1/endpoints", `{"url":"https://example.com/in","auth":{"type":"bearer","token":"{{secret.key}}"}}`); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	for range 2 { // also after a reload
		status, header, body := g.call(t, local, http.MethodDelete, "/v1/secrets/key", "")
		wantProblem(t, status, header, body, http.StatusConflict, "endpoint ")
		if err := g.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
