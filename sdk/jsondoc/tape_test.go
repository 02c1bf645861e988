package jsondoc

import (
	"bytes"
	"testing"
)

// handed is src, read in one Doc and handed to another that has held something else.
func handed(t *testing.T, src []byte) *Doc {
	t.Helper()
	from, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	to, err := Parse([]byte(`{"something":["else"]}`))
	if err != nil {
		t.Fatal(err)
	}
	tape := from.Tape()
	if !bytes.Equal(tape, from.portable()) {
		t.Error("the portable tape is another one")
	}
	if n := copy(to.Room(len(tape)/NodeSize), tape); n != len(tape) || !to.Adopt(src, n) {
		t.Fatalf("%d bytes of %d were adopted", n, len(tape))
	}
	return to
}

func TestTapeComesOverWhole(t *testing.T) {
	d := handed(t, []byte(`{"id":7,"n\u0061me":"J\u00fcrgen","list":[null,true,{"a.b":"c"}],"long name of more than 16":{}}`))
	for path, want := range map[string]string{"id": "7", "name": "Jürgen", `list.2.a\.b`: "c", "list.1": "true", "none": ""} {
		if got := d.Get(path).Str(); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	d.Take("name")
	if got := string(d.AppendRest(nil)); got != `{"id":7,"list":[null,true,{"a.b":"c"}]}` {
		t.Errorf("what remains is %s", got)
	}
	if err := d.Reset([]byte(`[1]`)); err != nil || d.Get("0").Str() != "1" {
		t.Error("it does not read after that", err)
	}
}

func TestAdoptRefuses(t *testing.T) {
	var d Doc
	d.Room(2)
	for _, size := range []int{-1, 0, 1, NodeSize - 1, NodeSize + 1, 1 << 20} {
		if d.Adopt([]byte("7"), size) || d.Root().Exists() {
			t.Errorf("a tape of %d bytes was adopted", size)
		}
	}
}

// FuzzTape: what one reads and hands over is what the other would have read.
func FuzzTape(f *testing.F) {
	f.Add([]byte(`{"a":[1,"b"],"c":{"d":null}}`))
	f.Add([]byte(`[[],{},"\\",-0.5e9]`))
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := Parse(src)
		if err != nil {
			return
		}
		got := handed(t, src)
		if !bytes.Equal(got.AppendRest(nil), d.AppendRest(nil)) || !bytes.Equal(got.Tape(), d.Tape()) {
			t.Errorf("%s came over as %s", src, got.Root().Raw())
		}
	})
}
