package gateway_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// startRemote runs a gateway whose API others reach, and gives a client that believes its certificate, for gw.example.com.
func startRemote(t *testing.T) (g *running, dir string, client *http.Client) {
	t.Helper()
	file := gatewaytest.Write(t, `
[server]
listen = "127.0.0.1:0"
admin  = "0.0.0.0:0"
admin_tls = { cert = "cert.pem", key = "key.pem" }
admin_hosts = ["plugboard.internal"]
[queue]
min_free = "1MiB"
[plugins]
dir = "."
[sources.any]
verify = { scheme = "none" }
`)
	dir = filepath.Dir(file)
	gatewaytest.SelfSigned(t, dir, "gw.example.com")
	g = start(t, file)
	return g, dir, believing(t, dir, g.Admin())
}

// believing is a client that reaches the gateway by every name, and trusts the certificate that lies in the folder.
func believing(t *testing.T, dir, addr string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, ServerName: "gw.example.com", MinVersion: tls.VersionTLS12},
		DisableKeepAlives: true,
		Dial:              func(network, _ string) (net.Conn, error) { return net.Dial(network, "127.0.0.1:"+port) }, //nolint:staticcheck // no context is needed
	}}
}

// tokenIn makes a token.
func tokenIn(t *testing.T, client *http.Client, req *http.Request) string {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	var made admin.CreatedToken
	err = json.NewDecoder(resp.Body).Decode(&made)
	if err = errors.Join(err, resp.Body.Close()); err != nil || made.Text == "" {
		t.Fatalf("%s %v", resp.Status, err)
	}
	return made.Text
}

// An API that others reach speaks TLS alone, and tells nothing, metrics included, without a token; it is asked by its
// own names.
func TestAPIBeyondThisMachine(t *testing.T) {
	t.Parallel()
	g, _, client := startRemote(t)
	tokens := map[string]string{"nobody": ""}
	made := func(role string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://gw.example.com/v1/tokens", strings.NewReader(`{"name":"`+role+`","role":"`+role+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+g.local(t))
		return tokenIn(t, client, req)
	}
	tokens["viewer"], tokens["sender"] = made("viewer"), made("sender")
	for _, c := range []struct {
		host, who, path string
		status          int
	}{
		{"gw.example.com", "viewer", "/v1/events", 200},
		{"gw.example.com", "nobody", "/v1/events", 401},
		{"gw.example.com", "nobody", "/metrics", 401},
		{"gw.example.com", "sender", "/metrics", 403},
		{"gw.example.com", "viewer", "/metrics", 200},
		{"gw.example.com", "nobody", "/healthz", 200},
		{"plugboard.internal:8081", "viewer", "/v1/events", 200},
		{"127.0.0.1", "viewer", "/v1/events", 200},
		{"other.example.com", "viewer", "/v1/events", 403},
		{"other.example.com", "viewer", "/metrics", 403},
	} {
		status, _ := asked(t, client, "https://gw.example.com", tokens[c.who], c.path, func(r *http.Request) { r.Host = c.host })
		if status != c.status {
			t.Errorf("%s of %s by %s is answered %d, want %d", c.path, c.host, c.who, status, c.status)
		}
	}
	plain, _ := asked(t, &http.Client{Transport: &http.Transport{Dial: client.Transport.(*http.Transport).Dial}}, "http://gw.example.com", tokens["viewer"], "/v1/events", nil) //nolint:staticcheck // as above
	if plain != http.StatusBadRequest {
		t.Errorf("without TLS it is answered %d", plain)
	}
	old := client.Transport.(*http.Transport).Clone()
	old.TLSClientConfig.MinVersion, old.TLSClientConfig.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if resp, err := (&http.Client{Transport: old}).Get("https://gw.example.com/healthz"); err == nil { //nolint:noctx // it fails at once
		t.Errorf("TLS 1.1 is answered %s", resp.Status)
		_ = resp.Body.Close()
	}
}

// A certificate that is renewed is shown without a restart, and one that cannot be read leaves the old one in place.
func TestAPIShowsItsRenewedCertificate(t *testing.T) {
	t.Parallel()
	g, dir, first := startRemote(t)
	addr := g.Admin()
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := g.Reload(t.Context()); err == nil {
		t.Error("a broken certificate was taken")
	}
	asked(t, first, "https://gw.example.com", "", "/healthz", nil)
	gatewaytest.SelfSigned(t, dir, "gw.example.com")
	if err := g.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked(t, believing(t, dir, addr), "https://gw.example.com", "", "/healthz", nil)
	if resp, err := first.Get("https://gw.example.com/healthz"); err == nil { //nolint:noctx // it fails at once
		t.Errorf("the old certificate is shown still: %s", resp.Status)
		_ = resp.Body.Close()
	}
}

// An address that others reach is refused without a certificate, before anything listens; also where the file names one that
// does not exist.
func TestAPIBeyondThisMachineNeedsTLS(t *testing.T) {
	t.Parallel()
	for addr, refused := range map[string]bool{"0.0.0.0:0": true, ":0": true, "[::]:0": true, "10.1.2.3:0": true, "gw.example.com:0": true, "127.0.0.1:0": false, "localhost:0": false, "[::1]:0": false} {
		file := gatewaytest.Write(t, "[server]\nadmin = \""+addr+"\"\n[plugins]\ndir = \".\"\n")
		err := gateway.Check(t.Context(), gateway.Options{ConfigFile: file})
		if got := err != nil && strings.Contains(err.Error(), "admin_tls"); got != refused {
			t.Errorf("admin = %q: %v", addr, err)
		}
	}
	file := gatewaytest.Write(t, "[server]\nadmin = \"0.0.0.0:0\"\nadmin_tls = { cert = \"no.pem\", key = \"no.pem\" }\n[plugins]\ndir = \".\"\n")
	if err := gateway.Check(t.Context(), gateway.Options{ConfigFile: file}); err == nil || !strings.Contains(err.Error(), "config.toml:3") {
		t.Errorf("without its files: %v", err)
	}
}
