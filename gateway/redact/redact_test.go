package redact_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/redact"
)

var key = []byte("a key of the test's own, 32 bytes")

// document redacts, with every hash written as H.
func document(t testing.TB, remove, hash []string, in string) string {
	t.Helper()
	f := redact.NewFields(remove, hash, key)
	out, err := f.Document([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out) {
		t.Fatalf("not JSON: %s", out)
	}
	text := string(out)
	for {
		at := strings.Index(text, redact.HashPrefix)
		if at < 0 {
			return text
		}
		text = text[:at] + "H" + text[at+len(redact.HashPrefix)+22:]
	}
}

func TestDocument(t *testing.T) {
	tests := []struct {
		name         string
		remove, hash []string
		in, want     string
	}{
		{"a field", []string{"a.b"}, nil, `{"a":{"b":"1","c":2},"b":3}`, `{"a":{"c":2},"b":3}`},
		{"nothing there", []string{"a.x"}, []string{"y"}, `{ "a" : 1 }`, `{ "a" : 1 }`},
		{"an object with all in it", []string{"a"}, nil, `{"a":{"b":"1"},"c":[]}`, `{"c":[]}`},
		{"the only field", []string{"a"}, nil, `{"a":1}`, `{}`},
		{"any name", []string{"a.*.p"}, nil, `{"a":{"x":{"p":1,"q":2},"y":{"p":3},"p":4}}`, `{"a":{"x":{"q":2},"y":{},"p":4}}`},
		{"any depth", []string{"a.**.p"}, nil, `{"p":0,"a":{"p":1,"x":{"p":2,"y":[{"p":3,"q":4}]}}}`, `{"p":0,"a":{"x":{"y":[{"q":4}]}}}`},
		{"any depth, then more", []string{"**.a.p"}, nil, `{"a":{"p":1},"x":{"a":{"p":2,"q":3}},"p":4}`, `{"a":{},"x":{"a":{"q":3}},"p":4}`},
		{"lists unnamed", []string{"l.p"}, nil, `{"l":[{"p":1,"q":2},[{"p":3}],4]}`, `{"l":[{"q":2},[{}],4]}`},
		{"lists named", []string{"l.*.p"}, nil, `{"l":[{"p":1,"q":2}]}`, `{"l":[{"q":2}]}`},
		{"a list's elements", []string{"l.*"}, nil, `{"l":["a",{"b":1}],"m":[1]}`, `{"l":[],"m":[1]}`},
		{"hash of a text", nil, []string{"a"}, `{"a":"+49301234","b":"x"}`, `{"a":"H","b":"x"}`},
		{"hash of a number", nil, []string{"a"}, `{"a":49301234}`, `{"a":"H"}`},
		{"hash of what says nothing", nil, []string{"a"}, `{"a":[null,true,false,"",{}]}`, `{"a":[null,true,false,"",{}]}`},
		{"hash of all in it", nil, []string{"a"}, `{"a":{"x":["1",2],"y":{"z":"3"}}}`, `{"a":{"x":["H","H"],"y":{"z":"H"}}}`},
		{"remove before hash", []string{"a.b"}, []string{"a", "a.b"}, `{"a":{"b":1,"c":"2"}}`, `{"a":{"c":"H"}}`},
		{"the same path twice", []string{"a.b"}, []string{"a.b"}, `{"a":{"b":1,"c":"2"}}`, `{"a":{"c":"2"}}`},
		{"a name twice", []string{"a"}, nil, `{"a":1,"b":2,"a":3}`, `{"b":2}`},
		{"an escaped name", []string{"phone"}, nil, `{"\u0070hone":1,"b":2}`, `{"b":2}`},
		{"a name that needs escapes", []string{"p"}, nil, `{"p":1,"\"\\\u0001":{"é":"\ud83d\ude00"}}`, `{"\"\\\u0001":{"é":"\ud83d\ude00"}}`},
		{"a text where an object is meant", []string{"a.b"}, nil, `{"a":"b"}`, `{"a":"b"}`},
		{"long numbers stay", []string{"p"}, nil, `{"p":1,"n":12345678901234567890.10}`, `{"n":12345678901234567890.10}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := document(t, tt.remove, tt.hash, tt.in); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestHashIsTheSameForTheSameTextAndKey(t *testing.T) {
	f, other := redact.NewFields(nil, []string{"a", "b"}, key), redact.NewFields(nil, nil, []byte("another key"))
	out, err := f.Document([]byte(`{"a":"+4930","b":"\u002b4930"}`))
	if err != nil {
		t.Fatal(err)
	}
	h := f.Hash("+4930")
	if want := `{"a":"` + h + `","b":"` + h + `"}`; string(out) != want {
		t.Errorf("%s, want %s", out, want)
	}
	if h == other.Hash("+4930") || h == f.Hash("+4931") || len(h) != len(redact.HashPrefix)+22 {
		t.Errorf("%s", h)
	}
}

func TestUntouchedComesBackAsItIs(t *testing.T) {
	in := []byte(`{"a":{"b":[{"c":1}]}}`)
	f := redact.NewFields([]string{"a.x", "**.y"}, []string{"z"}, key)
	if out, err := f.Document(in); err != nil || &out[0] != &in[0] {
		t.Error("a copy was made")
	}
	var none *redact.Fields
	if out, err := none.Document(in); err != nil || &out[0] != &in[0] {
		t.Error("a nil Fields does something")
	}
	if _, err := f.Document([]byte(`{"a":`)); err == nil {
		t.Error("what is not JSON passes")
	}
}

// FuzzDocument sees to it that what comes out is JSON in which the path leads to nothing any more.
func FuzzDocument(f *testing.F) {
	f.Add(`{"a":{"b":"canary","c":[{"b":1},{"d":"canary"}]},"b":2}`, "a.b", "**.d")
	f.Add(`[{"a":1,"a":2},[["x"]],{"\u0061":{"b":null}}]`, "*.a", "a")
	f.Add(`{"":{"":1}}`, "*", "**.x.**")
	f.Fuzz(func(t *testing.T, in, remove, hash string) {
		if len(remove)+len(hash) > 60 || !json.Valid([]byte(in)) {
			return
		}
		r := redact.NewFields([]string{remove}, []string{hash}, key)
		out, err := r.Document([]byte(in))
		if err != nil {
			return // deeper than is read
		}
		if !json.Valid(out) {
			t.Fatalf("not JSON: %s", out)
		}
		again, err := redact.NewFields([]string{remove}, nil, key).Document(out)
		if err != nil || !bytes.Equal(out, again) {
			t.Errorf("%s leads to something in %s (%v)", remove, out, err)
		}
	})
}

var sample = []byte(`{"specversion":"1.0","id":"01JNGR5X0V7W2Q9P4K3M8T6ZBA","source":"/ziwo/main","type":"call.answered","subject":"call/8447388090494",` +
	`"time":"2025-03-04T08:00:01.204Z","ccvendor":"ziwo","ccaccount":"main","data":{"call":{"id":"8447388090494","direction":"in","from":"+4930123456",` +
	`"to":"+4930654321","queue":{"id":"7","name":"Support"},"started_at":"2025-03-04T08:00:00Z","tags":["a","b"]},"agent":{"id":"5","name":"Ada Lovelace",` +
	`"email":"ada@example.com"},"extensions":{"ziwo":{"detail":{"callerIDNumber":"+4930123456","list":[1,2,3]}}}}}`)

func BenchmarkDocument(b *testing.B) {
	for name, f := range map[string]*redact.Fields{
		"nothing to do": redact.NewFields([]string{"data.contact.phone", "data.**.iban"}, nil, key),
		"removed":       redact.NewFields([]string{"data.call.from", "data.extensions"}, nil, key),
		"hashed":        redact.NewFields(nil, []string{"data.call.from", "data.agent.email"}, key),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(sample)))
			for b.Loop() {
				if _, err := f.Document(sample); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
