package faults_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/secret"
)

// hostile are values that mean something in one of the places they are put in, or that look like a secret's.
var hostile = []string{
	"plain", "", " ", "ü€😀", `"`, `\`, `","admin":true,"x":"`, `"}`, `\"`, `\u0022`, "a\nb", "a\r\nb", "\r\nX-Evil: 1", "\r\n\r\nGET / HTTP/1.1\r\n", "\x00", "\x01\x7f", "\u2028", "\ufeff", "\ufffd",
	"<", "&", "]]>", "<!-- -->", "</v><admin>1</admin><v>", `" admin="1`, "&amp;", "&#x0;", "<![CDATA[", "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>", "&e;",
	"/", "..", ".", "../../admin", "%2e%2e%2f", "%2F", "%00", "%", "%zz", "?", "?admin=1", "#", "#x", ";", ":", "@evil.example", "//evil.example/", "http://evil.example/", "\\\\evil.example\\",
	"&admin=1", "=", "+", "a b", "v=1&v=2", "[]", "{}", "null", "1e999", "${x}", "$(x)", "`x`", "' OR 1=1", "{{secret.key}}", "{{{secret.key}}}", "{{ secret.key }}", "{{#secret}}x{{/secret}}",
	"{{env.HOME}}", "{{file./etc/passwd}}", "{{data.other}}", "{{.}}", "secret-key-" + strings.Repeat("0", 36), "secret-key-", "{{secret", "Bearer x", "gzip", "chunked", strings.Repeat("x", 5000),
}

// Row 14 of the faults, injection: a value of an event, put into every place of a request by the templates of the bundled
// plugin, arrives there as it is, and nothing else changes; or nothing is sent. No secret comes along with it. Two planted
// bugs have to be found: a plugin that puts values in as they are, and placeholders that can be guessed.
//
//	go test ./gateway/faults -run Injection
func TestInjection(t *testing.T) {
	site := newInjection(t)
	random := rand.New(rand.NewPCG(14, 14))
	values := hostile
	for range 200 {
		v := ""
		for range 1 + random.IntN(4) {
			v += hostile[random.IntN(len(hostile)-1)] // not the long one
		}
		values = append(values, v)
	}
	values = append(values, new(secret.Vault).Grant("key", secret.New("canary-of-another"))) // another destination's placeholder
	for name, place := range injectionPlaces {
		t.Run(name, func(t *testing.T) {
			sent := 0
			for _, v := range values {
				arrived, fault := site.try(t, place, false, v)
				if fault != "" {
					t.Errorf("%q: %s", v, fault)
				}
				if arrived {
					sent++
				}
			}
			if sent < len(values)/8 {
				t.Errorf("only %d of %d were sent at all", sent, len(values))
			}
		})
		t.Run(name+"/control", func(t *testing.T) {
			found := 0
			for _, v := range values {
				if _, fault := site.try(t, place, true, v); fault != "" {
					found++
				}
			}
			if (found == 0) != place.guarded { // where the gateway itself checks, no plugin can do harm
				t.Errorf("a plugin that puts values in as they are is found %d times", found)
			}
		})
	}
	t.Run("guessed placeholder/control", func(t *testing.T) {
		if _, fault := site.try(t, injectionPlaces["text"], false, site.placeholder); !strings.Contains(fault, "secret") {
			t.Errorf("a placeholder that can be guessed is not found: %q", fault)
		}
	})
}

// FuzzInjection tries values of the fuzzer's own in every place.
func FuzzInjection(f *testing.F) {
	site := newInjection(f)
	for _, v := range hostile[:len(hostile)-1] {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		v = strings.ToValidUTF8(v, "\ufffd") // an event is JSON
		for name, place := range injectionPlaces {
			if _, fault := site.try(t, place, false, v); fault != "" {
				t.Errorf("%s, %q: %s", name, v, fault)
			}
		}
	})
}

// try sends a value to a place and says whether anything was sent, and what was wrong with it.
func (s *injection) try(t testing.TB, p *injectionPlace, naive bool, v string) (arrived bool, fault string) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"specversion": "1.0", "id": "e", "type": "t", "source": "/s", "data": map[string]any{"v": v, "other": "something else"}})
	if err != nil {
		t.Fatal(err)
	}
	r, got := s.send(t, p, naive, text)
	switch {
	case len(got) == 0 && r.Class == deliver.Dead:
		return false, ""
	case len(got) == 0:
		return false, fmt.Sprintf("nothing was sent, and it ended as %v: %s", r.Class, r.Reason)
	case len(got) > 1:
		return true, fmt.Sprintf("%d requests arrived", len(got))
	}
	return true, s.wrong(p, &got[0], v)
}
