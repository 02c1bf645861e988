package gateway_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/access"
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
		{"", "POST", "/v1/tokens", 401, "bearer token", "Www-Authenticate"},
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

var update = flag.Bool("update", false, "write golden files anew")

// TestEveryRouteTakesItsRole asks for everything under /v1 with a token of every role, with none and with a wrong one. What
// may be asked for by whom is in testdata/roles.golden, for people to look at.
func TestEveryRouteTakesItsRole(t *testing.T) {
	t.Parallel()
	g := start(t, gatewaytest.Minimal(t, "data", "http://127.0.0.1:9", ""))
	tokens := map[string]string{"nobody": ""}
	for _, role := range access.Roles() {
		tokens[role] = g.makeToken(t, role, role)
	}
	golden(t, "roles.golden", roleTable(t, g.AdminURL(), tokens))
	// A gateway that took a viewer for an operator would be found.
	mixedUp := faulty(t, g, func(r *httputil.ProxyRequest) {
		if r.In.Header.Get("Authorization") == "Bearer "+tokens["viewer"] {
			r.Out.Header.Set("Authorization", "Bearer "+tokens["operator"])
		}
	}, nil)
	wrong := roleTable(t, mixedUp, tokens)
	if !regexp.MustCompile(`POST /v1/replay +401 +403 +viewer +operator`).MatchString(wrong) {
		t.Errorf("not found:\n%s", wrong)
	}
}

// roleTable is what each role may have done, a line for each rule.
func roleTable(t *testing.T, base string, tokens map[string]string) string {
	t.Helper()
	var table strings.Builder
	rules := admin.Rules()
	slices.SortFunc(rules, func(a, b admin.Rule) int {
		return strings.Compare(a.Pattern[strings.Index(a.Pattern, "/"):]+a.Pattern, b.Pattern[strings.Index(b.Pattern, "/"):]+b.Pattern)
	})
	for _, rule := range rules {
		method, path, _ := strings.Cut(rule.Pattern, " ")
		path = regexp.MustCompile(`\{[a-z.]*\}`).ReplaceAllString(path, "no-such")
		line := fmt.Sprintf("%-45s", rule.Pattern)
		for _, who := range append([]string{"nobody"}, access.Roles()...) {
			may := who
			switch status := statusAt(t, base, tokens[who], method, path); status {
			case http.StatusUnauthorized, http.StatusForbidden:
				may = fmt.Sprint(status)
			}
			line += fmt.Sprintf(" %-8s", may)
		}
		fmt.Fprintln(&table, strings.TrimSpace(line))
	}
	return table.String()
}

// makeToken makes a token through the API.
func (g *running) makeToken(t testing.TB, name, role string) string {
	t.Helper()
	status, _, body := g.call(t, g.local(t), "POST", "/v1/tokens", fmt.Sprintf(`{"name":%q,"role":%q}`, name, role))
	var made admin.CreatedToken
	if err := json.Unmarshal(body, &made); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	return made.Text
}

// status is what a request without a body is answered, which may be without end.
func (g *running) status(t testing.TB, token, method, path string) int {
	t.Helper()
	return statusAt(t, "http://"+g.Admin(), token, method, path)
}

func statusAt(t testing.TB, base, token, method, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, base+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // a stream has no end to be read
	return resp.StatusCode
}

// golden holds a text against a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("not as in %s (-want +got; go test -update writes it anew):\n%s", file, diff)
	}
}
