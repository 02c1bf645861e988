package jsondoc

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type wait time.Duration

func (w *wait) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*w = wait(d)
	if err != nil {
		return errors.New("not a duration")
	}
	return nil
}

type settings struct {
	Account string            `json:"account"`
	Port    uint16            `json:"port,omitempty"`
	Ratio   float64           `json:"ratio"`
	On      *bool             `json:"on"`
	Names   []string          `json:"names"`
	Map     map[string]string `json:"map"`
	Sub     struct {
		Wait wait `json:"wait"`
	} `json:"sub"`
	Hidden string `json:"-"`
	Plain  int
	secret string
}

func TestDecode(t *testing.T) {
	d := parse(t, `{"account":22129848,"port":"8080","ratio":0.5,"on":true,"names":["a","b"],"map":{"x":"y"},
		"sub":{"wait":"5s"},"-":"x","Plain":3,"names2":null,"unknown":1}`)
	var got settings
	got.secret = "kept"
	if err := Decode(d.Root(), &got); err != nil {
		t.Fatal(err)
	}
	on := true
	want := settings{Account: "22129848", Port: 8080, Ratio: 0.5, On: &on, Names: []string{"a", "b"}, Map: map[string]string{"x": "y"}, Plain: 3, secret: "kept"}
	want.Sub.Wait = wait(5 * time.Second)
	if d := cmp.Diff(want, got, cmp.AllowUnexported(settings{})); d != "" {
		t.Error(d)
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ src, want string }{
		{`{"port":70000}`, "port: want a whole number that fits, zero or more"},
		{`{"port":-1}`, "port: want a whole number that fits, zero or more"},
		{`{"account":[]}`, "account: want a text"},
		{`{"ratio":"x"}`, "ratio: want a number"},
		{`{"on":"maybe"}`, "on: want true or false"},
		{`{"names":["a",{}]}`, "names.1: want a text"},
		{`{"names":"a"}`, "names: want a list"},
		{`{"map":{"a.b":[]}}`, `map.a\.b: want a text`},
		{`{"sub":{"wait":"soon"}}`, "sub.wait: not a duration"},
		{`{"sub":{"wait":5}}`, "sub.wait: want a text"},
		{`{"sub":{"wiat":"5s"}}`, "sub.wiat: unknown key"},
		{`[]`, "want an object"},
	}
	for _, test := range tests {
		var got settings
		err := DecodeStrict(parse(t, test.src).Root(), &got)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: want %q, got %v", test.src, test.want, err)
		}
	}
	if err := Decode(parse(t, `{}`).Root(), settings{}); err == nil {
		t.Error("decoded into what is not a pointer")
	}
}
