package deliver_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/secret"
)

// BenchmarkAttempt is an attempt without a plugin: over the loopback with a net/http receiver in the same process, and
// with a scripted answer, which leaves the gateway's own part.
func BenchmarkAttempt(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	c := conf(server.URL)
	c.AllowPrivate, c.AllowHTTP, c.Concurrency, c.Timeout = true, true, 10, 15*time.Second
	c.Vault = &secret.Vault{}
	c.Vault.Grant("key", secret.New("not-a-real-secret"))
	n, err := deliver.NewNetwork(c, deliver.NetworkOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	q := owed()
	q.Event.Body = bytes.ReplaceAll([]byte(body), []byte(`"data":{`), []byte(`"data":{"filler":"`+string(bytes.Repeat([]byte("x"), 600))+`",`))
	for name, x := range map[string]deliver.Exchanger{"network": n, "scripted": always{}} {
		b.Run(name, func(b *testing.B) {
			d, err := deliver.New(deliver.Options{Config: c, Exchanger: x})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if r := d.Attempt(b.Context(), q); r.Class != deliver.Delivered {
					b.Fatal(r.Reason)
				}
			}
		})
	}
}
