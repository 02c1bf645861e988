package verify_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/verify"
)

const hello = `{"hello":"wörld"}`

// signedAt is when the published vectors were made.
var signedAt = time.Unix(1741075202, 0)

// example is a message that its scheme signs, and what its receiver is configured with.
type example struct {
	name  string
	way   config.Verify
	other config.Verify // the same scheme with another secret
	url   bool          // is signed
	timed bool          // its time is, and is looked at
	make  func() *verify.Request
}

// examples are the published vectors, and a message of each scheme for which none is published.
func examples(t testing.TB) []example {
	return append(published(t), standardAsymmetric(t), ofTalkdesk(t), general(t))
}

// published are the vectors of testdata/vectors.json.
func published(t testing.TB) []example {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			Scheme, Secret, Body, URL, Note string
			Headers, Form                   map[string]string
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"slack-v0": "slack", "github-256": "github", "twilio-form": "twilio", "twilio-json": "twilio"}
	var list []example
	for _, v := range file.Vectors {
		e := example{name: v.Scheme, url: v.URL != "", timed: v.Scheme != "zendesk" && v.Scheme != "github-256" && v.URL == ""}
		if v.Note != "" {
			e.name += ", " + v.Note
		}
		scheme := v.Scheme
		if name := names[scheme]; name != "" {
			scheme = name
		}
		e.way, e.other = way(scheme, v.Secret), way(scheme, "another")
		if scheme == "standard-webhooks" {
			e.other = way(scheme, "whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 32)))
		}
		if e.timed {
			e.way.Tolerance = 5 * time.Minute
			e.other.Tolerance = e.way.Tolerance
		}
		e.make = func() *verify.Request {
			r := &verify.Request{Body: []byte(v.Body), Now: signedAt, Path: "/hooks/x"}
			if u, err := url.Parse(v.URL); err == nil && v.URL != "" {
				r.Path, r.Query = u.EscapedPath(), u.RawQuery
			}
			for name, value := range v.Headers {
				r.Headers = append(r.Headers, event.Header{Name: name, Value: value})
			}
			if v.Form != nil {
				form := url.Values{}
				for name, value := range v.Form {
					form.Set(name, value)
				}
				r.Body = []byte(form.Encode())
				r.Headers = append(r.Headers, event.Header{Name: "content-type", Value: "application/x-www-form-urlencoded; charset=utf-8"})
			}
			slices.SortFunc(r.Headers, func(a, b event.Header) int { return strings.Compare(a.Name, b.Name) })
			return r
		}
		list = append(list, e)
	}
	if len(list) < 8 {
		t.Fatalf("only %d vectors", len(list))
	}
	return list
}

// standardAsymmetric is Standard Webhooks with a public key.
func standardAsymmetric(t testing.TB) example {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stranger, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	e := example{name: "standard-webhooks, v1a", timed: true,
		way:   way("standard-webhooks", "whpk_"+base64.StdEncoding.EncodeToString(public)),
		other: way("standard-webhooks", "whpk_"+base64.StdEncoding.EncodeToString(stranger))}
	e.way.Tolerance, e.other.Tolerance = 5*time.Minute, 5*time.Minute
	signature := base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte("msg_1.1741075202."+hello)))
	e.make = func() *verify.Request {
		return &verify.Request{Body: []byte(hello), Now: signedAt,
			Headers: headers("webhook-id", "msg_1", "webhook-timestamp", "1741075202", "webhook-signature", "v1a,"+signature)}
	}
	return e
}

