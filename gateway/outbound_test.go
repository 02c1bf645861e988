package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	published "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

const (
	firstKey  = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	secondKey = "whsec_bm90LWEtcmVhbC1zZWNyZXQtYnV0LWxvbmctZW5vdWdo"
)

// From a vendor's request to the receiver's: its trace goes on with a new span, the event is signed, also with another key
// once a reload has brought it, while its sender notices nothing.
func TestTraceAndSignatureGoThrough(t *testing.T) {
	type arrival struct {
		header http.Header
		body   []byte
	}
	arrived := make(chan arrival, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		arrived <- arrival{r.Header, body}
	}))
	defer receiver.Close()
	file := gatewaytest.Minimal(t, "data", receiver.URL, "")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(keys string) {
		t.Helper()
		with := strings.Replace(string(text), "concurrency = 10", `sign = { scheme = "standard-webhooks", secret = [`+keys+`] }`, 1)
		if err := os.WriteFile(file, []byte(with), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sign(`"` + firstKey + `"`)
	g := start(t, file)
	deliver := func(key string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url("/in"), strings.NewReader(`{"hello":"world"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		req.Header.Set("Tracestate", "congo=t61rcWkgMzE")
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusAccepted {
			t.Fatalf("%v, %v", resp, err)
		}
		var got arrival
		select {
		case got = <-arrived:
		case <-time.After(20 * time.Second):
			t.Fatal("nothing arrived")
		}
		if p := got.header.Get("traceparent"); !strings.HasPrefix(p, "00-0af7651916cd43dd8448eb211c80319c-") || strings.Contains(p, "b7ad6b7169203331") ||
			got.header.Get("tracestate") != "congo=t61rcWkgMzE" {
			t.Errorf("the trace goes on as %q, %q", p, got.header.Get("tracestate"))
		}
		w, err := published.NewWebhook(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Verify(got.body, got.header); err != nil {
			t.Error(err)
		}
	}
	deliver(firstKey)
	for _, keys := range []string{`"` + secondKey + `", "` + firstKey + `"`, `"` + secondKey + `"`} {
		sign(keys)
		if err := g.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		deliver(secondKey)
	}
}

// A setting that cannot be used is told with its place before anything is taken into use.
func TestUnusableSignature(t *testing.T) {
	file := gatewaytest.Minimal(t, "data", "https://receiver.example.com", "")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	with := strings.Replace(string(text), "concurrency = 10", `sign = { scheme = "standard-webhooks", secret = "whsec_c2hvcnQ=" }`, 1)
	if err := os.WriteFile(file, []byte(with), 0o600); err != nil {
		t.Fatal(err)
	}
	err = gateway.Check(t.Context(), gateway.Options{ConfigFile: file})
	if err == nil || !strings.Contains(err.Error(), ".toml:") || !strings.Contains(err.Error(), "whsec_") || strings.Contains(err.Error(), "c2hvcnQ") {
		t.Errorf("%v", err)
	}
}
