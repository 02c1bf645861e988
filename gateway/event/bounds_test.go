package event

import (
	"bytes"
	"strings"
	"testing"
)

func TestBounded(t *testing.T) {
	list := func(n int, one string) []byte { return []byte("[" + strings.Repeat(one+",", n-1) + one + "]") }
	for name, tt := range map[string]struct {
		body []byte
		ok   bool
	}{
		"as many as may be":     {list(maxValues-2, "12"), true},
		"too many":              {list(maxValues, "12"), false},
		"too many objects":      {list(maxValues/2, `{"a":1}`), false},
		"deep":                  {bytes.Repeat([]byte("["), 3*maxValues), false},
		"commas in a text":      {[]byte(`"` + strings.Repeat(`,\"[`, maxValues) + `"`), true},
		"commas behind a text":  {[]byte(`["\\"` + strings.Repeat(`,12`, maxValues) + `]`), false},
		"an escape at its end":  {[]byte(strings.Repeat(" ", 3*maxValues) + `"\`), true},
		"a short one, whatever": {list(1000, "1"), true},
	} {
		if err := bounded(tt.body); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkBounded(b *testing.B) {
	body := []byte(`[` + strings.Repeat(`{"agent":{"id":7,"name":"ann"},"state":"online"},`, 20_000) + `1]`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := bounded(body); err != nil {
			b.Fatal(err)
		}
	}
}
