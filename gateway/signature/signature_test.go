package signature_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	published "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/plugboard/plugboard/gateway/signature"
)

const (
	oldSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	newSecret = "whsec_bm90LWEtcmVhbC1zZWNyZXQtYnV0LWxvbmctZW5vdWdo"
)

// message is the one that the vectors of several schemes sign.
func message() signature.Message {
	return signature.Message{ID: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", Timestamp: "1741075202", Method: "POST", Target: "/in?x=1", Body: []byte(`{"hello":"wörld"}`)}
}

func standard(t testing.TB, keys ...string) *signature.Standard {
	t.Helper()
	s, err := signature.NewStandard(keys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func template(t testing.TB, f signature.Form, secrets ...string) *signature.Template {
	t.Helper()
	s, err := signature.NewTemplate(f, secrets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// edKeys is a pair as Standard Webhooks writes one, made of a fixed seed.
func edKeys() (private, public string) {
	key := ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, no.1"))
	return "whsk_" + base64.StdEncoding.EncodeToString(key), "whpk_" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

func TestStandardVector(t *testing.T) {
	if got, want := standard(t, oldSecret).Sign(message()), "v1,UeSD8alXjG07EChzDG7p/vvE7wlkSm7tU71x7bxLaH4="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !standard(t, oldSecret).Match("v1,AAAA v1,UeSD8alXjG07EChzDG7p/vvE7wlkSm7tU71x7bxLaH4=", message()) {
		t.Error("the second of two signatures is not looked at")
	}
}

// What is signed here, with one key or while rotating, the library that receivers use accepts.
func TestStandardByThePublishedLibrary(t *testing.T) {
	private, _ := edKeys()
	m := message()
	m.Timestamp = strconv.FormatInt(time.Now().Unix(), 10)
	for _, keys := range [][]string{{oldSecret}, {newSecret, oldSecret}, {private, oldSecret}} {
		h := http.Header{}
		h.Set("webhook-id", m.ID)
		h.Set("webhook-timestamp", m.Timestamp)
		h.Set("webhook-signature", standard(t, keys...).Sign(m))
		w, err := published.NewWebhook(oldSecret)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Verify(m.Body, h); err != nil {
			t.Errorf("with %d keys: %v", len(keys), err)
		}
		if err := w.Verify(append(m.Body, ' '), h); err == nil {
			t.Error("the library accepts a changed body")
		}
	}
}

// And the other way round: what the library signs is accepted here.
func TestStandardOfThePublishedLibrary(t *testing.T) {
	w, err := published.NewWebhook(newSecret)
	if err != nil {
		t.Fatal(err)
	}
	m, now := message(), time.Unix(1741075202, 0)
	value, err := w.Sign(m.ID, now, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !standard(t, oldSecret, newSecret).Match(value, m) {
		t.Error("not accepted")
	}
}

func TestEd25519(t *testing.T) {
	private, public := edKeys()
	m := message()
	value := standard(t, private).Sign(m)
	if !strings.HasPrefix(value, "v1a,") {
		t.Fatal(value)
	}
	raw, err := base64.StdEncoding.DecodeString(value[4:])
	key := ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, no.1")).Public().(ed25519.PublicKey)
	if err != nil || !ed25519.Verify(key, []byte(m.ID+"."+m.Timestamp+"."+string(m.Body)), raw) {
		t.Error("the standard library does not verify it")
	}
	if !standard(t, public).Match(value, m) || !standard(t, private).Match(value, m) {
		t.Error("not accepted")
	}
	if standard(t, public).Match("v1,"+value[4:], m) || standard(t, oldSecret).Match(value, m) {
		t.Error("accepted under another version, or with another key")
	}
	if standard(t, public).Signs() == nil || standard(t, private, oldSecret).Signs() != nil {
		t.Error("Signs does not tell public keys from private ones")
	}
}

func TestTemplates(t *testing.T) {
	vendor := func(prefix, encoding, signed string) signature.Form {
		return signature.Form{Algorithm: "sha256", Prefix: prefix, Encoding: encoding, Signed: signed}
	}
	m := message()
	zendesk := m
	zendesk.Timestamp = "2025-03-04T08:00:02Z"
	for _, tt := range []struct {
		name   string
		form   signature.Form
		secret string
		m      signature.Message
		want   string
	}{ // schemes that vendors use, as templates
		{"github", vendor("sha256=", "hex", "{body}"), "github-test-secret", m, "sha256=4806917d6b38a6dedb4ddd2f3541cc0c8a6b6a7db295a1c5f94c3eed5657f302"},
		{"slack", vendor("v0=", "hex", "v0:{timestamp}:{body}"), "slack-test-secret", m, "v0=ee3f9a1e3175b200f42fb6943b6df73fc68c7f265a15fb1f7de87a565d505856"},
		{"zendesk", vendor("", "base64", "{timestamp}{body}"), "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", zendesk, "htZTy9Ck687k4Qe+SCrx8RjiMWLEczv5jd769Fp1YLw="},
		{"by default", signature.Form{Prefix: "sha256="}, "github-test-secret", m, "sha256=4806917d6b38a6dedb4ddd2f3541cc0c8a6b6a7db295a1c5f94c3eed5657f302"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := template(t, tt.form, tt.secret)
			if got := s.Sign(tt.m); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if !s.Match(tt.want, tt.m) || !template(t, tt.form, "another", tt.secret).Match(tt.want, tt.m) || template(t, tt.form, "another").Match(tt.want, tt.m) {
				t.Error("not accepted with its secret alone")
			}
			rotating := template(t, tt.form, "another", tt.secret).SignAll(tt.m)
			if len(rotating) != 2 || rotating[1] != tt.want || s.Match(rotating[0], tt.m) {
				t.Errorf("while rotating: %s", rotating)
			}
		})
	}
}

func TestTemplateSignsWhatItNames(t *testing.T) {
	m := message()
	for _, algorithm := range []string{"sha1", "sha256", "sha512"} {
		all := template(t, signature.Form{Algorithm: algorithm, Signed: "{method} {target} {id} {timestamp} {body}"}, "s")
		written := template(t, signature.Form{Algorithm: algorithm, Signed: "POST /in?x=1 " + m.ID + " 1741075202 {body}"}, "s")
		if all.Sign(m) != written.Sign(m) {
			t.Error(algorithm, "differs from the same text written out")
		}
		for _, field := range []string{"method", "target", "id", "timestamp", "body"} {
			if !all.Uses(field) || written.Uses(field) != (field == "body") {
				t.Errorf("Uses(%s) is wrong", field)
			}
		}
	}
}

// Row 13 of the faults: no changed byte, no cut, no empty signature is accepted.
func TestForged(t *testing.T) {
	private, _ := edKeys()
	form := signature.Form{Prefix: "v0=", Signed: "{id}.{timestamp}.{body}"}
	m := message()
	for name, s := range map[string]interface {
		Sign(signature.Message) string
		Match(string, signature.Message) bool
	}{
		"standard": standard(t, oldSecret), "ed25519": standard(t, private), "hex": template(t, form, "s"),
		"base64": template(t, signature.Form{Encoding: "base64", Signed: form.Signed}, "s"),
	} {
		t.Run(name, func(t *testing.T) {
			value := s.Sign(m)
			for i := range value {
				changed := value[:i] + string(value[i]^1) + value[i+1:]
				if s.Match(value[:i], m) || s.Match(changed, m) && !strings.EqualFold(changed, value) {
					t.Errorf("byte %d: cut or changed, it is accepted", i)
				}
			}
			for _, forged := range []string{"", "v1,", "v1a,", "v0=", "v1", ",", "v1,,", " ", "v" + value, value + "=", value + "00", value[:len(value)-4] + "    "} {
				if s.Match(forged, m) {
					t.Errorf("%q is accepted", forged)
				}
			}
			for what, other := range map[string]signature.Message{
				"id": {ID: m.ID + "x", Timestamp: m.Timestamp, Body: m.Body}, "timestamp": {ID: m.ID, Timestamp: "1741075203", Body: m.Body},
				"body": {ID: m.ID, Timestamp: m.Timestamp, Body: m.Body[1:]}, "nothing": {},
			} {
				if s.Match(value, other) {
					t.Errorf("accepted with another %s", what)
				}
			}
		})
	}
}

// However many signatures somebody packs into a header, few are computed.
func TestManySignatures(t *testing.T) {
	if standard(t, oldSecret).Match(strings.Repeat("v1,AAAA ", 16)+standard(t, oldSecret).Sign(message()), message()) {
		t.Error("the seventeenth is looked at")
	}
}

func TestRefusedKeysAndForms(t *testing.T) {
	private, public := edKeys()
	for _, keys := range [][]string{nil, {""}, {"whsec_"}, {"whsec_c2hvcnQ="}, {"whsec_%%%"}, {oldSecret, "whsec_c2hvcnQ="}, {private[:40]}, {public[:40]},
		{"whsk_" + base64.StdEncoding.EncodeToString(make([]byte, 64))}} {
		if _, err := signature.NewStandard(keys); err == nil {
			t.Errorf("%q is taken", keys)
		} else if len(keys) > 0 && len(keys[0]) > 6 && strings.Contains(err.Error(), keys[0][6:]) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
	for want, f := range map[string]signature.Form{
		"algorithm": {Algorithm: "md5"}, "encoding": {Encoding: "base32"}, "prefix": {Prefix: "a,b"}, "leaves out {body}": {Signed: "{timestamp}"},
		"{bodi": {Signed: "{bodi}"}, "without a {": {Signed: "a}{body}"}, "{body": {Signed: "{body"},
	} {
		if _, err := signature.NewTemplate(f, []string{"s"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", f, err, want)
		}
	}
	if _, err := signature.NewTemplate(signature.Form{}, nil); err == nil {
		t.Error("no secret is taken")
	}
}

// What anybody may send as a signature or an operator as a template brings nothing down, and no signature is guessed.
func FuzzMatch(f *testing.F) {
	f.Add("v1,AAAA v1,UeSD8alXjG07EChzDG7p/vvE7wlkSm7tU71x7bxLaH4", "{timestamp}.{body}", "v1,")
	f.Add("sha256=00,", "{body}{", "")
	private, _ := edKeys()
	s := standard(f, oldSecret, private)
	m := message()
	right := s.Sign(m)
	f.Fuzz(func(t *testing.T, value, signed, prefix string) {
		if s.Match(value, m) && !strings.Contains(right, strings.TrimSpace(value)) {
			has := false
			for one := range strings.SplitSeq(right, " ") {
				has = has || strings.Contains(value, one)
			}
			if !has {
				t.Errorf("%q is accepted", value)
			}
		}
		p, err := signature.NewTemplate(signature.Form{Signed: signed, Prefix: prefix}, []string{"s"})
		if err != nil {
			return
		}
		if own := p.Sign(m); !p.Match(own, m) || p.Match(own[:len(own)-1], m) {
			t.Errorf("%q signs what it does not accept, or accepts it cut", signed)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	private, _ := edKeys()
	m := message()
	m.Body = make([]byte, 1000)
	for name, s := range map[string]interface {
		Sign(signature.Message) string
	}{"v1": standard(b, oldSecret), "v1a": standard(b, private), "hmac": template(b, signature.Form{}, "s")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Sign(m)
			}
		})
	}
}
