package trace_test

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/trace"
)

const (
	id     = "0af7651916cd43dd8448eb211c80319c"
	parent = "00-" + id + "-b7ad6b7169203331-01"
)

func TestParse(t *testing.T) {
	for header, flags := range map[string]int{ // -1: not valid
		parent:                                   1,
		"00-" + id + "-b7ad6b7169203331-00":      0,
		"00-" + id + "-b7ad6b7169203331-ff":      3,
		"cc-" + id + "-b7ad6b7169203331-01":      1,
		"cc-" + id + "-b7ad6b7169203331-01-what": 1,
		"cc-" + id + "-b7ad6b7169203331-01-":     1,
		"cc-" + id + "-b7ad6b7169203331-01.what": -1,
		"00-" + id + "-b7ad6b7169203331-01-what": -1,
		"ff-" + id + "-b7ad6b7169203331-01":      -1,
		"":                                       -1,
		"00":                                     -1,
		parent[:54]:                              -1,
		parent + " ":                             -1,
		" " + parent:                             -1,
		strings.ToUpper(parent):                  -1,
		strings.Replace(parent, "-", "_", 1):     -1,
		"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01": -1,
		"00-" + id + "-0000000000000000-01":                      -1,
		"0g-" + id + "-b7ad6b7169203331-01":                      -1,
		"00-" + id + "-b7ad6b716920333x-01":                      -1,
		"00-" + id + "-b7ad6b7169203331-0x":                      -1,
	} {
		c, ok := trace.Parse(header, "a=1")
		switch {
		case ok != (flags >= 0) || ok != c.Valid():
			t.Errorf("%q: valid is %v", header, ok)
		case ok && (c.ID != id || int(c.Flags) != flags || c.State != "a=1"):
			t.Errorf("%q: %+v", header, c)
		case !ok && c != (trace.Context{}):
			t.Errorf("%q leaves %+v", header, c)
		}
	}
}

func TestState(t *testing.T) {
	for state, kept := range map[string]bool{
		"": false, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7": true, "a=1\t, b=2": true, "a=ü": false, "a=1\r\nx: y": false,
		strings.Repeat("x", 512): true, strings.Repeat("x", 513): false, strings.Repeat("a=1,", 31) + "a=1": true, strings.Repeat("a=1,", 32): false,
	} {
		c, _ := trace.Parse(parent, state)
		if got := c.State == state && state != ""; got != kept {
			t.Errorf("%q: kept is %v", state, got)
		}
	}
}

func TestChild(t *testing.T) {
	c, _ := trace.Parse(parent, "")
	seen := map[string]bool{parent: true}
	for range 100 {
		child := c.Child()
		again, ok := trace.Parse(child, "")
		if !ok || again.ID != id || again.Flags != 1 || seen[child] {
			t.Fatalf("%q is not a new span of the trace", child)
		}
		seen[child] = true
	}
}

// Whatever somebody sends, what goes on is a valid traceparent of one line, or nothing.
func FuzzParse(f *testing.F) {
	f.Add(parent, "a=1")
	f.Add("cc-"+id+"-b7ad6b7169203331-01-x", "")
	f.Fuzz(func(t *testing.T, header, state string) {
		c, ok := trace.Parse(header, state)
		if !ok {
			return
		}
		child := c.Child()
		again, ok := trace.Parse(child, c.State)
		if !ok || again != c || len(child) != len(parent) || !strings.Contains(header, c.ID) || strings.ContainsAny(c.State, "\r\n\x00") {
			t.Errorf("%q, %q become %q, %+v", header, state, child, again)
		}
	})
}

func BenchmarkChild(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		c, _ := trace.Parse(parent, "a=1")
		c.Child()
	}
}
