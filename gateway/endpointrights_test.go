package gateway_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
)

// What an endpoint may not be is refused with the place in its JSON, and leaves nothing behind.
func TestEndpointsThatCannotBe(t *testing.T) {
	t.Parallel()
	g := start(t, endpointsFile(t, "http://127.0.0.1:9"))
	token := g.makeToken(t, "an admin", "admin")
	for _, c := range []struct {
		settings string
		status   int
		words    string
	}{
		{`{}`, 422, "/url: "},
		{`{"url":"ftp://example.com"}`, 422, "/url: "},
		{`{"url":"http://example.com"}`, 422, "/url: "},
		{`{"url":"https://user:pass@example.com"}`, 422, "/url: "},
		{`{"url":7}`, 422, "/url: url wants an http or https URL, has a whole number"},
		{`{"url":"https://example.com","when":"data.stat == 1"}`, 422, "/when: "},
		{`{"url":"https://example.com","when":7}`, 422, "/when: when wants an expression"},
		{`{"url":"https://example.com","order_by":"nonsense("}`, 422, "/order_by: "},
		{`{"url":"https://example.com","types":["agent.stat.changed"]}`, 422, "/types/0: "},
		{`{"url":"https://example.com","from":["nobody"]}`, 422, "/from/0: "},
		{`{"url":"https://example.com","plugin":"no-such"}`, 422, "/plugin: there is no plugin"},
		{`{"url":"https://example.com","plugin":"aircall"}`, 422, "/plugin: "},
		{`{"url":"https://example.com","plugin":"webhook","config":{"formt":"json"}}`, 422, "/config/formt: "},
		{`{"url":"https://example.com","format":"jsn"}`, 422, "/format: "},
		{`{"url":"https://example.com","format":"json","template":"{{"}`, 422, "plugin"},
		{`{"url":"https://example.com","format":"json","plugin":"babelforce"}`, 422, "/plugin: "},
		{`{"url":"https://example.com","template":"x","config":{"body":"y"}}`, 422, "/config/body: "},
		{`{"url":"https://example.com","retry":{"schedule":["5s",5]}}`, 422, "/retry/schedule/1: "},
		{`{"url":"https://example.com","retrys":3}`, 422, `/retrys: retrys is not a key of an endpoint; did you mean retry?`},
		{`{"url":"https://example.com","name":"x"}`, 422, "/name: "},
		{`{"url":"https://example.com","to":["there"]}`, 422, "/to: "},
		{`{"url":"https://example.com","secret":"short"}`, 422, "/"},
		{`{"url":"https://example.com","headers":{"host":"x"}}`, 422, "/headers/host: "},
		{`{"url":"https://example.com","auth":{"type":"bearer"}}`, 422, "/auth: "},
		{`{"url":"{{env.HOME}}"}`, 422, "/url: an endpoint cannot name what is on the gateway's machine"},
		{`{"url":"https://example.com","headers":{"x":"{{file./etc/passwd}}"}}`, 422, "/headers/x: an endpoint cannot"},
		{`{"url":"https://example.com","plugin":"webhook","config":{"body":"{{file./etc/passwd}}"}}`, 422, "/config/body: an endpoint cannot"},
		{`{"url":"https://example.com","plugin":"../webhook"}`, 422, "/plugin: "},
		{`[]`, 400, "object"}, {`{`, 400, "JSON"}, {`{"url":"https://a.example","url":"https://b.example"}`, 400, "/url stands twice"},
		{`{"url":"https://example.com"} x`, 400, "behind"},
	} {
		status, header, body := g.call(t, token, "POST", "/v1/endpoints", c.settings)
		if wantProblem(t, status, header, body, c.status, c.words); t.Failed() {
			t.Fatalf("for %s", c.settings)
		}
		var p admin.Problem
		if _ = json.Unmarshal(body, &p); status != 400 && (len(p.Faults) == 0 || !strings.HasPrefix(p.Faults[0].Pointer, "/")) {
			t.Errorf("%s: no fault with a place: %s", c.settings, body)
		}
	}
	var page struct{ Items []endpointView }
	if g.api(t, "/v1/endpoints", &page); len(page.Items) != 0 {
		t.Errorf("made all the same: %+v", page.Items)
	}
}

