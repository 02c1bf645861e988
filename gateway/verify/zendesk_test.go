package verify_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/verify"
)

const (
	zendeskSignature = "x-zendesk-webhook-signature"
	zendeskTimestamp = "x-zendesk-webhook-signature-timestamp"
)

type vector struct {
	Name    string
	Secret  string
	Headers map[string]string
	Body    string
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/zendesk.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (v vector) request() *verify.Request {
	r := &verify.Request{Body: []byte(v.Body)}
	for name, value := range v.Headers {
		r.Headers = append(r.Headers, event.Header{Name: name, Value: value})
	}
	return r
}

func TestZendeskVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			check(t, must(t, way("zendesk", v.Secret)), v.request(), "")
			check(t, must(t, way("zendesk", "another", v.Secret)), v.request(), "")
			check(t, must(t, way("zendesk", "another")), v.request(), "does not match")
		})
	}
}

// Every single changed byte, and every cut, must be noticed.
func TestZendeskChangedByte(t *testing.T) {
	for _, v := range vectors(t)[:2] {
		ver := must(t, way("zendesk", v.Secret))
		refused := func(what string, at int, r *verify.Request) {
			t.Helper()
			if ver.Verify(r) == nil {
				t.Errorf("%s, %s changed at byte %d: accepted", v.Name, what, at)
			}
		}
		for i := range v.Body {
			r := v.request()
			r.Body[i] ^= 1
			refused("body", i, r)
		}
		refused("body grown", len(v.Body), &verify.Request{Headers: v.request().Headers, Body: append([]byte(v.Body), 0)})
		for name, value := range v.Headers {
			for i := range value {
				changed, cut := []byte(value), value[:i]
				changed[i] ^= 1
				refused(name, i, v.with(name, string(changed)))
				refused(name+" cut", i, v.with(name, cut))
			}
			refused(name+" grown", len(value), v.with(name, value+"A"))
			r := v.request()
			r.Headers = append(r.Headers, event.Header{Name: name, Value: value})
			refused(name+" twice", 0, r)
		}
	}
}

func (v vector) with(name, value string) *verify.Request {
	r := v.request()
	for i := range r.Headers {
		if r.Headers[i].Name == name {
			r.Headers[i].Value = value
		}
	}
	return r
}

func TestZendeskHeaders(t *testing.T) {
	v := vectors(t)[0]
	ver := must(t, way("zendesk", v.Secret))
	for name, fault := range map[string]string{
		"":    zendeskSignature + " is empty",
		"v1,": "not in the form",
		"htZTy9Ck687k4Qe+SCrx8RjiMWLEczv5jd769Fp1YLw":   "not in the form", // padding left out
		"htZTy9Ck687k4Qe-SCrx8RjiMWLEczv5jd769Fp1YLw=":  "not in the form", // the alphabet of URLs
		"htZTy9Ck687k4Qe+SCrx8RjiMWLEczv5jd769Fp1YLx=":  "not in the form", // bits behind the end: the same bytes in another spelling
		"htZTy9Ck687k4Qe+SCrx8RjiMWLEczv5jd769Fp1YLwA":  "not in the form", // 33 bytes
		"HtZTy9Ck687k4Qe+SCrx8RjiMWLEczv5jd769Fp1YLw=":  "does not match",
		"htZTy9Ck687k4Qe+SCrx8RjiMWLEczv5jd769Fp1YLw=,": "not in the form",
	} {
		check(t, ver, v.with(zendeskSignature, name), fault)
	}
	check(t, ver, &verify.Request{Body: []byte(v.Body)}, zendeskTimestamp+" is missing")
	check(t, ver, &verify.Request{Headers: headers(zendeskTimestamp, "2025-03-04T08:00:02Z")}, zendeskSignature+" is missing")
}

func TestZendeskTolerance(t *testing.T) {
	v := vectors(t)[0] // signed at 08:00:02
	at := time.Date(2025, 3, 4, 8, 0, 2, 0, time.UTC)
	w := way("zendesk", v.Secret)
	w.Tolerance = 5 * time.Minute
	strict, lax := must(t, w), must(t, way("zendesk", v.Secret))
	for seconds, fault := range map[int]string{0: "", 300: "", -300: "", 301: "tolerance", -301: "tolerance"} {
		r := v.request()
		r.Now = at.Add(time.Duration(seconds) * time.Second)
		check(t, strict, r, fault)
		check(t, lax, r, "")
	}
	check(t, strict, v.with(zendeskTimestamp, "yesterday"), "not in the form")
}

func BenchmarkZendesk(b *testing.B) {
	v := vectors(b)[2]
	ver, r := must(b, way("zendesk", v.Secret)), v.request()
	b.ReportAllocs()
	for b.Loop() {
		if err := ver.Verify(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBearer(b *testing.B) {
	ver := must(b, way("bearer", "0123456789abcdef0123456789abcdef"))
	r := &verify.Request{Headers: headers("authorization", "Bearer 0123456789abcdef0123456789abcdef")}
	b.ReportAllocs()
	for b.Loop() {
		if err := ver.Verify(r); err != nil {
			b.Fatal(err)
		}
	}
}
