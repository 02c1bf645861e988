package config_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
)

// Through the API no file of this machine is named, and what is a secret is known to be one.
func TestEndpointNamesNoFiles(t *testing.T) {
	c, err := config.Parse("x.toml", []byte(minimal), options)
	if err != nil {
		t.Fatal(err)
	}
	read := func(settings map[string]any) (*config.Endpoint, error) {
		settings["url"] = "https://a.example.com"
		return c.Endpoint("ep", settings, options)
	}
	for _, key := range []string{"cert", "key", "ca"} {
		_, err := read(map[string]any{"tls": map[string]any{key: "testdata/texts/client.pem"}})
		if err == nil || !strings.Contains(err.Error(), key+" names a file, which an endpoint cannot") {
			t.Errorf("%s: %v", key, err)
		}
	}
	cert, err := os.ReadFile("testdata/texts/client.pem")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile("testdata/texts/client-key.pem")
	if err != nil {
		t.Fatal(err)
	}
	e, err := read(map[string]any{"proxy": "http://u:canary@proxy.example.com", "tls": map[string]any{"cert": string(cert), "key": string(key)}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(e.Hidden, "/proxy") || !slices.Contains(e.Hidden, "/tls/key") || e.Destination.TLS.Cert == "" {
		t.Errorf("hidden: %q", e.Hidden)
	}
}
