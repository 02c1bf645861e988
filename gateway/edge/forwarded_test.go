package edge

import (
	"net/netip"
	"testing"

	"github.com/plugboard/plugboard/gateway/event"
)

var trusted = proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

func TestForwarded(t *testing.T) {
	for value, want := range map[string]string{
		`for=203.0.113.9`:                            "203.0.113.9",
		`For="203.0.113.9:47011"`:                    "203.0.113.9",
		`for="[2001:db8::1]"`:                        "2001:db8::1",
		`proto=https;for=203.0.113.9;by=10.0.0.1`:    "203.0.113.9",
		`for=198.51.100.1, for=203.0.113.9`:          "203.0.113.9",
		`for=203.0.113.9, for=10.9.9.9,for=10.1.1.1`: "203.0.113.9",
		`for="203.0.113.9, for=198.51.100.1"`:        "10.0.0.1", // one quoted text
		`for=198.51.100.1;by="x, for=203.0.113.9"`:   "198.51.100.1",
		`for=198.51.100.1, proto=https`:              "10.0.0.1", // an element that does not say whom for
		`for=unknown`:                                "10.0.0.1",
		`for=_hidden, for=10.2.2.2`:                  "10.2.2.2",
		`for=2001:db8::1`:                            "2001:db8::1",
		`for="\203.0.113.9"`:                         "203.0.113.9",
		``:                                           "10.0.0.1",
		`,`:                                          "10.0.0.1",
		`for`:                                        "10.0.0.1",
		`for="203.0.113.9`:                           "10.0.0.1",
		`for=203.0.113.9;x=", for=198.51.100.7`:      "10.0.0.1", // the sender opened a quote before the proxy wrote
		`for=203.0.113.9;x="\", for=198.51.100.7`:    "10.0.0.1",
	} {
		if got := trusted.sender("10.0.0.1", []event.Header{{Name: "forwarded", Value: value}}); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
	for value, want := range map[string]string{
		"203.0.113.9": "203.0.113.9", "203.0.113.9:80": "203.0.113.9", "[2001:db8::1]:80": "2001:db8::1", "::ffff:203.0.113.9": "203.0.113.9",
		"1.1.1.1,, 10.3.3.3": "10.3.3.3", "fe80::1%eth0": "fe80::1", "10.4.4.4": "10.4.4.4", "1.1.1.1 2.2.2.2": "10.0.0.1", "203.0.113.009": "10.0.0.1",
	} {
		if got := trusted.sender("10.0.0.1", []event.Header{{Name: "x-forwarded-for", Value: value}}); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
	if got := trusted.sender("192.0.2.1", []event.Header{{Name: "x-forwarded-for", Value: "203.0.113.9"}}); got != "192.0.2.1" {
		t.Errorf("a stranger's word counts: %s", got)
	}
}

// Whatever stands there, the sender is an address, and what a stranger writes to the left of what a proxy adds changes
// nothing.
func FuzzForwarded(f *testing.F) {
	for _, value := range []string{`for=203.0.113.9`, `for="[2001:db8::1]:1", for=10.0.0.1`, `for="a\"b, c";x=y`, `=,;"`, "1.1.1.1, 10.0.0.2", "[", "[]:", `for="`} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, name := range []string{"forwarded", "x-forwarded-for"} {
			got := trusted.sender("10.0.0.1", []event.Header{{Name: name, Value: value}})
			if _, err := netip.ParseAddr(got); err != nil {
				t.Fatalf("%s: %q gives %q", name, value, got)
			}
			tail := map[string]string{"forwarded": "for=198.51.100.7", "x-forwarded-for": "198.51.100.7"}[name]
			lines := []event.Header{{Name: name, Value: value}, {Name: name, Value: tail}}
			if got := trusted.sender("10.0.0.1", lines); got != "198.51.100.7" {
				t.Fatalf("%s: %q on a line before gives %q", name, value, got)
			}
			// On the same line an open quote may hide it; then nobody is believed.
			got = trusted.sender("10.0.0.1", []event.Header{{Name: name, Value: value + ", " + tail}})
			if got != "198.51.100.7" && (name == "x-forwarded-for" || got != "10.0.0.1") {
				t.Fatalf("%s: %q before gives %q", name, value, got)
			}
		}
	})
}

func FuzzGrant(f *testing.F) {
	f.Add("grant_type=password&username=a&password=b", "")
	f.Add("a=1&a=2", "Basic YTpi")
	f.Add("%", "basic ====")
	f.Fuzz(func(t *testing.T, body, authorization string) {
		req := &Request{Method: "POST", Body: []byte(body), Headers: []event.Header{{Name: "content-type", Value: "application/x-www-form-urlencoded"}, {Name: "authorization", Value: authorization}}}
		if g, _, status, fault := readGrant(req); (fault == nil) != (status == 0) || fault != nil && g.Secret != "" {
			t.Fatalf("%+v, %d, %v", g, status, fault)
		}
	})
}
