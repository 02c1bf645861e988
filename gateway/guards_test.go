package gateway_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// asked is one request of the API at a base address; set may change it.
func asked(t testing.TB, client *http.Client, base, token, path string, set func(*http.Request)) (status int, header http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if set != nil {
		set(req)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if closed := resp.Body.Close(); err != nil || closed != nil {
		t.Fatal(err, closed)
	}
	return resp.StatusCode, resp.Header
}

// faulty is a gateway's API with a fault planted: what is changed in each request makes the gateway see one that it would
// let through.
func faulty(t testing.TB, g *running, change func(*httputil.ProxyRequest), transport http.RoundTripper) (base string) {
	t.Helper()
	at, err := url.Parse(g.AdminURL())
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(at)
		r.Out.Host = r.In.Host
		if change != nil {
			change(r)
		}
	}})
	t.Cleanup(s.Close)
	return s.URL
}

// otherSites are the requests that a browser on this machine could be made to send and that are answered, in words.
func otherSites(t testing.TB, base, token string) (through []string) {
	t.Helper()
	for _, path := range []string{"/v1/events", "/metrics"} {
		for what, set := range map[string]func(*http.Request){
			"Host":       func(r *http.Request) { r.Host = "rebound.example:8081" },
			"Origin":     func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
			"no Origin":  func(r *http.Request) { r.Header.Set("Origin", "null") },
			"Fetch-Site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		} {
			if status, _ := asked(t, http.DefaultClient, base, token, path, set); status != http.StatusForbidden {
				through = append(through, fmt.Sprintf("%s %s %d", path, what, status))
			}
		}
	}
	return through
}

// What a browser on this machine could be made to send is refused, also with a good token; and a gateway that looked at
// neither Host, nor Origin, nor Sec-Fetch-Site would be found.
func TestOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	g := start(t, gatewaytest.Minimal(t, "data", "http://127.0.0.1:9", ""))
	if through := otherSites(t, g.AdminURL(), g.local(t)); through != nil {
		t.Errorf("answered: %q", through)
	}
	for what, change := range map[string]func(*httputil.ProxyRequest){
		"Host":       func(r *httputil.ProxyRequest) { r.Out.Host = "localhost" },
		"Origin":     func(r *httputil.ProxyRequest) { r.Out.Header.Del("Origin") },
		"Fetch-Site": func(r *httputil.ProxyRequest) { r.Out.Header.Del("Sec-Fetch-Site") },
	} {
		through := otherSites(t, faulty(t, g, change, nil), g.local(t))
		if !strings.Contains(fmt.Sprint(through), what+" 200") {
			t.Errorf("nobody looks at %s, and only %q is found", what, through)
		}
	}
}

// guesses is what is answered to requests without a token, to guesses, and to the right token behind them.
func guesses(t testing.TB, base, right string) (answers []int) {
	t.Helper()
	for _, token := range []string{"", "", "", "", "", "", "a", "b", "c", "d", "e", right} {
		status, header := asked(t, http.DefaultClient, base, token, "/v1/events", nil)
		answers = append(answers, status)
		if status == http.StatusTooManyRequests && header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	return answers
}

// Five wrong tokens in a minute are one address's last: whatever it brings is answered 429. Requests without a token are
// no guesses. Where each guess counted for itself, that would be found.
func TestGuessingTokens(t *testing.T) {
	t.Parallel()
	g := start(t, gatewaytest.Minimal(t, "data", "http://127.0.0.1:9", ""))
	right := g.local(t)
	n := byte(1)
	planted := roundTrip(func(r *http.Request) (*http.Response, error) { // each request comes from an address of its own
		n++
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 9, n)}}
		return (&http.Transport{DisableKeepAlives: true, DialContext: d.DialContext}).RoundTrip(r)
	})
	want := "[401 401 401 401 401 401 401 401 401 401 401 429]"
	if got := fmt.Sprint(guesses(t, faulty(t, g, nil, planted), right)); got == want {
		t.Error("guesses that count apart are not found")
	}
	if got := fmt.Sprint(guesses(t, g.AdminURL(), right)); got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
	if status, _ := asked(t, http.DefaultClient, g.AdminURL(), "", "/healthz", nil); status != http.StatusOK {
		t.Errorf("health: %d", status)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
