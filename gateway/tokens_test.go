package gateway_test

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

func TestTokensOverHTTP(t *testing.T) {
	t.Parallel()
	g := start(t, gatewaytest.Minimal(t, "data", "http://127.0.0.1:9", ""))
	viewer := g.makeToken(t, "a dashboard", "viewer")
	if status := g.status(t, viewer, "GET", "/v1/events"); status != 200 {
		t.Errorf("the viewer is answered %d", status)
	}
	var page struct {
		Items []access.Token
		Next  string
	}
	g.makeToken(t, "another", "sender")
	_, _, body := g.call(t, g.local(t), "GET", "/v1/tokens?limit=1", "")
	if err := json.Unmarshal(body, &page); err != nil || len(page.Items) != 1 || page.Items[0].Name != "a dashboard" || page.Next == "" {
		t.Errorf("%s", body)
	}
	if strings.Contains(string(body), "pbt_") || strings.Contains(string(body), "hash") {
		t.Errorf("too much is shown: %s", body)
	}
	id := page.Items[0].ID
	_, _, body = g.call(t, g.local(t), "GET", "/v1/tokens?cursor="+page.Next, "")
	if page.Items, page.Next = nil, ""; json.Unmarshal(body, &page) != nil || len(page.Items) != 1 || page.Items[0].Name != "another" || page.Next != "" {
		t.Errorf("%s", body)
	}
	if status := g.status(t, g.local(t), "DELETE", "/v1/tokens/"+id); status != 204 {
		t.Errorf("removed: %d", status)
	}
	status, header, body := g.call(t, viewer, "GET", "/v1/events", "")
	wantProblem(t, status, header, body, 401, "removed")
}

func TestTokensThatCannotBeMade(t *testing.T) {
	t.Parallel()
	g := start(t, gatewaytest.Minimal(t, "data", "http://127.0.0.1:9", ""))
	for _, c := range []struct {
		body   string
		status int
		words  string
	}{
		{`{"name":"x","role":"root"}`, 422, "/role"},
		{`{"name":"","role":"viewer"}`, 422, "/name"},
		{`{"name":"x","role":"viewer","expires_in":"soon"}`, 422, "/expires_in"},
		{`{"name":"x","role":"viewer","expires":"2020-01-01T00:00:00Z"}`, 422, "/expires"},
		{`{"name":7,"role":"viewer"}`, 400, "/name"},
		{`{"name":"x","role":"viewer","admin":true}`, 400, "admin"},
		{`{"name":"x"`, 400, ""},
		{`{"name":"x","role":"viewer"} {}`, 400, "behind"},
		{`{"name":"` + strings.Repeat("x", 300<<10) + `"}`, 413, "longer"},
	} {
		status, header, body := g.call(t, g.local(t), "POST", "/v1/tokens", c.body)
		wantProblem(t, status, header, body, c.status, c.words)
	}
	var page struct{ Items []access.Token }
	if g.api(t, "/v1/tokens", &page); len(page.Items) != 0 {
		t.Errorf("made all the same: %+v", page.Items)
	}
}

// A token's text is nowhere but in the answer that made it: not in the log, not in any file.
func TestTokensStayUnwritten(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	file := gatewaytest.Minimal(t, "data", "http://127.0.0.1:9", "")
	g := startWith(t, gateway.Options{ConfigFile: file, Logger: newTextLog(&log)})
	token := g.makeToken(t, "canary", "operator")
	g.status(t, token, "GET", "/v1/events")
	g.status(t, token, "GET", "/v1/tokens")     // 403
	g.status(t, token+"x", "GET", "/v1/tokens") // 401, and logged
	if !strings.Contains(log.String(), "wrong token") {
		t.Errorf("the log does not tell of the wrong token, so nothing is shown here:\n%s", &log)
	}
	where := []string{log.String()}
	err := filepath.WalkDir(filepath.Dir(file), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var text []byte
			text, err = os.ReadFile(path)
			where = append(where, string(text))
		}
		return err
	})
	if err != nil || len(where) < 4 {
		t.Fatalf("%d files, %v", len(where), err)
	}
	for _, text := range where {
		if strings.Contains(text, strings.TrimPrefix(token, "pbt_")) {
			t.Error("the token is written somewhere")
		}
	}
	if !strings.Contains(strings.Join(where, ""), "canary") {
		t.Error("not even its name is found, so nothing is shown here")
	}
}

// What was made before a restart holds after it.
func TestTokensOutliveTheProcess(t *testing.T) {
	t.Parallel()
	file := gatewaytest.Minimal(t, "data", "http://127.0.0.1:9", "")
	var token string
	t.Run("before", func(t *testing.T) {
		token = start(t, file).makeToken(t, "lasting", "viewer")
	})
	g := start(t, file)
	if status := g.status(t, token, "GET", "/v1/events"); status != 200 {
		t.Errorf("after a restart: %d", status)
	}
	var made admin.CreatedToken
	_, _, body := g.call(t, g.local(t), "POST", "/v1/tokens", `{"name":"for a while","role":"viewer","expires_in":"30d"}`)
	if err := json.Unmarshal(body, &made); err != nil || time.Until(made.Expires).Round(time.Hour) != 720*time.Hour {
		t.Errorf("%s", body)
	}
}

// A bearer token that a sender fetched is taken back alone: by the client that got it, before and after a restart, and by nobody
// else. One that the same client fetched in the same second goes on.
func TestABearerTokenIsRevokedAlone(t *testing.T) {
	t.Parallel()
	file := gatewaytest.Minimal(t, "data", "http://127.0.0.1:9", `
[sources.vendor]
verify = { scheme = "oauth", clients = [{ id = "a", secret = "s3cr3t-a" }, { username = "b", password = "s3cr3t-b" }] }
`)
	post := func(g *running, path, form string) (int, map[string]any) {
		t.Helper()
		resp, err := http.Post(g.url(path), "application/x-www-form-urlencoded", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() //nolint:errcheck // it was read
		answer := map[string]any{}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Error(err)
		}
		return resp.StatusCode, answer
	}
	const credentials = "client_id=a&client_secret=s3cr3t-a"
	var one, other string
	sends := func(g *running, token string, want int, why string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url("/hooks/vendor"), strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() //nolint:errcheck // it was read
		if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != want || !strings.Contains(string(body), why) {
			t.Errorf("%d %s, want %d %s", resp.StatusCode, body, want, why)
		}
	}
	t.Run("before", func(t *testing.T) {
		g := start(t, file)
		for _, into := range []*string{&one, &other} {
			_, answer := post(g, "/oauth/token", "grant_type=client_credentials&"+credentials)
			*into, _ = answer["access_token"].(string)
			sends(g, *into, 202, "")
		}
		for form, want := range map[string]int{
			"username=b&password=s3cr3t-b&token=" + one:     200, // another client's: nothing comes of it
			"client_id=a&client_secret=s3cr3t&token=" + one: 401,
			credentials + "&token=" + one[1:] + "A":         200, // no token
			credentials:                                     400,
		} {
			if status, answer := post(g, "/oauth/revoke", form); status != want {
				t.Errorf("%s: %d %v, want %d", form, status, answer, want)
			}
		}
		sends(g, one, 202, "")
		for range 2 { // it may be said again
			if status, answer := post(g, "/oauth/revoke", credentials+"&token_type_hint=access_token&token="+one); status != 200 {
				t.Errorf("%d %v", status, answer)
			}
		}
		sends(g, one, 401, "revoked")
		sends(g, other, 202, "")
	})
	g := start(t, file)
	sends(g, one, 401, "revoked")
	sends(g, other, 202, "")
}
