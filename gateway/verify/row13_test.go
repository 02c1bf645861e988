package verify_test

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/verify"
)

// attacks are all that somebody without the secret might make of a signed message; none may be believed. Row 13 of the
// attacks that the project holds itself to: truncated, empty, "v1,", several, a header twice, the body written anew, a time
// out of bounds.
func attacks(e example) map[string]*verify.Request {
	a := attacker{e, map[string]*verify.Request{}}
	a.onBody()
	a.onHeaders()
	if e.url {
		a.onURL()
	}
	if e.timed {
		for _, seconds := range []int{-301, 301, -1 << 40, 86400 * 365 * 100} {
			a.add(fmt.Sprintf("at %+d s", seconds), func(r *verify.Request) { r.Now = r.Now.Add(time.Duration(seconds) * time.Second) })
		}
	}
	return a.found
}

type attacker struct {
	example
	found map[string]*verify.Request
}

// add notes what change makes of the message; some of the changes below do not change some messages.
func (a attacker) add(name string, change func(r *verify.Request)) {
	r, same := a.whole(), a.whole()
	change(r)
	if !bytes.Equal(r.Body, same.Body) || r.Query != same.Query || r.Path != same.Path || !r.Now.Equal(same.Now) || !slices.Equal(r.Headers, same.Headers) {
		a.found[name] = r
	}
}

// whole is the message with nothing in its signature that does not matter.
func (a attacker) whole() *verify.Request {
	r := a.make()
	for i := range r.Headers {
		h := &r.Headers[i]
		h.Value = strings.TrimSuffix(strings.TrimPrefix(h.Value, "v1,AAAA "), ",v0=ignored")
	}
	return r
}

func (a attacker) onBody() {
	form := strings.Contains(a.name, "form")
	body := a.make().Body
	for i := range body {
		a.add(fmt.Sprintf("body, byte %d", i), func(r *verify.Request) { r.Body[i] ^= 1 })
		a.add(fmt.Sprintf("body cut at %d", i), func(r *verify.Request) { r.Body = r.Body[:i] })
	}
	a.add("body grown", func(r *verify.Request) { r.Body = append(r.Body, ' ') })
	a.add("body written anew", func(r *verify.Request) {
		var v any
		if json.Unmarshal(r.Body, &v) == nil {
			r.Body, _ = json.MarshalIndent(v, "", " ")
		}
	})
	a.add("body in another case of escapes", func(r *verify.Request) { r.Body = bytes.ReplaceAll(r.Body, []byte("ö"), []byte(`\u00f6`)) })
	a.add("body in another normal form", func(r *verify.Request) { r.Body = bytes.ReplaceAll(r.Body, []byte("ö"), []byte("o\u0308")) })
	a.add("body with another line end", func(r *verify.Request) { r.Body = append(r.Body, "\r\n"...) })
	a.add("body behind a mark", func(r *verify.Request) { r.Body = append([]byte("\xef\xbb\xbf"), r.Body...) })
	a.add("body packed", func(r *verify.Request) {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, _ = w.Write(r.Body)
		_ = w.Close()
		r.Body = out.Bytes()
		r.Headers = append(r.Headers, event.Header{Name: "content-encoding", Value: "gzip"})
	})
	if form {
		a.add("form with one more", func(r *verify.Request) { r.Body = append(r.Body, "&Z=1"...) })
		a.add("form with one twice", func(r *verify.Request) { r.Body = append(r.Body, "&EventType=other"...) })
		a.add("form as text", func(r *verify.Request) { set(r, "content-type", "text/plain") })
	} else if len(body) > 0 {
		a.add("body as an empty form", func(r *verify.Request) { r.Body = nil; set(r, "content-type", "application/x-www-form-urlencoded") })
		a.add("body as another form", func(r *verify.Request) {
			r.Body = []byte("a=b")
			set(r, "content-type", "application/x-www-form-urlencoded")
		})
	}
}

func set(r *verify.Request, name, value string) {
	r.Headers = slices.DeleteFunc(r.Headers, func(h event.Header) bool { return h.Name == name })
	r.Headers = append(r.Headers, event.Header{Name: name, Value: value})
}

