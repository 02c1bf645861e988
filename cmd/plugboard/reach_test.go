package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// The API of a gateway elsewhere is asked over TLS, by address, token and authority, with no configuration of it at hand;
// on its own machine the configuration says all.
func TestReachingAGatewayElsewhere(t *testing.T) {
	addr := gatewaytest.FreeAddr(t)
	_, port, _ := strings.Cut(addr, ":")
	file := gatewaytest.Write(t, `
[server]
listen = "`+gatewaytest.FreeAddr(t)+`"
admin  = "0.0.0.0:`+port+`"
admin_tls = { cert = "cert.pem", key = "key.pem" }
[queue]
min_free = "1MiB"
[plugins]
dir = "."
[sources.any]
verify = { scheme = "none" }
`)
	dir := filepath.Dir(file)
	gatewaytest.SelfSigned(t, dir, "localhost")
	defer runGateway(t, file)()
	ca, token, base := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "viewer.token"), "https://localhost:"+port
	t.Setenv("PLUGBOARD_TOKEN", "")
	status, made, errs := command(t, "token", "create", "far", "--role", "admin", "--config", file)
	if status != 0 || os.WriteFile(token, []byte(made), 0o600) != nil {
		t.Fatalf("beside it: status %d, %s", status, errs)
	}
	other := filepath.Join(t.TempDir(), "cert.pem")
	gatewaytest.SelfSigned(t, filepath.Dir(other), "localhost")
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"sources --admin " + base + " --admin-ca " + ca + " --token-file " + token, 0, "/hooks/any"},
		{"audit --admin " + base + " --admin-ca " + ca + " --token-file " + token, 0, "nothing is missing"},
		{"secrets list --admin " + base + " --admin-ca " + ca + " --token-file " + token, 0, ""},
		{"events --admin " + base + " --admin-ca " + other + " --token-file " + token, 1, "--admin-ca"},
		{"events --admin " + base + " --token-file " + token, 1, "--admin-ca"},
		{"events --admin " + base + " --admin-ca " + ca, 1, "--token-file"},
		{"events --admin " + base + " --admin-ca " + ca + " --token-file " + ca, 1, "more than a token"},
		{"events --admin " + base + " --admin-ca " + token + " --token-file " + token, 1, "no certificate"},
		{"events --admin http://gw.example.com:1 --token-file " + token, 2, "in the clear"},
		{"events --admin gw.example.com --token-file " + token, 2, "https://"},
	} {
		status, said, errs := command(t, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(said+errs, c.says) {
			t.Errorf("%s: status %d, want %d and %q\n%s%s", c.args, status, c.status, c.says, said, errs)
		}
	}
	text, err := os.ReadFile(token)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PLUGBOARD_TOKEN", strings.TrimSpace(string(text)))
	t.Setenv("PLUGBOARD_ADMIN", base)
	t.Setenv("PLUGBOARD_ADMIN_CA", ca)
	if status, said, errs := command(t, "routes"); status != 0 {
		t.Errorf("by the environment: status %d, %s%s", status, said, errs)
	}
}
