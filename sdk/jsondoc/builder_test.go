package jsondoc

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plugboard/plugboard/sdk/rfc3339"
)

// built is what comes of it, built here and recorded for a host to play.
func built(set func(o Obj)) string {
	var b Builder
	set(b.Root())
	here := string(b.AppendJSON(nil))
	if there := played(set); there != here {
		return "built: " + here + "; played: " + there
	}
	return here
}

func TestBuilder(t *testing.T) {
	doc := parse(t, `{"s":"x","n":17,"ns":"42","na":"n/a","b":"1","t":"2025-03-04T09:00:00.500+01:00","l":["a",null,2,""],
		"o":{"k":[1],"e":""},"mixed":["a",{}],"deep":["a",{"b":1}],"empty":{}}`)
	tests := []struct {
		name string
		set  func(o Obj)
		want string
	}{
		{"nothing", func(Obj) {}, `{}`},
		{"absent", func(o Obj) { o.Str("a.b.c", ""); o.Object("d.e"); o.Append("f") }, `{}`},
		{"order", func(o Obj) { o.Str("b.x", "1"); o.Str("a", "2"); o.Int("b.y", -3); o.Bool("b.z", false) }, `{"b":{"x":"1","y":-3,"z":false},"a":"2"}`},
		{"again", func(o Obj) { o.Str("a", "1"); o.Str("b", "2"); o.Int("a", 3) }, `{"a":3,"b":"2"}`},
		{"kind changes", func(o Obj) { o.Str("a", "1"); o.Str("a.b", "2"); o.Append("a", "3") }, `{"a":["3"]}`},
		{"escapes", func(o Obj) { o.Str(`q"`, "\x00\x1f\"\\\n\r\t\b\f<>&\u2028\xffé") }, `{"q\"":"\u0000\u001f\"\\\n\r\t\b\f<>&` + "\u2028\ufffdé" + `"}`},
		{"dots in a name", func(o Obj) { o.Str(Key("a.b")+".c", "1") }, `{"a.b":{"c":"1"}}`},
		{"lists", func(o Obj) {
			o.Append("l", "a", "")
			o.Append("l", "b")
			o.AppendObject("m").Int("n", 1)
			o.AppendObject("m")
		}, `{"l":["a","","b"],"m":[{"n":1}]}`},
		{"raw", func(o Obj) { o.Raw("a", []byte(` {"b": 1}`)); o.Raw("c", []byte(`{`)) }, `{"a": {"b": 1}}`},
		{"remove", func(o Obj) {
			o.Str("a.b", "1")
			o.Str("a.c", "2")
			o.Str("d.e", "3")
			o.Remove("a.b")
			o.Remove("d.e")
			o.Remove("x.y")
		}, `{"a":{"c":"2"}}`},
		{"time", func(o Obj) {
			o.Time("a", "2025-03-04T09:00:00.5000+01:00")
			o.Time("b", "n/a")
			o.Instant("c", rfc3339.Time{})
		}, `{"a":"2025-03-04T08:00:00.5Z","c":"1970-01-01T00:00:00Z"}`},
		{"from", func(o Obj) {
			o.StrFrom("s", doc.Get("s"))
			o.StrFrom("none", doc.Get("none"))
			o.IntFrom("n", doc.Get("ns"))
			o.IntFrom("na", doc.Get("na"))
			o.BoolFrom("b", doc.Get("b"))
			o.TimeFrom("t", doc.Get("t"))
			o.StrsFrom("l", doc.Get("l"))
			o.CopyFrom("o", doc.Get("o"))
			o.CopyFrom("e", doc.Get("empty"))
		}, `{"s":"x","n":42,"b":true,"t":"2025-03-04T08:00:00.5Z","l":["a","2"],"o":{"k":[1],"e":""}}`},
		{"merge", func(o Obj) { o.Merge(doc.Get("o")); o.Append("k", "x"); o.Str("e", "y") }, `{"k":[1,"x"],"e":"y"}`},
		{"rest", func(o Obj) { o.Rest("r.s", doc.Get("deep")); o.Rest("none", doc.Get("empty")) }, `{"r":{"s":["a",{"b":1}]}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := built(test.set); got != test.want {
				t.Errorf("want %s\n got %s", test.want, got)
			}
		})
	}
}

// What a From method could not read must remain; what it could must not.
func TestFromCarries(t *testing.T) {
	doc := parse(t, `{"n":"17","na":"n/a","t":"soon","b":"perhaps","l":["a",""],"mixed":["a",{"b":1}],"keep":1}`)
	var b Builder
	o := b.Root()
	o.IntFrom("n", doc.Get("n"))
	o.IntFrom("x", doc.Get("na"))
	o.TimeFrom("x", doc.Get("t"))
	o.BoolFrom("x", doc.Get("b"))
	o.StrsFrom("l", doc.Get("l"))
	o.StrsFrom("m", doc.Get("mixed"))
	want := `{"na":"n/a","t":"soon","b":"perhaps","mixed":[{"b":1}],"keep":1}`
	if got := string(doc.AppendRest(nil)); got != want {
		t.Errorf("want %s\n got %s", want, got)
	}
}

func TestBuilderReset(t *testing.T) {
	var b Builder
	b.Root().Str("a", "1")
	b.Reset()
	if !b.Empty() || string(b.AppendJSON(nil)) != "{}" {
		t.Error("not empty after Reset")
	}
	b.Root().Object("x").Object("y")
	if !b.Empty() || b.Root().Has("x") {
		t.Error("objects without anything in them are nothing")
	}
	b.Root().Str("x.y.z", "1")
	if b.Empty() || !b.Root().Has("x.y") {
		t.Error("but with something they are")
	}
}

func TestBuilderAllocatesNothing(t *testing.T) {
	doc := parse(t, `{"a":"x","n":"17","t":"2025-03-04T09:00:00+01:00","rest":{"k":[1,2]}}`)
	var b Builder
	var out []byte
	n := testing.AllocsPerRun(100, func() {
		b.Reset()
		o := b.Root().AppendObject("events")
		o.StrFrom("data.a", doc.Get("a"))
		o.IntFrom("data.n", doc.Get("n"))
		o.TimeFrom("data.t", doc.Get("t"))
		o.Str("data.text", "line\nand \"quotes\"")
		o.Rest("data.extensions", doc.Get("rest"))
		out = b.AppendJSON(out[:0])
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestBuilderDeep: what a path of as many steps as may nest makes is read again, and one step more is refused, not lost.
func TestBuilderDeep(t *testing.T) {
	for steps, want := range map[int]string{MaxDepth: "", MaxDepth + 1: "nested deeper than 512"} {
		var b Builder
		b.Root().Str(strings.Repeat("a.", steps-1)+"b", "deep")
		out := b.AppendJSON(nil)
		_, err := Parse(out)
		if got := fmt.Sprint(err); !json.Valid(out) || (err == nil) != (want == "") || !strings.Contains(got, want) && err != nil {
			t.Errorf("%d steps: %v, want %q", steps, err, want)
		}
	}
}

// FuzzBuilder sets values at fuzzed paths in fuzzed ways: the result must be JSON, and hold what was set last.
func FuzzBuilder(f *testing.F) {
	f.Add("a.b", "x", "a", "y", "\x00\xff\"\\")
	f.Add("", "", ".", `\`, `a\.b`)
	f.Add("a.0", "[1,2", "a.0.b", "{}", "null")
	f.Fuzz(func(t *testing.T, p1, v1, p2, v2, text string) {
		var b Builder
		o := b.Root()
		o.Str(p1, v1)
		o.Append(p2, v2, text)
		o.Raw(p1, []byte(v2))
		o.AppendObject(p2).Str(text, v1)
		o.Object(v1).Int(p2, int64(len(text)))
		o.Time(text, v2)
		o.Remove(v2)
		o.Str(Key(text), text)
		out := b.AppendJSON(nil)
		var got map[string]any
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if text == "" || !utf8.ValidString(text) {
			return
		}
		if got[text] != text {
			t.Fatalf("%q is not there: %s", text, out)
		}
		d, err := Parse(out)
		if err != nil && depth(out) > MaxDepth {
			return // TestBuilderDeep
		}
		if err != nil {
			t.Fatal(err)
		}
		if d.Get(Key(text)).Str() != text {
			t.Fatalf("%q is not read again: %s", text, out)
		}
	})
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\x00b\"c\\d\u2028\xff")
	f.Add("exactly8")
	f.Add(strings.Repeat("x", 17) + "\n")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(AppendString(nil, s), &got); err != nil || got != strings.ToValidUTF8(escapeEach(s), "") {
			t.Fatalf("%q: got %q, %v", s, got, err)
		}
	})
}

// escapeEach replaces each byte that is no UTF-8 by U+FFFD; strings.ToValidUTF8 would make one of a run.
func escapeEach(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}
