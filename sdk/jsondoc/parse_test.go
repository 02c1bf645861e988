package jsondoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseRefuses(t *testing.T) {
	tests := []struct{ src, want string }{
		{``, "text ends too early (byte 0)"},
		{`  `, "text ends too early (byte 2)"},
		{`{`, "text ends too early (byte 1)"},
		{`[1`, "text ends too early (byte 2)"},
		{`{"a"`, "text ends too early (byte 4)"},
		{`{"a":`, "text ends too early (byte 5)"},
		{`"a`, "text ends too early (byte 2)"},
		{`"a\`, "text ends too early (byte 3)"},
		{`"\u12`, "text ends too early (byte 5)"},
		{`{"a":1,}`, "want a member's name in quotes (byte 7)"},
		{`{a:1}`, "want a member's name in quotes (byte 1)"},
		{`{"a" 1}`, "want a colon after a member's name (byte 5)"},
		{`{"a":1 "b":2}`, "want a comma or } after an object's member (byte 7)"},
		{`[1 2]`, "want a comma or ] after an array's element (byte 3)"},
		{`[1,]`, "want a value (byte 3)"},
		{`[,1]`, "want a value (byte 1)"},
		{`{"a":1]`, "want a comma or } after an object's member (byte 6)"},
		{`[1}`, "want a comma or ] after an array's element (byte 2)"},
		{`1 2`, "text goes on after the value (byte 2)"},
		{`{}}`, "text goes on after the value (byte 2)"},
		{`tru`, "want a value (byte 0)"},
		{`nul`, "want a value (byte 0)"},
		{`NaN`, "want a value (byte 0)"},
		{`01`, "want a value (byte 0)"},
		{`-`, "want a value (byte 0)"},
		{`1.`, "want a value (byte 0)"},
		{`1e+`, "want a value (byte 0)"},
		{`+1`, "want a value (byte 0)"},
		{`'a'`, "want a value (byte 0)"},
		{"\"a\nb\"", "control character in a string (byte 2)"},
		{`"a\x"`, "malformed escape in a string (byte 2)"},
		{`"\u12x4aaaa"`, "malformed escape in a string (byte 1)"},
		{"\"\xff\"", "string is not valid UTF-8 (byte 1)"},
		{"{\"\xed\xa0\x80\":1}", "string is not valid UTF-8 (byte 2)"},
		{"\ufeff{}", "want a value (byte 0)"},
		{strings.Repeat("[", 513) + strings.Repeat("]", 513), "nested deeper than 512 (byte 512)"},
	}
	var d Doc
	for _, test := range tests {
		err := d.Reset([]byte(test.src))
		if err == nil || err.Error() != test.want {
			t.Errorf("%.40q: want %q, got %v", test.src, test.want, err)
		}
		if d.Root().Exists() {
			t.Errorf("%.40q: the document is not empty after an error", test.src)
		}
	}
}

func TestParseTakesTheDeepest(t *testing.T) {
	if _, err := Parse([]byte(strings.Repeat("[", 512) + strings.Repeat("]", 512))); err != nil {
		t.Error(err)
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	src := sample(t)
	var d Doc
	if err := d.Reset(src); err != nil {
		t.Fatal(err)
	}
	var buf []byte
	n := testing.AllocsPerRun(100, func() {
		if err := d.Reset(src); err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			if d.Take(p).Str() == "" {
				t.Fatal(p)
			}
		}
		for _, v := range d.Get("event").Each {
			_, _ = v.Int()
		}
		buf = d.AppendRest(buf[:0])
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzParse compares with encoding/json, which is laxer in two ways that are documented: it takes strings that are not
// UTF-8, and nesting of up to 10,000.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,2.5e-3,-0,"x\u00e9\ud83d\ude00\ud800",null,true,false,{}],"b":{"c":"\\\"\/\b\f\n\r\t"}}`,
		`{"a":1,"a":2,"\u0061":3}`, `[[],{},"",0]`, ` {"long name of a member" : "and a long value of it, äöü" } `,
		`{"a":1,}`, "\"\xff\"", `12345678901234567890`, `"\ud83d\u0041"`, `[1e400]`, "\"\u2028\"", `{"":{}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := Parse(bytes.Clone(src))
		want := json.Valid(src)
		if err == nil && !want {
			t.Fatalf("taken, but encoding/json refuses it: %q", src)
		}
		if err != nil {
			if want && utf8.Valid(src) && depth(src) <= MaxDepth {
				t.Fatalf("refused, but encoding/json takes it: %v", err)
			}
			var e *SyntaxError
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(src) {
				t.Fatalf("%#v for %d bytes", err, len(src))
			}
			return
		}
		dec := json.NewDecoder(bytes.NewReader(src))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		compare(t, d.Root(), v)
		if rest := d.AppendRest(nil); len(rest) > 0 && !json.Valid(rest) {
			t.Fatalf("what remains is not JSON: %s", rest)
		}
	})
}

// depth is how deep brackets nest, those in strings included, so at least as deep as values do.
func depth(src []byte) (deepest int) {
	n := 0
	for _, c := range src {
		switch c {
		case '[', '{':
			n++
			deepest = max(deepest, n)
		case ']', '}':
			n--
		}
	}
	return deepest
}

func compare(t *testing.T, got Value, want any) {
	t.Helper()
	switch want := want.(type) {
	case nil:
		if got.Kind() != Null || got.Str() != "" {
			t.Fatalf("want null, got %s", got.Raw())
		}
	case bool:
		if b, ok := got.Bool(); got.Kind() != Bool || !ok || b != want {
			t.Fatalf("want %v, got %s", want, got.Raw())
		}
	case json.Number:
		if got.Kind() != Number || got.Str() != want.String() {
			t.Fatalf("want %v, got %s", want, got.Raw())
		}
		n, ok := got.Int()
		if w, err := want.Int64(); ok != (err == nil) || n != w && ok {
			t.Fatalf("%v as an integer: want %v %v, got %v %v", want, w, err, n, ok)
		}
	case string:
		if got.Kind() != String || got.Str() != want || string(got.AppendStr(nil)) != want {
			t.Fatalf("want %q, got %q", want, got.Str())
		}
	case []any:
		if got.Kind() != Array || got.Len() != len(want) {
			t.Fatalf("want %v, got %s", want, got.Raw())
		}
		for i := range want {
			compare(t, got.Index(i), want[i])
		}
	case map[string]any:
		if got.Kind() != Object {
			t.Fatalf("want %v, got %s", want, got.Raw())
		}
		for name := range got.Each {
			if _, ok := want[name]; !ok {
				t.Fatalf("a member too many: %q", name)
			}
		}
		for name, v := range want {
			compare(t, got.Member(name), v)
			if name != "" { // the empty path is the value itself
				compare(t, got.Get(Key(name)), v)
			}
		}
	}
}

// TestSpaceIsFourBytes puts each byte into white space, at each place of the words in which it is gone over.
func TestSpaceIsFourBytes(t *testing.T) {
	for c := range 256 {
		space := c == ' ' || c == '\n' || c == '\r' || c == '\t'
		for at := range 17 {
			src := bytes.Repeat([]byte(" \n\t\r"), 5)
			src[at] = byte(c)
			if got := Valid(append(src, "[1]"...)); got != space {
				t.Fatalf("byte %#x at %d of the space before a value: valid is %v", c, at, got)
			}
		}
	}
}
