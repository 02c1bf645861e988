package form_test

import (
	"net/url"
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

// FuzzAppendUnescaped: what is a query's escape is read as the standard library reads it; anything else is no panic, and is not
// longer than it came.
func FuzzAppendUnescaped(f *testing.F) {
	for _, s := range []string{"abc%3D%3D", "a+b", "%", "%f", "%zz", "%C3%BC%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(form.AppendUnescaped(nil, s))
		if want, err := url.QueryUnescape(s); err == nil && got != want || len(got) > len(s) {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	})
}
