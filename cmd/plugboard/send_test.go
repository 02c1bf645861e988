package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

const everyScheme = `
[server]
listen = %q
admin  = "127.0.0.1:0"
tls    = { cert = "cert.pem", key = "key.pem" }
public_url = "https://gw.example.com"
[queue]
min_free = "1MiB"
[plugins]
dir = "."
[sources.bearer]
verify = { scheme = "bearer", token = "s3cr3t" }
[sources.query]
verify = { scheme = "query", name = "key", value = "s3cr3t" }
[sources.body-token]
verify = { scheme = "body-token", value = "s3cr3t" }
[sources.hmac]
verify = { scheme = "hmac", header = "x-sig", secret = "s3cr3t", signed = "{timestamp}.{id}.{url}.{body}" }
[sources.slack]
verify = { scheme = "slack", secret = ["s3cr3t", "old"] }
[sources.github]
verify = [{ scheme = "ip", allow = ["192.0.2.1"] }, { scheme = "github", secret = "s3cr3t" }]
[sources.stripe]
verify = { scheme = "stripe", secret = "whsec_s3cr3t" }
[sources.standard]
verify = { scheme = "standard-webhooks", secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" }
[sources.twilio]
verify = { scheme = "twilio", secret = "s3cr3t" }
[sources.ip]
verify = { scheme = "ip", allow = ["127.0.0.1"] }
[sources.oauth]
verify = { scheme = "oauth", clients = [{ id = "crm", secret = "s3cr3t" }] }
[sources.together]
verify = { all = [{ scheme = "oauth", clients = [{ username = "ann", password = "s3cr3t-pw", id = "app", secret = "s3cr3t" }] }, { scheme = "mtls", ca = "cert.pem", names = ["gateway"] }] }
`

// TestSendSignsAsEachSchemeWants posts a sample to a running gateway, over TLS, by each scheme that can be signed for; and
// a token that was fetched is known after a restart.
func TestSendSignsAsEachSchemeWants(t *testing.T) {
	addr := gatewaytest.FreeAddr(t)
	file := gatewaytest.Write(t, fmt.Sprintf(everyScheme, addr))
	dir := filepath.Dir(file)
	gatewaytest.SelfSigned(t, dir, "gw.example.com")
	stop := runGateway(t, file)
	body := filepath.Join(dir, "sample.json")
	if err := os.WriteFile(body, []byte(`{"hello":"wörld"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	own := []string{"--cert", filepath.Join(dir, "cert.pem"), "--key", filepath.Join(dir, "key.pem")}
	for _, s := range cfg.Sources {
		args := append([]string{"send", "--config", file, "--wait", "0s", "--source", s.Name, body}, own...)
		if status, said, errs := command(t, args...); status != 0 || !strings.HasPrefix(said, "202 ") {
			t.Errorf("%s: status %d\n%s%s", s.Name, status, said, errs)
		}
	}
	if status, said, _ := command(t, "send", "--config", file, "--wait", "0s", "--source", "together", body); status != 1 || !strings.Contains(said, "no client certificate") {
		t.Errorf("without a client certificate: status %d\n%s", status, said)
	}
	s := &sending{cfg: cfg}
	if err := s.connect(); err != nil {
		t.Fatal(err)
	}
	token, err := s.fetchToken(t.Context(), tokenClient(cfg.Source("oauth").Verify))
	if err != nil {
		t.Fatal(err)
	}
	stop()
	defer runGateway(t, file)()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, (&url.URL{Scheme: "https", Host: addr, Path: "/hooks/oauth"}).String(), strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is read
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusAccepted {
		t.Errorf("a token from before the restart: %s %v %v", resp.Status, answer, err)
	}
}

// runGateway runs a gateway until the function that it gives is called.
func runGateway(t *testing.T, file string) (stop func()) {
	t.Helper()
	g, err := gateway.New(t.Context(), gateway.Options{ConfigFile: file})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
