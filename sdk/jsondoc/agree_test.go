package jsondoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// The gateway reads a text and hands its tape to a plugin, which would otherwise have read the text itself. Both must say
// the same of it, whatever it is: so these tests make texts of which nothing can be said against but that they are odd.

// pieces are what a text is made of: names that are the same but for their spelling, escapes, lone surrogates, numbers of
// all kinds.
var pieces = struct{ names, values, spaces []string }{
	names: []string{`a`, `\u0061`, ``, `a.b`, `0`, `\\`, `\ud800`, `\udc00\ud800`, `\ud83d\ude00`, `😀`, `exactly8`, `exactly\u0038`,
		`longer than eight`, `longer than sixteen bytes`, `longer than sixteen byte\u0073`, `ä`, `\u00e4`, `\"`, `\/`, `/`},
	values: []string{`null`, `true`, `false`, `0`, `-0`, `7`, `-9223372036854775808`, `9223372036854775808`, `0.5e-9`, `1E400`, `""`, `"a"`,
		`"\u0061"`, `"\ud800"`, `"\udfff x"`, `"\ud83d\ude00"`, `"\ud83dx\ude00"`, `"line\nand\ttab"`, `"😀 and more than eight"`, `"17"`, `"true"`, `[]`, `{}`},
	spaces: []string{"", " ", "\n\t\r ", "          "},
}

// odd makes a text of bytes: each chooses what comes next.
type odd struct {
	in  []byte
	out []byte
}

func (o *odd) next() (c int) {
	if len(o.in) > 0 {
		c, o.in = int(o.in[0]), o.in[1:]
	}
	return c
}

func (o *odd) add(from []string, c int) { o.out = append(o.out, from[c%len(from)]...) }

func (o *odd) value(depth int) {
	o.add(pieces.spaces, o.next())
	switch c := o.next(); {
	case c >= 0x80 && depth < MaxDepth && len(o.in) > 0:
		members := c & 7
		if c >= 0xe0 { // deep
			o.out = append(o.out, strings.Repeat("[", c&31)...)
			o.value(depth + c&31)
			o.out = append(o.out, strings.Repeat("]", c&31)...)
		} else if c >= 0xc0 {
			o.list('[', members, func() { o.value(depth + 1) })
		} else {
			o.list('{', members, func() {
				o.out = append(o.out, '"')
				o.add(pieces.names, o.next())
				o.out = append(o.out, '"', ':')
				o.value(depth + 1)
			})
		}
	default:
		o.add(pieces.values, c)
	}
	o.add(pieces.spaces, o.next())
}

func (o *odd) list(opener byte, n int, each func()) {
	o.out = append(o.out, opener)
	for i := range n {
		if i > 0 {
			o.out = append(o.out, ',')
		}
		each()
	}
	o.out = append(o.out, opener+2)
}

// FuzzAdopted holds a tape that was handed over against one's own reading: each value's kind, text, number and spelling,
// by place and by path, what is taken, and what then remains.
func FuzzAdopted(f *testing.F) {
	f.Add([]byte("\x00\x84\x00\x00\x01\x00\x01\x00\x02\x00\x0d\x00"), "a")
	f.Add([]byte{0, 0xa7, 0, 0, 5, 0, 1, 0, 0x87, 1, 0, 7, 0, 6, 0, 13, 0, 7, 0, 14, 0, 9, 1, 0xff, 0, 0xff, 0, 3}, `a\.b.0`)
	f.Add(bytes.Repeat([]byte{0xff, 0}, 60), strings.Repeat("0.", 40))
	f.Add([]byte{0, 0xc3, 2, 0x85, 0, 10, 0, 1, 0, 11, 0, 2, 0, 12, 0, 3}, "1.exactly8")
	f.Fuzz(func(t *testing.T, in []byte, path string) {
		o := odd{in: in}
		o.value(0)
		own, err := Parse(o.out)
		if valid := json.Valid(o.out); (err == nil) != (valid && depth(o.out) <= MaxDepth) {
			t.Fatalf("%s is valid: %v, and was read: %v", o.out, valid, err)
		}
		if err != nil {
			return
		}
		adopted := handed(t, o.out)
		agree(t, own.Root(), adopted.Root())
		agree(t, own.Get(path), adopted.Get(path))
		for name := range own.Root().Each {
			agree(t, own.Get(Key(name)), adopted.Get(Key(name)))
			agree(t, own.Root().Member(name), adopted.Root().Member(name))
		}
		agree(t, own.Take(path), adopted.Take(path))
		a, b := own.AppendRest(nil), adopted.AppendRest(nil)
		if !bytes.Equal(a, b) {
			t.Fatalf("of %s without %q remains %s, and %s where it was adopted", o.out, path, a, b)
		}
		if len(a) > 0 && !json.Valid(a) {
			t.Fatalf("what remains is not JSON: %s", a)
		}
	})
}

// agree holds two readings of a value against each other.
func agree(t *testing.T, a, b Value) {
	t.Helper()
	if why := difference(a, b); why != "" {
		t.Fatal(why)
	}
}

// difference says where two readings differ; "" is nowhere.
func difference(a, b Value) string {
	an, aInt := a.Int()
	bn, bInt := b.Int()
	at, aBool := a.Bool()
	bt, bBool := b.Bool()
	if a.Kind() != b.Kind() || a.Exists() != b.Exists() || a.Empty() != b.Empty() || a.Str() != b.Str() || !bytes.Equal(a.Raw(), b.Raw()) ||
		an != bn || aInt != bInt || at != bt || aBool != bBool || a.Len() != b.Len() || !bytes.Equal(a.AppendStr(nil), b.AppendStr(nil)) {
		return fmt.Sprintf("%s was handed over as %s", a.Raw(), b.Raw())
	}
	if !utf8.ValidString(a.Str()) {
		return fmt.Sprintf("%s reads as %q", a.Raw(), a.Str())
	}
	ours, theirs := members(a), members(b)
	for i := range ours {
		if ours[i].name != theirs[i].name {
			return fmt.Sprintf("name %q was handed over as %q", ours[i].name, theirs[i].name)
		}
		if why := difference(ours[i].value, theirs[i].value); why != "" {
			return why
		}
	}
	return ""
}

type named struct {
	name  string
	value Value
}

func members(v Value) (all []named) {
	for name, m := range v.Each {
		all = append(all, named{name, m})
	}
	return all
}

// TestDifferenceIsSeen is the control of the comparison above.
func TestDifferenceIsSeen(t *testing.T) {
	a, err := Parse([]byte(`{"a":[1,"x"]}`))
	if err != nil {
		t.Fatal(err)
	}
	for other, same := range map[string]bool{`{"a":[1,"x"]}`: true, `{"a":[1,"y"]}`: false, `{"a":[1,1.1]}`: false, `{"b":[1,"x"]}`: false, `{"a":[1,[]]}`: false} {
		b, err := Parse([]byte(other))
		if err != nil {
			t.Fatal(err)
		}
		if why := difference(a.Root(), b.Root()); (why == "") != same {
			t.Errorf("%s: %q", other, why)
		}
	}
}
