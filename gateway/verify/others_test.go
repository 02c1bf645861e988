package verify_test

import (
	"bytes"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/verify"
)

func TestQuery(t *testing.T) {
	w := way("query", "s3cr3t one")
	w.Name = "key"
	for query, fault := range map[string]string{
		"key=s3cr3t+one":                "",
		"a=b&key=s3cr3t%20one&c":        "",
		"k%65y=s3cr3t%20one":            "",
		"":                              "parameter key is missing",
		"KEY=s3cr3t+one":                "is missing",
		"key=":                          "is empty",
		"key":                           "is empty",
		"key=s3cr3t":                    "does not match",
		"key=s3cr3t+one&key=x":          "more than once",
		"key=s3cr3t+one&k%65y=x":        "more than once",
		"key=s3cr3t%2":                  "not in the form",
		"key=s3cr3t+one;x":              "does not match",
		"x?key=s3cr3t+one":              "is missing",
		"a=key=s3cr3t+one":              "is missing",
		"key[]=s3cr3t+one&key=wrong":    "does not match",
		"key=" + url.QueryEscape("é"):   "does not match",
		"key=s3cr3t+one%00":             "does not match",
		strings.Repeat("key&", 100):     "is empty",
		"key=%00&" + "key=s3cr3t%20one": "more than once",
	} {
		err := must(t, w).Verify(&verify.Request{Query: query})
		if (err == nil) != (fault == "") || err != nil && (!strings.Contains(err.Error(), fault) && !strings.Contains(err.Error(), "more than once") || strings.Contains(err.Error(), "s3cr3t")) {
			t.Errorf("%q: %v, want %q", query, err, fault)
		}
	}
}

