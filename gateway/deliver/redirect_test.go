package deliver_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/secret"
)

// hop is a receiver that redirects the requests it gets to wherever to says.
func hop(t *testing.T, status int, to *string) (*inbox, string) {
	in := &inbox{answer: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", *to); w.WriteHeader(status) }}
	return in, serve(t, in)
}

func TestRedirectsAreFollowedWhereAsked(t *testing.T) {
	for name, tt := range map[string]struct {
		status, allowed int
		method          string
		arrives         bool
	}{
		"308": {308, 1, "POST", true}, "307": {307, 1, "PUT", true}, "not asked for": {307, 0, "POST", false},
		"a POST would become a GET": {302, 5, "POST", false}, "and so by 301": {301, 5, "POST", false}, "GET by 302": {302, 1, "GET", true}, "GET by 303": {303, 1, "GET", true},
		"300": {300, 5, "GET", false}, "304": {304, 5, "GET", false},
	} {
		t.Run(name, func(t *testing.T) {
			end := &inbox{}
			to := serve(t, end) + "/end?a=b#c"
			_, base := hop(t, tt.status, &to)
			c := conf(base)
			c.Redirects = tt.allowed
			p := &scripted{name: "p", format: says(`{"request":{"method":"` + tt.method + `","json":{"x":1}}}`)}
			r := network(t, c, p).Attempt(t.Context(), owed())
			if (len(end.got) == 1) != tt.arrives || (r.Class == deliver.Delivered) != tt.arrives {
				t.Fatalf("%v %q, %d arrived", r.Class, r.Reason, len(end.got))
			}
			if tt.arrives && (string(end.bodies[0]) != `{"x":1}` || end.got[0].Method != tt.method || end.got[0].URL.String() != "/end?a=b" || len(r.Requests) != 2) {
				t.Errorf("arrived as %s %s %s; recorded as %q", end.got[0].Method, end.got[0].URL, end.bodies[0], r.Requests)
			}
		})
	}
}

func TestRedirectsEnd(t *testing.T) {
	to := ""
	in, base := hop(t, 308, &to)
	to = "/again"
	c := conf(base)
	c.Redirects = 3
	r := network(t, c, nil).Attempt(t.Context(), owed())
	if len(in.got) != 4 || r.Class != deliver.Dead || r.Attempt.Status != 308 {
		t.Errorf("%d requests, %v %q", len(in.got), r.Class, r.Reason)
	}
}

// Within its origin a redirected request has all that the first one had, signed and authorised anew; to another it takes
// no credential, no signature, no secret, and does not go when its body has one.
func TestCredentialsStayInTheirOrigin(t *testing.T) {
	for _, kind := range []string{"bearer", "api-key"} {
		t.Run(kind, func(t *testing.T) {
			end := &inbox{}
			foreign, to := serve(t, end)+"/foreign", "/here?key=canary-auth"
			in := &inbox{answer: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/here" {
					to = foreign
				}
				w.Header().Set("Location", to)
				w.WriteHeader(http.StatusPermanentRedirect)
			}}
			c := conf(serve(t, in))
			c.Redirects, c.Vault = 2, &secret.Vault{}
			placeholder := c.Vault.Grant("header", secret.New("canary-header"))
			c.Headers = map[string]secret.Text{"x-key": {Placeholder: placeholder}, "Cookie": text("canary-cookie"), "User-Agent": text("gateway")}
			c.Sign = config.Sign{Scheme: "standard-webhooks", Secrets: hidden(outSecret)}
			c.Auth = config.Auth{Type: kind, Token: secret.New("canary-auth"), In: "query", Name: "key", Value: secret.New("canary-auth")}
			r := network(t, c, nil).Attempt(t.Context(), owed())
			if r.Class != deliver.Delivered || len(in.got) != 2 || len(end.got) != 1 {
				t.Fatalf("%v %q, %d and %d requests", r.Class, r.Reason, len(in.got), len(end.got))
			}
			again := in.got[1]
			if again.Header.Get("x-key") != "canary-header" || again.Header.Get("webhook-signature") == "" ||
				kind == "bearer" && again.Header.Get("authorization") == "" || strings.Count(again.URL.RawQuery, "canary") != 1 {
				t.Errorf("within the origin: %s %v", again.URL, again.Header)
			}
			away := end.got[0]
			if all := fmt.Sprint(away.URL, away.Header); strings.Contains(all, "canary") || away.Header.Get("webhook-signature") != "" {
				t.Errorf("to another origin: %s", all)
			}
			if away.Header.Get("user-agent") != "gateway" || away.Header.Get("webhook-id") != "ev-1" || string(end.bodies[0]) != body {
				t.Errorf("to another origin: %v %s", away.Header, end.bodies[0])
			}
			if all := fmt.Sprintf("%+v", r); strings.Contains(all, "canary") {
				t.Errorf("recorded: %s", all)
			}
		})
	}
}

func TestBodyWithASecretStaysInItsOrigin(t *testing.T) {
	end := &inbox{}
	to := serve(t, end)
	_, base := hop(t, 307, &to)
	c := conf(base)
	c.Redirects, c.Vault = 1, &secret.Vault{}
	placeholder := c.Vault.Grant("key", secret.New("canary-body"))
	r := network(t, c, &scripted{name: "p", format: says(`{"request":{"json":{"key":"` + placeholder + `"}}}`)}).Attempt(t.Context(), owed())
	if r.Class != deliver.Dead || len(end.got) > 0 || !strings.Contains(r.Reason, "another origin") {
		t.Errorf("%v %q, %d arrived", r.Class, r.Reason, len(end.got))
	}
}
