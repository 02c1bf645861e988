package access_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/plugboard/plugboard/gateway/access"
)

func TestHere(t *testing.T) {
	t.Parallel()
	names := []string{"plugboard.example.com"}
	for _, c := range []struct {
		host string
		tls  bool
		set  http.Header
		want error
	}{
		{"127.0.0.1:8081", false, nil, nil},
		{"localhost", false, nil, nil},
		{"LOCALHOST.:8081", false, nil, nil},
		{"[::1]:8081", false, nil, nil},
		{"[::1]", false, nil, nil},
		{"10.1.2.3:8081", false, nil, nil}, // no name, so no rebinding
		{"plugboard.example.com", true, nil, nil},
		{"Plugboard.Example.com:8443", true, nil, nil},
		{"evil.example:8081", false, nil, access.ErrHost},
		{"localhost.evil.example", false, nil, access.ErrHost},
		{"127.0.0.1.evil.example", false, nil, access.ErrHost},
		{"", false, nil, access.ErrHost},

		{"127.0.0.1:8081", false, http.Header{"Origin": {"http://127.0.0.1:8081"}}, nil},
		{"plugboard.example.com", true, http.Header{"Origin": {"https://plugboard.example.com"}, "Sec-Fetch-Site": {"same-origin"}}, nil},
		{"127.0.0.1:8081", false, http.Header{"Sec-Fetch-Site": {"none"}}, nil},
		{"127.0.0.1:8081", false, http.Header{"Origin": {"http://127.0.0.1:8080"}}, access.ErrOrigin},
		{"127.0.0.1:8081", false, http.Header{"Origin": {"http://evil.example"}}, access.ErrOrigin},
		{"127.0.0.1:8081", false, http.Header{"Origin": {"null"}}, access.ErrOrigin},
		{"127.0.0.1:8081", false, http.Header{"Origin": {""}}, access.ErrOrigin},
		{"127.0.0.1:8081", false, http.Header{"Origin": {"http://127.0.0.1:8081", "http://evil.example"}}, access.ErrOrigin},
		{"plugboard.example.com", false, http.Header{"Origin": {"https://plugboard.example.com"}}, nil}, // a proxy in front ends TLS
		{"plugboard.example.com", true, http.Header{"Origin": {"http://plugboard.example.com"}}, access.ErrOrigin},
		{"127.0.0.1:8081", false, http.Header{"Sec-Fetch-Site": {"cross-site"}}, access.ErrOrigin},
		{"127.0.0.1:8081", false, http.Header{"Sec-Fetch-Site": {"same-site"}}, access.ErrOrigin},
	} {
		r := httptest.NewRequest(http.MethodGet, "/v1/events", http.NoBody)
		r.Host = c.host
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		for name, values := range c.set {
			r.Header[name] = values
		}
		if got := access.Here(r, names); !errors.Is(got, c.want) {
			t.Errorf("%s %v: %v, want %v", c.host, c.set, got, c.want)
		}
	}
}
