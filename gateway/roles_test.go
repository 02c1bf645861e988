package gateway_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// call makes one request of the API with a token, and gives its status and what it answers.
func (g *running) call(t testing.TB, token, method, path, body string) (int, http.Header, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+g.Admin()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // the answer has been read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, text
}

// local is the token that the gateway wrote for this machine.
func (g *running) local(t testing.TB) string {
	t.Helper()
	token, err := os.ReadFile(g.token)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(token))
}

// wantProblem fails unless the answer is a problem of that status whose detail has the words.
func wantProblem(t testing.TB, status int, header http.Header, body []byte, want int, words string) {
	t.Helper()
	var p admin.Problem
	if err := json.Unmarshal(body, &p); err != nil || status != want || p.Status != want || !strings.Contains(p.Detail, words) {
		t.Errorf("%d %s; want %d with %q", status, body, want, words)
	}
	if got := header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("its type is %q", got)
	}
}

func TestWrongRequestsOfTheAPI(t *testing.T) {
	t.Parallel()
	g := start(t, gatewaytest.Minimal(t, "data", "http://127.0.0.1:9", ""))
	for _, c := range []struct {
		token, method, path string
		status              int
		words, header       string
	}{
		{"", "GET", "/v1/events", 401, "bearer token", "Www-Authenticate"},
		{"wrong", "GET", "/v1/events", 401, "bearer token", "Www-Authenticate"},
		{"", "GET", "/v1/no-such", 401, "bearer token", "Www-Authenticate"},
		{g.local(t), "GET", "/v1/no-such", 404, "GET /v1/no-such", ""},
		{g.local(t), "DELETE", "/v1/events", 405, "GET", "Allow"},
	} {
		status, header, body := g.call(t, c.token, c.method, c.path, "")
		wantProblem(t, status, header, body, c.status, c.words)
		if c.header != "" && header.Get(c.header) == "" {
			t.Errorf("%s %s: no header %s", c.method, c.path, c.header)
		}
	}
}
