package jsondoc

import "testing"

func parse(t *testing.T, src string) *Doc {
	t.Helper()
	d, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestGet(t *testing.T) {
	d := parse(t, `{"a":{"b":[10,{"c":"x"}],"":1},"n":null,"d.o\\t":2,"big":12345678901234567890,"dup":1,"dup":2,
		"\u00fcber":"k","seven77":7,"eightee8":8,"a name that is longer than sixteen":16,"a name that is longer than Sixteen":17}`)
	tests := []struct{ path, want string }{
		{"a.b.0", "10"}, {"a.b.1.c", "x"}, {"a.b.2", ""}, {"a.b.-1", ""}, {"a.b.x", ""}, {"a.b.1.c.d", ""}, {"a.", "1"},
		{"n", ""}, {"n.x", ""}, {"nothing", ""}, {Key(`d.o\t`), "2"}, {"big", "12345678901234567890"}, {"dup", "2"},
		{"über", "k"}, {"seven77", "7"}, {"eightee8", "8"}, {"a name that is longer than sixteen", "16"},
		{"a name that is longer than Sixteen", "17"}, {"a name that is longer than thirteen", ""},
	}
	for _, test := range tests {
		if got := d.Get(test.path).Str(); got != test.want {
			t.Errorf("%s: want %q, got %q", test.path, test.want, got)
		}
	}
	if !d.Get("n").Exists() || d.Get("x").Exists() || !d.Get("n").Empty() {
		t.Error("null is there and empty, what is not there is neither")
	}
	if d.Get("").Kind() != Object {
		t.Error("the empty path is the value itself")
	}
	if new(Doc).Get("a.b").Take("c").Carry().Member("d").Index(0).Len() != 0 {
		t.Error("an empty document has absent values only")
	}
}

// TestPathsThatEndInADot: the last name of such a path is the empty one, which an array's elements do not have.
func TestPathsThatEndInADot(t *testing.T) {
	d := parse(t, `{"a":{"":"nameless"},"l":[[0.5],{"":7},"x"],"\\":{"":8}}`)
	for path, want := range map[string]string{"a.": "nameless", "l.1.": "7", `\\.`: "8", "l.": "", "l.0.": "", "l.0.0.": "", "l.2.": "", ".": "", "..": ""} {
		if got := d.Get(path).Str(); got != want {
			t.Errorf("%s: want %q, got %q", path, want, got)
		}
	}
}

func TestIntAndBool(t *testing.T) {
	d := parse(t, `[17,"17","-0",9223372036854775807,-9223372036854775808,9223372036854775808,"n/a","",1.0,null,true,[]]`)
	want := []int64{17, 17, 0, 1<<63 - 1, -1 << 63}
	for i := range d.Root().Len() {
		n, ok := d.Root().Index(i).Int()
		if ok != (i < len(want)) || ok && n != want[i] {
			t.Errorf("element %d: got %d, %v", i, n, ok)
		}
	}
	for i, v := range []string{`true`, `"true"`, `1`, `"1"`, `false`, `"false"`, `0`, `"0"`, `2`, `"yes"`, `null`} {
		b, ok := parse(t, v).Root().Bool()
		if b != (i < 4) || ok != (i < 8) {
			t.Errorf("%s: got %v, %v", v, b, ok)
		}
	}
}

func TestFloat(t *testing.T) {
	for src, want := range map[string]float64{`1.5`: 1.5, `"2e3"`: 2000} {
		if f, ok := parse(t, src).Root().Float(); !ok || f != want {
			t.Errorf("%s: got %v, %v", src, f, ok)
		}
	}
	for _, src := range []string{`"inf"`, `"0x1p-2"`, `true`, `""`, `"1_0"`} {
		if f, ok := parse(t, src).Root().Float(); ok {
			t.Errorf("%s: got %v", src, f)
		}
	}
}

func TestRest(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"nothing", `{}`, ``},
		{"all taken", `{"take":1,"o":{"take":"x"}}`, ``},
		{"subtree", `{"take":{"a":1,"b":[2]},"c":3}`, `{"c":3}`},
		{"pruned", `{"a":null,"b":"","c":[],"d":{},"e":{"f":{"g":null}},"h":[[],{}],"i":0,"j":false}`, `{"h":[[],{}],"i":0,"j":false}`},
		{"spelling", `{ "N\u0061me" : 1.50e+3 , "x" : "\u00e9\/" }`, `{"N\u0061me":1.50e+3,"x":"\u00e9\/"}`},
		{"array", `{"l":[1,{"take":2},null,"",{"take":3,"k":4}]}`, `{"l":[1,null,"",{"k":4}]}`},
		{"hidden name", `{"take":1,"take":2}`, ``},
		{"list of taken", `{"l":[{"take":1}]}`, ``},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := parse(t, test.src)
			takeAll(d.Root())
			if got := string(d.AppendRest(nil)); got != test.want {
				t.Errorf("want %s\n got %s", test.want, got)
			}
		})
	}
}

// takeAll takes whatever is called take.
func takeAll(v Value) {
	v.Take("take")
	for _, m := range v.Each {
		takeAll(m)
	}
}
