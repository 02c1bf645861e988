package gateway_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

const byAddress = `
[server]
trusted_proxies = ["10.0.0.0/8"]
%TLS%
[plugins]
dir = "."
[sources.a]
verify = { scheme = "ip", allow = ["203.0.113.0/24"] }
`

// A certificate that is none is a fault with its place, before anything runs.
func TestCertificateFaults(t *testing.T) {
	for _, text := range []string{"", "no certificate"} {
		file := gatewaytest.Write(t, strings.Replace(byAddress, "%TLS%", `tls = { cert = "cert.pem", key = "key.pem" }`, 1))
		if text != "" {
			for _, name := range []string{"cert.pem", "key.pem"} {
				if err := os.WriteFile(filepath.Join(filepath.Dir(file), name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		err := gateway.Check(t.Context(), gateway.Options{ConfigFile: file})
		var faults config.Faults
		if !errors.As(err, &faults) || faults[0].Line != 4 || !strings.Contains(err.Error(), "PEM") {
			t.Errorf("with the files %q: %v", text, err)
		}
	}
}

// try takes the address that its request names.
func TestTryFromAnAddress(t *testing.T) {
	file := gatewaytest.Write(t, strings.Replace(byAddress, "%TLS%", "", 1))
	for addr, status := range map[string]int{"203.0.113.9": 202, "": 403, "203.0.114.9": 403} {
		r, err := gateway.Try(t.Context(), gateway.Options{ConfigFile: file}, gateway.Trial{Method: "POST", Target: "/hooks/a", Body: []byte(`{}`), RemoteAddr: addr})
		if err != nil || r.Status != status {
			t.Errorf("from %q: %+v, %v, want %d", addr, r, err, status)
		}
	}
}
