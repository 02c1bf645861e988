package deliver_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	published "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/signature"
)

const (
	outSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	oldSecret = "whsec_bm90LWEtcmVhbC1zZWNyZXQtYnV0LWxvbmctZW5vdWdo"
)

// inbox is a receiver that keeps what came, bodies as they came, and answers by answer if there is one.
type inbox struct {
	mu     sync.Mutex
	got    []*http.Request
	bodies [][]byte
	answer http.HandlerFunc
}

func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	b.got, b.bodies = append(b.got, r), append(b.bodies, body)
	b.mu.Unlock()
	if b.answer != nil {
		b.answer(w, r)
	}
}

func hidden(values ...string) (list []secret.Value) {
	for _, v := range values {
		list = append(list, secret.New(v))
	}
	return list
}

// networkAt is network by a clock.
func networkAt(t *testing.T, c *config.Destination, now func() time.Time) *deliver.Destination {
	t.Helper()
	c.AllowPrivate, c.AllowHTTP, c.Vault = true, true, &secret.Vault{}
	n, err := deliver.NewNetwork(c, deliver.NetworkOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return destination(t, n, func(o *deliver.Options) { o.Config, o.Now = c, now })
}

// What goes out passes the library that receivers use, under each of two secrets while one replaces another; each attempt
// is signed anew, under the same id.
func TestStandardWebhooksSignature(t *testing.T) {
	in := &inbox{answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }}
	c := conf(serve(t, in))
	c.Sign = config.Sign{Scheme: "standard-webhooks", Secrets: hidden(outSecret, oldSecret)}
	clock := time.Now()
	d := networkAt(t, c, func() time.Time { return clock })
	for range 2 {
		d.Attempt(t.Context(), owed())
		clock = clock.Add(time.Minute)
	}
	if len(in.got) != 2 {
		t.Fatalf("%d requests arrived", len(in.got))
	}
	for i, r := range in.got {
		for _, s := range []string{outSecret, oldSecret} {
			w, err := published.NewWebhook(s)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Verify(in.bodies[i], r.Header); err != nil {
				t.Errorf("attempt %d: %v", i+1, err)
			}
		}
	}
	a, b := in.got[0].Header, in.got[1].Header
	if a.Get("webhook-id") != "ev-1" || b.Get("webhook-id") != "ev-1" || a.Get("webhook-timestamp") == b.Get("webhook-timestamp") || a.Get("webhook-signature") == b.Get("webhook-signature") {
		t.Errorf("first attempt %v, second %v", a, b)
	}
}