func (a attacker) onHeaders() {
	for i, h := range a.whole().Headers {
		if h.Name == "content-type" {
			continue
		}
		with := func(name, value string) {
			a.add(h.Name+" "+name, func(r *verify.Request) { r.Headers[i].Value = value })
		}
		for at := range h.Value {
			changed := []byte(h.Value)
			changed[at] ^= 1
			with(fmt.Sprintf("changed at %d", at), string(changed))
			with(fmt.Sprintf("cut at %d", at), h.Value[:at])
		}
		for _, other := range []string{"", " ", ",", "v1,", "v1=", "v0=", "t=", "sha256=", "sig=", "v1a,", "v1, v1,", "=", "null", "0", strings.Repeat("A", 44), strings.Repeat("0", 64)} {
			with(fmt.Sprintf("as %q", other), other)
		}
		for _, tail := range []string{" ", "A", "=", "\n", ",", "00"} {
			if h.Name == "stripe-signature" && tail == "," { // an empty item beside the others
				continue
			}
			if h.Name == "webhook-signature" && tail == " " {
				continue
			}
			with(fmt.Sprintf("with %q", tail), h.Value+tail)
		}
		with("in capitals", strings.ToUpper(h.Value))
		a.add(h.Name+" twice", func(r *verify.Request) { r.Headers = append(r.Headers, h) })
		a.add(h.Name+" twice, the other one wrong", func(r *verify.Request) { r.Headers = append(r.Headers, event.Header{Name: h.Name, Value: "x"}) })
		a.add(h.Name+" left out", func(r *verify.Request) { r.Headers = slices.Delete(r.Headers, i, i+1) })
	}
	// Hexadecimal in capitals is the same sum, and no attack.
	for name := range a.found {
		if strings.HasSuffix(name, "in capitals") && a.sameSum(a.found[name]) {
			delete(a.found, name)
		}
	}
}

// sameSum says whether a message differs from its original in the case of hexadecimal digits alone.
func (a attacker) sameSum(r *verify.Request) bool {
	for i, h := range a.whole().Headers {
		digits := strings.TrimPrefix(strings.TrimPrefix(h.Value, "sha256="), "v0=")
		if r.Headers[i].Value != h.Value && (len(digits) != len(h.Value) || strings.Trim(digits, "0123456789abcdef") != "") {
			return false
		}
	}
	return true
}

func (a attacker) onURL() {
	r := a.whole()
	for i := range r.Path {
		a.add(fmt.Sprintf("path, byte %d", i), func(r *verify.Request) { r.Path = r.Path[:i] + string(r.Path[i]^1) + r.Path[i+1:] })
	}
	for i := range r.Query {
		a.add(fmt.Sprintf("query, byte %d", i), func(r *verify.Request) { r.Query = r.Query[:i] + string(r.Query[i]^1) + r.Query[i+1:] })
	}
	a.add("query grown", func(r *verify.Request) { r.Query += "&a=b" })
	a.add("query left out", func(r *verify.Request) { r.Query = "" })
	a.add("query decoded", func(r *verify.Request) { r.Query, _ = url.QueryUnescape(r.Query) })
	a.add("query with the hash twice", func(r *verify.Request) { r.Query += "&bodySHA256=" + strings.Repeat("0", 64) })
}

// TestRow13 plays every attack on every scheme.
func TestRow13(t *testing.T) {
	played := 0
	for _, e := range examples(t) {
		v := must(t, e.way)
		check(t, v, attacker{e, nil}.whole(), "")
		if e.timed { // the bounds themselves are within
			for _, seconds := range []time.Duration{-300, 300} {
				r := e.make()
				r.Now = r.Now.Add(seconds * time.Second)
				check(t, v, r, "")
			}
		}
		for name, r := range attacks(e) {
			played++
			if v.Verify(r) == nil {
				t.Errorf("%s, %s: accepted", e.name, name)
			}
		}
	}
	t.Logf("%d attacks", played)
}

