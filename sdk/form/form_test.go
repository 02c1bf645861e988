package form_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/form"
)

func TestAppendUnescaped(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a+b%3D%3d": "a b==", "%": "%", "%4": "%4", "%zz%41": "%zzA", "ü%C3%BC": "üü", "%\x141": "%\x141", "%25%32%35": "%25",
	} {
		if got := form.AppendUnescaped([]byte("x"), in); string(got) != "x"+want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzForm: what is a query's escape is read as the standard library reads it; anything else is no panic, and is not longer than it
// came. Every text is escaped as the standard library does it.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"abc%3D%3D", "a+b", "%", "%f", "%zz", "%C3%BC%", "a/b?c&d=e+ü~-_.\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(form.AppendEscaped(nil, s)), url.QueryEscape(s); got != want {
			t.Errorf("%q escaped: %q, want %q", s, got, want)
		}
		if got, want := string(form.AppendPercent(nil, s)), strings.ReplaceAll(url.QueryEscape(s), "+", "%20"); got != want {
			t.Errorf("%q in a URL: %q, want %q", s, got, want)
		}
		got := string(form.AppendUnescaped(nil, s))
		if want, err := url.QueryUnescape(s); err == nil && got != want || len(got) > len(s) {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	})
}