func publicPEM(t testing.TB, public any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func ecdsaKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func ofTalkdesk(t testing.TB) example {
	t.Helper()
	private := ecdsaKey(t)
	sum := sha512.Sum512([]byte(hello))
	signature, err := ecdsa.SignASN1(rand.Reader, private, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return example{name: "talkdesk",
		way:   config.Verify{Scheme: "talkdesk", Keys: map[string]string{"k1": publicPEM(t, &private.PublicKey), "k2": publicPEM(t, &ecdsaKey(t).PublicKey)}},
		other: config.Verify{Scheme: "talkdesk", Keys: map[string]string{"k1": publicPEM(t, &ecdsaKey(t).PublicKey)}},
		make: func() *verify.Request {
			return &verify.Request{Body: []byte(hello), Now: signedAt, Headers: headers("x-hub-ecdsa-signature", hex.EncodeToString(signature), "x-hub-ecdsa-signature-id", "k1")}
		}}
}

// generalWay is the scheme hmac with everything that it can sign.
func generalWay(secret string) config.Verify {
	w := way("hmac", secret)
	w.Header, w.Algorithm, w.Encoding, w.Prefix = "X-Sig", "sha512", "base64", "sig="
	w.Signed, w.TimestampHeader, w.IDHeader, w.Tolerance = "{id}|{timestamp}|{url}|{body}", "X-Time", "X-Id", 5*time.Minute
	return w
}

func general(t testing.TB) example {
	t.Helper()
	w := generalWay("s3cr3t-one")
	return example{name: "hmac", way: w, other: generalWay("another"), url: true, timed: true, make: func() *verify.Request {
		r := &verify.Request{Headers: headers("x-id", "msg_1"), Body: []byte(hello), Path: "/hooks/a", Query: "b=%20&c", Now: signedAt}
		if err := verify.Sign([]config.Verify{w}, verify.Options{PublicURL: publicURL}, r); err != nil {
			t.Fatal(err)
		}
		return r
	}}
}

func TestSignedMessages(t *testing.T) {
	for _, e := range examples(t) {
		t.Run(e.name, func(t *testing.T) {
			check(t, must(t, e.way), e.make(), "")
			if must(t, e.other).Verify(e.make()) == nil {
				t.Error("accepted under another secret")
			}
			rotating := e.other
			rotating.Secrets = append(rotating.Secrets, e.way.Secrets...)
			if rotating.Keys == nil {
				check(t, must(t, rotating), e.make(), "")
			}
		})
	}
}

// What Sign makes, Verify of the same configuration believes, and of another one does not.
func TestSignAndVerify(t *testing.T) {
	tokens := verify.Options{PublicURL: publicURL, Tokens: verify.NewTokens()}
	ways := []config.Verify{way("bearer", "s3cr3t-one"), way("basic", "s3cr3t-one"), way("header", "s3cr3t-one"), way("query", "s3cr3t one&"),
		way("body-token", `s3cr3t"one`), way("zendesk", "s3cr3t-one"), generalWay("s3cr3t-one"), way("slack", "s3cr3t-one"), way("github", "s3cr3t-one"),
		way("stripe", "s3cr3t-one"), way("twilio", "s3cr3t-one"), way("standard-webhooks", "whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 24))),
		{Scheme: "oauth", Lifetime: time.Hour, Clients: []config.Client{{ID: "a", Secret: way("", "s3cr3t-one").Secrets[0]}}}}
	together := config.Verify{Scheme: "all", All: []config.Verify{ways[0], ways[3], ways[8]}}
	for _, w := range append(ways, together) {
		for _, content := range []string{"application/json", "application/x-www-form-urlencoded"} {
			r := &verify.Request{Headers: headers("content-type", content), Body: []byte(hello), Path: "/p", Query: "a=1", Now: signedAt}
			if err := verify.Sign([]config.Verify{{Scheme: "talkdesk", Keys: map[string]string{"k": publicPEM(t, &ecdsaKey(t).PublicKey)}}, w}, tokens, r); err != nil {
				t.Fatalf("%s: %v", w.Scheme, err)
			}
			v, err := verify.New([]config.Verify{w}, tokens)
			if err != nil {
				t.Fatal(err)
			}
			check(t, v, r, "")
			if v.Verify(&verify.Request{Headers: headers("content-type", content), Body: []byte(hello), Path: "/p", Query: "a=1", Now: signedAt}) == nil {
				t.Errorf("%s: accepted unsigned", w.Scheme)
			}
		}
	}
	if err := verify.Sign([]config.Verify{{Scheme: "talkdesk", Keys: map[string]string{"k": publicPEM(t, &ecdsaKey(t).PublicKey)}}}, tokens, &verify.Request{}); err == nil {
		t.Error("signed with a public key")
	}
	if err := verify.Sign(nil, tokens, &verify.Request{}); err != nil {
		t.Errorf("without a scheme: %v", err)
	}
}
