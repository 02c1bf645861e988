package verify_test

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/verify"
)

const publicURL = "https://gw.example.com"

func way(scheme string, secrets ...string) config.Verify {
	w := config.Verify{Scheme: scheme, Username: "user", Header: "X-Hook-Key"}
	for _, s := range secrets {
		w.Secrets = append(w.Secrets, secret.New(s))
	}
	return w
}

func must(t testing.TB, ways ...config.Verify) verify.Verifier {
	t.Helper()
	v, err := verify.New(ways, verify.Options{PublicURL: publicURL})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func headers(pairs ...string) []event.Header {
	var out []event.Header
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, event.Header{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

func TestTokens(t *testing.T) {
	const basicPair = "dXNlcjpzM2NyM3Qtb25l" // user:s3cr3t-one
	tests := []struct {
		name    string
		way     config.Verify
		headers []event.Header
		fault   string // "" when it is to be accepted
	}{
		{"none", way("none"), nil, ""},
		{"bearer", way("bearer", "s3cr3t-one"), headers("authorization", "Bearer s3cr3t-one"), ""},
		{"bearer in another case", way("bearer", "s3cr3t-one"), headers("authorization", "bEaReR s3cr3t-one"), ""},
		{"bearer, the older of two", way("bearer", "s3cr3t-new", "s3cr3t-one"), headers("authorization", "Bearer s3cr3t-one"), ""},
		{"bearer missing", way("bearer", "s3cr3t-one"), headers("x", "y"), "authorization is missing"},
		{"bearer empty header", way("bearer", "s3cr3t-one"), headers("authorization", ""), "authorization is empty"},
		{"bearer without token", way("bearer", "s3cr3t-one"), headers("authorization", "Bearer "), "not in the form"},
		{"bearer prefix of the token", way("bearer", "s3cr3t-one"), headers("authorization", "Bearer s3cr3t-on"), "does not match"},
		{"bearer with a tail", way("bearer", "s3cr3t-one"), headers("authorization", "Bearer s3cr3t-one "), "does not match"},
		{"bearer two spaces", way("bearer", "s3cr3t-one"), headers("authorization", "Bearer  s3cr3t-one"), "does not match"},
		{"bearer sent twice", way("bearer", "s3cr3t-one"), headers("authorization", "Bearer s3cr3t-one", "authorization", "Bearer s3cr3t-one"), "more than once"},
		{"bearer but basic sent", way("bearer", "s3cr3t-one"), headers("authorization", "Basic "+basicPair), "not in the form"},
		{"basic", way("basic", "s3cr3t-one"), headers("authorization", "Basic "+basicPair), ""},
		{"basic, the older of two", way("basic", "s3cr3t-new", "s3cr3t-one"), headers("authorization", "Basic "+basicPair), ""},
		{"basic other password", way("basic", "s3cr3t-two"), headers("authorization", "Basic "+basicPair), "does not match"},
		{"basic not base64", way("basic", "s3cr3t-one"), headers("authorization", "Basic user:s3cr3t-one"), "not in the form"},
		{"basic truncated", way("basic", "s3cr3t-one"), headers("authorization", "Basic "+basicPair[:16]), "does not match"},
		{"header", way("header", "s3cr3t-one"), headers("x-hook-key", "s3cr3t-one"), ""},
		{"header wrong", way("header", "s3cr3t-one"), headers("x-hook-key", "s3cr3t-onE"), "does not match"},
		{"header missing", way("header", "s3cr3t-one"), nil, "x-hook-key is missing"},
		{"header empty", way("header", "s3cr3t-one"), headers("x-hook-key", ""), "x-hook-key is empty"},
		{"header sent twice", way("header", "s3cr3t-one"), headers("x-hook-key", "s3cr3t-one", "x-hook-key", "s3cr3t-one"), "more than once"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, must(t, tt.way), &verify.Request{Headers: tt.headers}, tt.fault)
		})
	}
}

// check also sees to it that no error gives a secret away.
func check(t *testing.T, v verify.Verifier, r *verify.Request, fault string) {
	t.Helper()
	err := v.Verify(r)
	if fault == "" {
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		return
	}
	if err == nil {
		t.Fatalf("accepted, want a refusal with %q", fault)
	}
	if !strings.Contains(err.Error(), fault) {
		t.Errorf("error %q does not say %q", err, fault)
	}
	for _, h := range r.Headers {
		if len(h.Value) > 3 && strings.Contains(err.Error(), h.Value) {
			t.Errorf("error %q holds the value of %s", err, h.Name)
		}
	}
	if strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("error %q holds a secret", err)
	}
}

func TestAnyOf(t *testing.T) {
	v := must(t, way("bearer", "s3cr3t-one"), way("header", "s3cr3t-two"))
	check(t, v, &verify.Request{Headers: headers("authorization", "Bearer s3cr3t-one")}, "")
	check(t, v, &verify.Request{Headers: headers("x-hook-key", "s3cr3t-two")}, "")
	check(t, v, &verify.Request{Headers: headers("x-hook-key", "s3cr3t-one")}, "bearer: header authorization is missing; header: header x-hook-key does not match")
}

func TestNewRefuses(t *testing.T) {
	noHeader, noUser, colon := way("header", "x"), way("basic", "x"), way("basic", "x")
	noHeader.Header, noUser.Username, colon.Username = "", "", "a:b"
	for name, ways := range map[string][]config.Verify{
		"nothing":              nil,
		"unknown scheme":       {way("magic", "x")},
		"no secret":            {way("zendesk")},
		"empty secret":         {way("bearer", "")},
		"one empty of several": {way("bearer", "x", "")},
		"header without name":  {noHeader},
		"basic without user":   {noUser},
		"basic with a colon":   {colon},
		"second is bad":        {way("none"), way("magic")},
	} {
		if _, err := verify.New(ways, verify.Options{PublicURL: publicURL}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCredentialHeaders(t *testing.T) {
	got := verify.CredentialHeaders([]config.Verify{way("none"), way("header", "x"), way("bearer", "x"), way("zendesk", "x")})
	if strings.Join(got, " ") != "x-hook-key authorization" {
		t.Errorf("got %v", got)
	}
}