// Whoever registers a URL has events sent to it, calls and people among them: that takes an admin, and so does whatever
// sends an endpoint's requests, with the secrets that an admin put into them, elsewhere. An operator may turn one off and on.
func TestEndpointsTakeAnAdmin(t *testing.T) {
	t.Parallel()
	file := endpointsFile(t, "http://127.0.0.1:9")
	g := startWith(t, gateway.Options{ConfigFile: file, Getenv: func(name string) (string, bool) {
		return "canary-value", name == "PLUGBOARD_SECRET_CRM"
	}})
	mine, theirs := newInbox(t), newInbox(t)
	e := g.endpoint(t, mine.URL, `"headers":{"x-key":"{{secret.crm}}"}`)
	g.event(t, "e-1", "order.paid", `{}`)
	if r := mine.next(t); r.header.Get("x-key") != "canary-value" {
		t.Errorf("%v", r.header)
	}
	operator := g.makeToken(t, "operator", "operator")
	for _, c := range []struct{ method, path, body string }{
		{"POST", "", fmt.Sprintf(`{"url":%q,"allow_http":true,"allow_private":true}`, theirs.URL)},
		{"POST", "", `{"url":"https://example.com"}`},
		{"POST", "", `{}`},
		{"DELETE", "/" + e.ID, ""},
		{"PATCH", "/" + e.ID, fmt.Sprintf(`{"url":%q}`, theirs.URL)},
		{"PATCH", "/" + e.ID, `{"when":"true"}`},
		{"PATCH", "/" + e.ID, `{"enabled":true,"types":["*"]}`},
		{"PATCH", "/" + e.ID, `{"format":"text","template":"x"}`},
		{"PATCH", "/" + e.ID, fmt.Sprintf(`{"url":%q,"headers":null}`, theirs.URL)},
	} {
		status, header, body := g.call(t, operator, c.method, "/v1/endpoints"+c.path, c.body)
		if wantProblem(t, status, header, body, 403, "role admin"); t.Failed() {
			t.Fatalf("for %+v", c)
		}
	}
	for _, change := range []string{`{"enabled":false}`, `{"enabled":true,"description":"theirs"}`} {
		if status, _, body := g.call(t, operator, "PATCH", "/v1/endpoints/"+e.ID, change); status != 200 || strings.Contains(string(body), "canary") {
			t.Errorf("%s: %d %s", change, status, body)
		}
	}
	g.event(t, "e-2", "order.paid", `{}`)
	mine.next(t)
	theirs.quiet(t)
}

// An endpoint's own credentials are shown nowhere after they were given, and stored sealed where there is a master key.
func TestEndpointSecretsAreSealed(t *testing.T) {
	t.Parallel()
	for _, key := range []bool{true, false} { // without a key they are found: else nothing would be shown here
		in := newInbox(t)
		file := endpointsFile(t, in.URL)
		var log lockedBuffer
		o := gateway.Options{ConfigFile: file, Logger: newTextLog(&log)}
		if key {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			file = keyed(t, string(text))
			o.ConfigFile = file
		}
		var e endpointView
		t.Run(fmt.Sprint("with a key ", key), func(t *testing.T) {
			g := startWith(t, o)
			e = g.endpoint(t, in.URL+"/mine", `"auth":{"type":"bearer","token":"canary-token"},"headers":{"x-key":"canary-header"}`)
			for _, path := range []string{"/v1/endpoints", "/v1/endpoints/" + e.ID, "/v1/destinations", "/v1/secrets"} {
				_, _, body := g.call(t, g.local(t), "GET", path, "")
				if strings.Contains(string(body), "canary") || strings.Contains(string(body), e.Secret) {
					t.Errorf("%s shows %s", path, body)
				}
			}
		})
		stored := everything(t, filepath.Dir(file))
		for _, secret := range []string{"canary-token", "canary-header", strings.TrimPrefix(e.Secret, "whsec_")} {
			if strings.Contains(stored, secret) == key {
				t.Errorf("with a master key %v, the store has the secret: %v", key, !key)
			}
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log has the secret:\n%s", &log)
			}
		}
		t.Run(fmt.Sprint("again with a key ", key), func(t *testing.T) { // and they are there after a restart
			g := startWith(t, o)
			g.event(t, "e-1", "order.paid", `{}`)
			for range 2 {
				if r := in.next(t); r.path == "/mine" && (r.header.Get("Authorization") != "Bearer canary-token" || r.header.Get("x-key") != "canary-header" || r.header.Get("webhook-signature") == "") {
					t.Errorf("%v", r.header)
				}
			}
		})
	}
}

// everything is the content of all files in a folder.
func everything(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var text []byte
			text, err = os.ReadFile(path)
			all.Write(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
