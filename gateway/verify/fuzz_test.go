package verify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/verify"
)

// FuzzSigned has a stranger, who knows no secret, write every header, the URL and the body of a request to each scheme that
// reads a signature: nobody believes it, unless it is the signed message itself.
func FuzzSigned(f *testing.F) {
	list := examples(f)
	verifiers := make([]verify.Verifier, len(list))
	for i, e := range list {
		verifiers[i] = must(f, e.way)
		r := e.make()
		var headers strings.Builder
		for _, h := range r.Headers {
			headers.WriteString(h.Name + ": " + h.Value + "\n")
		}
		f.Add(i, headers.String(), r.Path, r.Query, r.Body)
	}
	f.Add(2, "x-slack-signature: v0=\nx-slack-request-timestamp: 1741075202", "/", "", []byte("x"))
	f.Add(3, "webhook-id: 1\nwebhook-timestamp: 1741075202\nwebhook-signature: v1, v1a, v2,x v1,AAAA", "", "", []byte(""))
	f.Add(5, "stripe-signature: t=1741075202,t=1,v1=,v1=0,=,", "", "", []byte(""))
	f.Add(7, "x-twilio-signature: =", "/p", "bodySHA256&bodySHA256=%", []byte("a=%"))
	f.Fuzz(func(t *testing.T, which int, text, path, query string, body []byte) {
		if which < 0 || which >= len(list) {
			return
		}
		r := &verify.Request{Body: body, Path: path, Query: query, Now: signedAt}
		for line := range strings.SplitSeq(text, "\n") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				r.Headers = append(r.Headers, event.Header{Name: name, Value: value})
			}
		}
		e := list[which]
		if err := verifiers[which].Verify(r); err == nil && !slices.ContainsFunc(list, func(e example) bool { return sameMessage(r, e) }) {
			t.Fatalf("%s believes %+v", e.name, r)
		}
	})
}

// sameMessage says whether a request that was believed says what the signed one says. A form may be spelt in many ways.
func sameMessage(r *verify.Request, e example) bool {
	same := e.make()
	form := strings.Contains(e.name, "form")
	return (form || string(r.Body) == string(same.Body)) && (!e.url || r.Path == same.Path && r.Query == same.Query)
}

// FuzzTokens holds what reads a bearer token, a parameter and a member to the same: nothing but the right value will do.
func FuzzTokens(f *testing.F) {
	for _, text := range []string{"", "s3cr3t", "Bearer s3cr3t", `{"token":"s3cr3t"}`, `{"token":"s3cr3t","token":1}`, "key=s3cr3t", "k%65y=s3cr3t&key", strings.Repeat("A", 54), `{"a":{"token":"s3cr3t"},"token":"\u0073"}`} {
		f.Add(text)
	}
	q, tokens := way("query", "a value that no fuzzer finds 1"), verify.NewTokens()
	q.Name = "key"
	ver, err := verify.New([]config.Verify{q, way("body-token", "a value that no fuzzer finds 2"), way("bearer", "a value that no fuzzer finds 3"),
		{Scheme: "oauth", Lifetime: time.Hour, Clients: []config.Client{{ID: "a", Secret: secret.New("b")}}}}, verify.Options{Tokens: tokens})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := &verify.Request{Headers: headers("authorization", "Bearer "+text), Query: text, Body: []byte(text), Now: signedAt}
		if ver.Verify(r) == nil {
			t.Fatalf("%q is believed", text)
		}
		before := len(r.Body)
		if ver.(verify.Concealer).Conceal(r); len(r.Body) != before {
			t.Fatalf("the body of %d bytes has become %d", before, len(r.Body))
		}
	})
}

// FuzzTemplate: what is read as a template can be signed with and verified.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"{body}", "{timestamp}.{body}", "v0:{id}{url}{body}", "{body", "{}", "}{body}", "{{body}}", "{body}{body}", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w := generalWay("s3cr3t-one")
		w.Signed = text
		v, err := verify.New([]config.Verify{w}, verify.Options{PublicURL: publicURL})
		if err != nil {
			return
		}
		r := &verify.Request{Body: []byte(hello), Path: "/p", Query: "q", Now: signedAt}
		if err := verify.Sign([]config.Verify{w}, verify.Options{PublicURL: publicURL}, r); err != nil {
			t.Fatal(err)
		}
		if err := v.Verify(r); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if r.Body[0] ^= 1; v.Verify(r) == nil {
			t.Fatalf("%q: another body is believed", text)
		}
	})
}

// BenchmarkVerify is each scheme on its published message.
func BenchmarkVerify(b *testing.B) {
	for _, e := range examples(b) {
		if strings.Contains(e.name, "without a body") {
			continue
		}
		b.Run(strings.ReplaceAll(e.name, ", ", "_"), func(b *testing.B) {
			v, r := must(b, e.way), e.make()
			b.ReportAllocs()
			for b.Loop() {
				if err := v.Verify(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