// planted is a verifier with a mistake that others have made.
type planted struct {
	example string // that it is for
	accept  func(r *verify.Request, right verify.Verifier) bool
	finds   string // the attack that must get through
}

func value(r *verify.Request, name string) string {
	for _, h := range r.Headers {
		if h.Name == name {
			return h.Value
		}
	}
	return ""
}

var mistakes = map[string]planted{
	"compares as far as was given (CVE-2024-21491)": {"standard-webhooks", func(r *verify.Request, _ verify.Verifier) bool {
		key, _ := base64.StdEncoding.DecodeString("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
		h := hmac.New(sha256.New, key)
		_, _ = fmt.Fprintf(h, "%s.%s.%s", value(r, "webhook-id"), value(r, "webhook-timestamp"), r.Body)
		_, given, _ := strings.Cut(value(r, "webhook-signature"), "v1,")
		return strings.HasPrefix(base64.StdEncoding.EncodeToString(h.Sum(nil)), given)
	}, `webhook-signature as "v1,"`},
	"takes the first of two headers": {"slack", func(r *verify.Request, right verify.Verifier) bool {
		seen := map[string]bool{}
		first := *r
		first.Headers = slices.DeleteFunc(slices.Clone(r.Headers), func(h event.Header) bool {
			defer func() { seen[h.Name] = true }()
			return seen[h.Name]
		})
		return right.Verify(&first) == nil
	}, "x-slack-signature twice, the other one wrong"},
	"verifies what it has parsed": {"github", func(r *verify.Request, right verify.Verifier) bool {
		parsed := *r
		var v any
		if json.Unmarshal(r.Body, &v) == nil {
			parsed.Body, _ = json.Marshal(v)
		}
		return right.Verify(&parsed) == nil
	}, "body written anew"},
	"does not look at the time": {"stripe", func(r *verify.Request, right verify.Verifier) bool {
		then := *r
		then.Now = signedAt
		return right.Verify(&then) == nil
	}, "at +301 s"},
	"trusts the kind of body that the sender names": {"twilio-json", func(r *verify.Request, right verify.Verifier) bool {
		if value(r, "content-type") != "application/x-www-form-urlencoded" {
			return right.Verify(r) == nil
		}
		return len(r.Body) == 0 // nothing behind the URL, whose signature is right
	}, "body as an empty form"},
}

// TestRow13Control plants mistakes in the verifiers, and wants the same attacks to find each.
func TestRow13Control(t *testing.T) {
	list := examples(t)
	for name, m := range mistakes {
		i := slices.IndexFunc(list, func(e example) bool { return strings.HasPrefix(e.name, m.example) })
		e := list[i]
		right := must(t, e.way)
		if !m.accept(attacker{e, nil}.whole(), right) {
			t.Errorf("a verifier that %s does not even take what is right", name)
		}
		var through []string
		for attack, r := range attacks(e) {
			if m.accept(r, right) {
				through = append(through, attack)
			}
		}
		if !slices.Contains(through, m.finds) {
			slices.Sort(through)
			t.Errorf("a verifier that %s is not found by %q, but by %q", name, m.finds, through)
		}
	}
}

// Secrets and sums are compared in constant time: nothing in the package compares bytes in another way.
func TestRow13ConstantTime(t *testing.T) {
	for _, tt := range []struct {
		text string
		bad  bool
	}{
		{"package p\nfunc f(sum, given []byte) bool { return bytes.Equal(sum, given) }", true},
		{"package p\nfunc f(sum, given string) bool { return sum == given }", true},
		{"package p\nfunc f(token, x string) bool { return x != c.token }", true},
		{"package p\nfunc f(w work, given []byte) bool { return subtle.ConstantTimeCompare(w.sum, given) == 1 }", false},
	} {
		if got := hasty(t, "planted.go", tt.text); (len(got) > 0) != tt.bad {
			t.Errorf("%s: %v", tt.text, got)
		}
	}
	for name, text := range sourceFiles(t) {
		for _, at := range hasty(t, name, text) {
			t.Errorf("%s compares in a time that tells what was compared", at)
		}
	}
}
