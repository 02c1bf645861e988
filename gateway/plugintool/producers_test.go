package plugintool

import (
	"slices"
	"testing"
)

const module = "\x00asm\x01\x00\x00\x00"

func TestProducers(t *testing.T) {
	section := "\x09producers\x01\x08language\x02\x01C\x00\x02Go\x041.26"
	custom := func(body string) string { return "\x00" + string(rune(len(body))) + body }
	for name, test := range map[string]struct {
		code string
		want []string
	}{
		"two":               {module + custom("\x01xabc") + custom(section), []string{"C", "Go 1.26"}},
		"none":              {module + custom("\x01xabc"), nil},
		"no module":         {section, nil},
		"cut off":           {module + custom(section)[:20], nil},
		"a value cut off":   {module + custom(section[:len(section)-2]), []string{"C"}},
		"longer than it is": {module + "\x00\xff\xff\xff\xff\x0f", nil},
	} {
		if got := producers([]byte(test.code)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func FuzzProducers(f *testing.F) {
	f.Add([]byte(module + "\x00\x1a\x09producers\x01\x08language\x01\x02Go\x041.26"))
	f.Add([]byte(module + "\x00\xff\xff\xff\xff\x7f"))
	f.Add([]byte(module + "\x00\x10\x09producers\xff\xff\xff\xff\x07\xff"))
	f.Fuzz(func(t *testing.T, code []byte) {
		if n := len(producers(code)); n > len(code) {
			t.Errorf("%d producers of %d bytes", n, len(code))
		}
	})
}