func TestTemplateSignature(t *testing.T) {
	in := &inbox{}
	c := conf(serve(t, in) + "/in?x=1")
	c.Sign = config.Sign{Scheme: "hmac", Header: "x-sig", Secrets: hidden("s3cret"), Algorithm: "sha512", Encoding: "base64", Prefix: "v0=",
		Signed: "{method}:{target}:{timestamp}:{id}:{body}", TimestampHeader: "x-time"}
	c.Auth = config.Auth{Type: "api-key", In: "query", Name: "key", Value: secret.New("canary-key")}
	networkAt(t, c, time.Now).Attempt(t.Context(), owed())
	r := in.got[0]
	s, err := signature.NewTemplate(signature.Form{Algorithm: "sha512", Encoding: "base64", Prefix: "v0=", Signed: c.Sign.Signed}, []string{"s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Match(r.Header.Get("x-sig"), signature.Message{Method: r.Method, Target: r.RequestURI, Timestamp: r.Header.Get("x-time"), ID: "ev-1", Body: in.bodies[0]}) {
		t.Errorf("%v for %s does not verify", r.Header, r.RequestURI)
	}
	if r.Header.Get("x-time") != r.Header.Get("webhook-timestamp") || r.RequestURI != "/in?x=1&key=canary-key" {
		t.Errorf("%s %v", r.RequestURI, r.Header)
	}
}

// While a secret is replaced, each makes a signature in a header of its own: one that knows the first alone, and compares
// its whole header as GitHub's receivers do, accepts; so does one that looks behind it. Without a second secret there is none.
func TestTemplateSignatureWhileRotating(t *testing.T) {
	for _, secrets := range [][]string{{"new"}, {"new", "old"}} {
		in := &inbox{}
		c := conf(serve(t, in))
		c.Sign = config.Sign{Scheme: "hmac", Header: "x-sig", Secrets: hidden(secrets...), Prefix: "sha256="}
		network(t, c, nil).Attempt(t.Context(), owed())
		for i, name := range []string{"X-Sig", "X-Sig-2"} {
			var want []string
			if i < len(secrets) {
				mac := hmac.New(sha256.New, []byte(secrets[i]))
				mac.Write(in.bodies[0])
				want = []string{"sha256=" + hex.EncodeToString(mac.Sum(nil))}
			}
			if got := in.got[0].Header[name]; !slices.Equal(got, want) {
				t.Errorf("with %q: %s is %q, want %q", secrets, name, got, want)
			}
		}
	}
}

// A plugin cannot write the signature, nor leave what it signs behind: it stands over what is sent, secrets and all.
func TestSignatureIsTheGateways(t *testing.T) {
	in := &inbox{}
	c := conf(serve(t, in))
	c.Vault = &secret.Vault{}
	placeholder := c.Vault.Grant("key", secret.New("canary-in-body"))
	c.Sign = config.Sign{Scheme: "hmac", Header: "x-sig", Secrets: hidden("s3cret")}
	p := &scripted{name: "p", format: says(`{"request":{"headers":{"X-Sig":"forged"},"json":{"key":"` + placeholder + `"}}}`)}
	network(t, c, p).Attempt(t.Context(), owed())
	s, err := signature.NewTemplate(signature.Form{}, []string{"s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	if got := in.got[0].Header["X-Sig"]; len(got) != 1 || !s.Match(got[0], signature.Message{Body: in.bodies[0]}) || !strings.Contains(string(in.bodies[0]), "canary-in-body") {
		t.Errorf("%q over %s", got, in.bodies[0])
	}
}

func TestSettingsThatCannotBeUsed(t *testing.T) {
	for key, change := range map[string]func(*config.Destination){
		"sign": func(c *config.Destination) {
			c.Sign = config.Sign{Scheme: "standard-webhooks", Secrets: hidden("whsec_c2hvcnQ=")}
		},
		"proxy": func(c *config.Destination) { c.Proxy.URL = "socks5://x" },
		"tls":   func(c *config.Destination) { c.TLS.CA = "nothing" },
		"auth":  func(c *config.Destination) { c.Auth.Type = "magic" },
	} {
		c := conf("https://crm.example.com")
		change(c)
		_, err := deliver.NewNetwork(c, deliver.NetworkOptions{})
		if e, ok := err.(*deliver.SettingError); !ok || e.Key != key || strings.Contains(err.Error(), "c2hvcnQ") { //nolint:errorlint // it is not wrapped
			t.Errorf("%s: %v", key, err)
		}
	}
}

// A body is compressed where that is asked for and of use; the signature is over the bytes that go out.
func TestCompression(t *testing.T) {
	long := `{"data":"` + strings.Repeat("xyz ", 300) + `"}`
	for name, tt := range map[string]struct {
		body, coding, headers string
	}{
		"long": {long, "gzip", ""}, "short": {`{"data":1}`, "", ""}, "coded by the plugin": {long, "br", `"headers":{"content-encoding":"br"},`},
	} {
		t.Run(name, func(t *testing.T) {
			in := &inbox{}
			c := conf(serve(t, in))
			c.Compress, c.Sign = "gzip", config.Sign{Scheme: "standard-webhooks", Secrets: hidden(outSecret)}
			p := &scripted{name: "p", format: says(`{"request":{` + tt.headers + `"body":` + strconv.Quote(tt.body) + `}}`)}
			network(t, c, p).Attempt(t.Context(), owed())
			got, r := in.bodies[0], in.got[0]
			if r.Header.Get("content-encoding") != tt.coding || r.Header.Get("accept-encoding") != "gzip" {
				t.Errorf("headers %v", r.Header)
			}
			w, err := published.NewWebhook(outSecret)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.VerifyIgnoringTimestamp(got, r.Header); err != nil {
				t.Error(err)
			}
			if tt.coding == "gzip" {
				z, err := gzip.NewReader(bytes.NewReader(got))
				if err != nil {
					t.Fatal(err)
				}
				got, _ = io.ReadAll(z)
			}
			if string(got) != tt.body {
				t.Errorf("arrived as %q", got)
			}
		})
	}
}

func TestTraceGoesOn(t *testing.T) {
	const id, parent = "0af7651916cd43dd8448eb211c80319c", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	raw := func(pairs ...string) []byte {
		r := event.Raw{Method: "POST"}
		for i := 0; i < len(pairs); i += 2 {
			r.Headers = append(r.Headers, event.Header{Name: pairs[i], Value: pairs[i+1]})
		}
		return r.Encode()
	}
	extension := `{"specversion":"1.0","id":"ev-1","traceparent":"` + strings.ReplaceAll(parent, "0af7", "1bf7") + `","data":{}}`
	for name, tt := range map[string]struct {
		raw           []byte
		body          string
		prefix, state string
	}{
		"header":                {raw("traceparent", parent, "tracestate", "a=1"), body, "00-" + id, "a=1"},
		"state in two lines":    {raw("traceparent", parent, "tracestate", "a=1", "tracestate", "b=2"), body, "00-" + id, "a=1,b=2"},
		"header and extension":  {raw("traceparent", parent), extension, "00-" + id, ""},
		"extension":             {raw(), extension, "00-1bf7", ""},
		"neither":               {raw("x-request-id", "1"), body, "", ""},
		"no request":            {nil, body, "", ""},
		"not valid":             {raw("traceparent", parent[1:], "tracestate", "a=1"), body, "", ""},
		"twice":                 {raw("traceparent", parent, "traceparent", parent), body, "", ""},
		"text that looks alike": {raw(), `{"data":"\"traceparent\":\"` + parent + `\""}`, "", ""},
		"deeper":                {raw(), `{"data":{"traceparent":"` + parent + `"}}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			in := &inbox{}
			q := owed()
			q.Event.Raw, q.Event.Body = tt.raw, []byte(tt.body)
			network(t, conf(serve(t, in)), nil).Attempt(t.Context(), q)
			got := in.got[0].Header
			if p := got.Get("traceparent"); !strings.HasPrefix(p, tt.prefix) || (p == "") != (tt.prefix == "") || p == parent || got.Get("tracestate") != tt.state {
				t.Errorf("%q, %q", p, got.Get("tracestate"))
			}
		})
	}
}