func TestBodyToken(t *testing.T) {
	ver := must(t, way("body-token", `s3cr3t"one\`))
	for body, fault := range map[string]string{
		`{"token":"s3cr3t\"one\\","data":{"token":1}}`:         "",
		` {"a":[{}],"tok\u0065n" : "s3cr\u0033t\"one\\" } `:    "",
		`{"token":"s3cr3t"}`:                                   "does not match",
		`{"token":"s3cr3t\"one\\","token":"x"}`:                "more than once",
		`{"token":"x","tok\u0065n":"s3cr3t\"one\\"}`:           "more than once",
		`{"data":{"token":"s3cr3t\"one\\"}}`:                   "is missing",
		`{"token":null}`:                                       "not in the form",
		`{"token":["s3cr3t\"one\\"]}`:                          "not in the form",
		`{"token":""}`:                                         "is empty",
		`["token","s3cr3t\"one\\"]`:                            "not a JSON object",
		`{"token":"s3cr3t\"one\\"`:                             "",
		``:                                                     "not a JSON object",
		`{"a":` + strings.Repeat("[", 100_000) + `,"token":1}`: "not JSON",
	} {
		err := ver.Verify(&verify.Request{Body: []byte(body)})
		if (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) {
			t.Errorf("%.60s: %v, want %q", body, err, fault)
		}
	}
}

// What is believed is stored and shown without the credential, and stays what it was besides.
func TestConceal(t *testing.T) {
	inQuery := way("query", "s3cr3t")
	inQuery.Name = "key"
	ver := must(t, inQuery, way("body-token", `s3cr"3t\`)).(verify.Concealer)
	r := &verify.Request{Query: "a=%20&key=s3cr3t&b&k%65y=s3cr3t", Body: []byte(`{"data":"token","token": "s3cr\"3t\\" ,"x":"y"}`)}
	ver.Conceal(r)
	if r.Query != "a=%20&b" || string(r.Body) != `{"data":"token","token": "**********" ,"x":"y"}` {
		t.Errorf("%s %s", r.Query, r.Body)
	}
	r = &verify.Request{Query: "key=s3cr3t", Body: []byte(`no JSON`)}
	if ver.Conceal(r); r.Query != "" || string(r.Body) != "no JSON" {
		t.Errorf("%q %s", r.Query, r.Body)
	}
	if _, conceals := must(t, way("slack", "x")).(verify.Concealer); conceals {
		t.Error("slack conceals something")
	}
}

func TestAllowedAddresses(t *testing.T) {
	ver := must(t, config.Verify{Scheme: "ip", Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::7/128")}})
	for addr, allowed := range map[string]bool{
		"203.0.113.9": true, "::ffff:203.0.113.9": true, "2001:db8::7": true, "2001:db8:0::0:7": true,
		"203.0.114.1": false, "2001:db8::8": false, "": false, "localhost": false, "203.0.113.9:80": false, "0.0.0.0": false,
	} {
		err := ver.Verify(&verify.Request{Remote: addr})
		if (err == nil) != allowed {
			t.Errorf("%s: %v", addr, err)
		}
		var e *verify.Error
		if !allowed && (!errors.As(err, &e) || !e.Forbidden) {
			t.Errorf("%s: %v does not say that no credential would help", addr, err)
		}
	}
}

// All of them have to hold; any of a list will do; and the two may be mixed.
func TestAllOf(t *testing.T) {
	ip := config.Verify{Scheme: "ip", Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}
	both := config.Verify{Scheme: "all", All: []config.Verify{ip, way("bearer", "s3cr3t-one")}}
	right, wrong := headers("authorization", "Bearer s3cr3t-one"), headers("authorization", "Bearer x")
	ver := must(t, both, way("header", "s3cr3t-two"))
	for _, tt := range []struct {
		r     verify.Request
		fault string
	}{
		{verify.Request{Remote: "203.0.113.9", Headers: right}, ""},
		{verify.Request{Remote: "203.0.113.9", Headers: wrong}, "authorization does not match"},
		{verify.Request{Remote: "203.0.113.9"}, "authorization is missing"},
		{verify.Request{Remote: "203.0.112.9", Headers: right}, "not allowed"},
		{verify.Request{Remote: "203.0.112.9", Headers: headers("x-hook-key", "s3cr3t-two")}, ""},
	} {
		check(t, ver, &tt.r, tt.fault)
	}
	if _, err := verify.New([]config.Verify{{Scheme: "all"}}, verify.Options{}); err == nil {
		t.Error("all of nothing is accepted")
	}
}

func TestHMACRefuses(t *testing.T) {
	for name, change := range map[string]func(w *config.Verify){
		"no header":       func(w *config.Verify) { w.Header = "" },
		"algorithm":       func(w *config.Verify) { w.Algorithm = "md5" },
		"no body":         func(w *config.Verify) { w.Signed = "{timestamp}" },
		"body twice":      func(w *config.Verify) { w.Signed = "{body}{body}" },
		"unknown field":   func(w *config.Verify) { w.Signed = "{body}{nonce}" },
		"open brace":      func(w *config.Verify) { w.Signed = "{body}{id" },
		"no timestamp":    func(w *config.Verify) { w.TimestampHeader = "" },
		"no id":           func(w *config.Verify) { w.IDHeader = "" },
		"an empty secret": func(w *config.Verify) { w.Secrets = way("", "").Secrets },
	} {
		w := generalWay("s3cr3t-one")
		change(&w)
		if _, err := verify.New([]config.Verify{w}, verify.Options{PublicURL: publicURL}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, w := range []config.Verify{generalWay("x"), way("twilio", "x")} {
		if _, err := verify.New([]config.Verify{w}, verify.Options{}); err == nil || !strings.Contains(err.Error(), "public_url") {
			t.Errorf("%s without a URL: %v", w.Scheme, err)
		}
	}
	for _, secret := range []string{"whsec_", "whsec_AAAA", "whsec_!", "whpk_AAAA", "whsk_AAAA", "plain text"} {
		if _, err := verify.New([]config.Verify{way("standard-webhooks", secret)}, verify.Options{}); err == nil {
			t.Errorf("standard-webhooks takes %s", secret)
		}
	}
}

// Senders write the time they sign in one of three ways.
func TestSignedTimes(t *testing.T) {
	w := generalWay("s3cr3t-one")
	w.Signed, w.Encoding, w.Algorithm, w.Prefix = "{timestamp}{body}", "hex", "sha1", ""
	for stamp, fault := range map[string]string{
		"1741075202": "", "1741075202000": "", "2025-03-04T08:00:02Z": "", "2025-03-04T09:00:02.5+01:00": "",
		"174107520": "tolerance", "17410752020": "tolerance", "1741075202,0": "not in the form", "-1741075202": "not in the form",
		"1741075202Z": "not in the form", "174107520200": "not in the form", "99999999999999": "not in the form", "2025-03-04 08:00:02": "not in the form",
	} {
		signed := signedAt
		r := &verify.Request{Body: []byte(hello), Now: signed}
		if err := verify.Sign([]config.Verify{w}, verify.Options{}, r); err != nil {
			t.Fatal(err)
		}
		set(r, "x-time", stamp)
		err := must(t, w).Verify(r)
		if fault == "" {
			fault = "x-sig does not match" // its form is right, and its age; only it was not signed
		}
		if stamp != "1741075202" && (err == nil || !strings.Contains(err.Error(), fault)) {
			t.Errorf("%s: %v, want %q", stamp, err, fault)
		}
	}
}

func TestTwilioForm(t *testing.T) {
	w := way("twilio", "s3cr3t-one")
	sign := func(body string) *verify.Request {
		r := &verify.Request{Headers: headers("content-type", "application/x-www-form-urlencoded"), Body: []byte(body), Path: "/p"}
		if err := verify.Sign([]config.Verify{w}, verify.Options{PublicURL: publicURL}, r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	for one, other := range map[string]string{"b=2&a=1": "a=1&b=2", "a=%41+b": "a=A%20b", "a=1&a=2&a=1": "a=2&a=1"} {
		r := sign(one)
		r.Body = []byte(other)
		check(t, must(t, w), r, "")
	}
	r := sign("a=1")
	r.Body = []byte("a=%zz")
	check(t, must(t, w), r, "not a form")
	r.Body, r.Headers[0].Value = []byte("a=1"), "application/json"
	check(t, must(t, w), r, "no bodySHA256")
}

func TestTokensOfClients(t *testing.T) {
	tokens := verify.NewTokens()
	secret := func(s string) config.Client { return config.Client{ID: "crm", Secret: way("", s).Secrets[0]} }
	user := config.Client{Username: "u", Password: way("", "s3cr3t-pw").Secrets[0]}
	both := config.Client{ID: "app", Secret: way("", "s3cr3t-app").Secrets[0], Username: "v", Password: way("", "s3cr3t-v").Secrets[0]}
	ways := []config.Verify{{Scheme: "oauth", Lifetime: time.Hour, Clients: []config.Client{secret("s3cr3t-one"), user, both}}}
	ver, err := verify.New(ways, verify.Options{Tokens: tokens})
	if err != nil {
		t.Fatal(err)
	}
	issuer := verify.NewIssuer([]config.Verify{{Scheme: "all", All: ways}}, tokens)
	for _, tt := range []struct {
		grant verify.Grant
		code  string
	}{
		{verify.Grant{Type: "client_credentials", ID: "crm", Secret: "s3cr3t-one"}, ""},
		{verify.Grant{Type: "password", Username: "u", Password: "s3cr3t-pw"}, ""},
		{verify.Grant{Type: "password", Username: "v", Password: "s3cr3t-v", ID: "app", Secret: "s3cr3t-app"}, ""},
		{verify.Grant{Type: "password", Username: "v", Password: "s3cr3t-v"}, "invalid_grant"},
		{verify.Grant{Type: "password", Username: "u", Password: "s3cr3t-v"}, "invalid_grant"},
		{verify.Grant{Type: "password", ID: "crm", Secret: "s3cr3t-one"}, "invalid_grant"},
		{verify.Grant{Type: "client_credentials", ID: "app", Secret: "s3cr3t-app"}, "invalid_client"},
		{verify.Grant{Type: "client_credentials", ID: "crm", Secret: "s3cr3t-on"}, "invalid_client"},
		{verify.Grant{Type: "client_credentials"}, "invalid_client"},
		{verify.Grant{Type: "client_credentials", Username: "u", Password: "s3cr3t-pw"}, "invalid_client"},
		{verify.Grant{Type: "implicit", ID: "crm", Secret: "s3cr3t-one"}, "unsupported_grant_type"},
	} {
		token, lifetime, err := issuer.Issue(tt.grant, signedAt)
		var refused *verify.GrantError
		if tt.code != "" {
			if !errors.As(err, &refused) || refused.Code != tt.code || token != "" || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%+v: %q, %v, want %s", tt.grant, token, err, tt.code)
			}
			continue
		}
		if err != nil || lifetime != time.Hour {
			t.Fatalf("%+v: %v, %v", tt.grant, lifetime, err)
		}
		bearing := func(token string, after time.Duration) *verify.Request {
			return &verify.Request{Headers: headers("authorization", "Bearer "+token), Now: signedAt.Add(after)}
		}
		check(t, ver, bearing(token, 59*time.Minute), "")
		check(t, ver, bearing(token, time.Hour), "has ended")
		for i := range token {
			changed := []byte(token)
			changed[i] ^= 1
			if ver.Verify(bearing(string(changed), 0)) == nil || ver.Verify(bearing(token[:i], 0)) == nil {
				t.Fatalf("accepted with byte %d changed, or cut there", i)
			}
		}
		stranger, err := verify.New(ways, verify.Options{Tokens: verify.NewTokens()})
		if err != nil {
			t.Fatal(err)
		}
		check(t, stranger, bearing(token, 0), "does not match")
		ways[0].Clients[0] = secret("s3cr3t-new") // ends the tokens of the old one
		fresh, err := verify.New(ways, verify.Options{Tokens: tokens})
		if err != nil {
			t.Fatal(err)
		}
		if tt.grant.ID == "crm" {
			check(t, fresh, bearing(token, 0), "does not match")
		} else {
			check(t, fresh, bearing(token, 0), "")
		}
	}
	if verify.NewIssuer([]config.Verify{way("bearer", "x")}, tokens) != nil {
		t.Error("an issuer without clients")
	}
}

// Tokens made with a key are known by another Tokens with that key, as after a restart.
func TestTokensSurvive(t *testing.T) {
	ways := []config.Verify{{Scheme: "oauth", Lifetime: time.Hour, Clients: []config.Client{{ID: "crm", Secret: way("", "s3cr3t-one").Secrets[0]}}}}
	key := bytes.Repeat([]byte{7}, verify.TokenKeySize)
	before, after := verify.NewTokens(), verify.NewTokens()
	before.UseKey(key)
	token, _, err := verify.NewIssuer(ways, before).Issue(verify.Grant{Type: "client_credentials", ID: "crm", Secret: "s3cr3t-one"}, signedAt)
	if err != nil {
		t.Fatal(err)
	}
	ver, err := verify.New(ways, verify.Options{Tokens: after})
	if err != nil {
		t.Fatal(err)
	}
	r := &verify.Request{Headers: headers("authorization", "Bearer "+token), Now: signedAt}
	check(t, ver, r, "does not match")
	after.UseKey(bytes.Clone(key))
	check(t, ver, r, "")
}
