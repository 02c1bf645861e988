package deliver_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/secret"
)

// nasty needs escaping in every place it may stand in.
const nasty = `p"a<s>s&w=o/r\d ?#%ü`

func conf(base string) *config.Destination {
	return &config.Destination{Name: "crm", URL: text(base)}
}

// A secret arrives in each place as it is, escaped for the place, and is seen nowhere else: not by the plugin, not in
// the record, though the receiver sends it back in the body and in a header.
func TestSecretsArriveAndDoNotStay(t *testing.T) {
	places := map[string]struct {
		doc  func(p string) string
		read func(r *http.Request, body []byte) string
	}{
		"path segment": {
			func(p string) string { return `{"url":"/bot` + p + `/send"}` },
			func(r *http.Request, _ []byte) string {
				s, _ := url.PathUnescape(strings.TrimSuffix(strings.TrimPrefix(r.URL.EscapedPath(), "/bot"), "/send"))
				return s
			},
		},
		"query": {
			func(p string) string { return `{"url":"/x","query":{"key":"` + p + `"}}` },
			func(r *http.Request, _ []byte) string { return r.URL.Query().Get("key") },
		},
		"header": {
			func(p string) string { return `{"headers":{"x-key":"` + p + `"}}` },
			func(r *http.Request, _ []byte) string { return r.Header.Get("X-Key") },
		},
		"json": {
			func(p string) string { return `{"json":{"key":"` + p + `"}}` },
			func(_ *http.Request, body []byte) string {
				var v struct{ Key string }
				_ = json.Unmarshal(body, &v)
				return v.Key
			},
		},
		"xml": {
			func(p string) string {
				return `{"body":"<key>` + p + `</key>","headers":{"content-type":"application/xml"}}`
			},
			func(_ *http.Request, body []byte) string {
				var v struct {
					Key string `xml:",chardata"`
				}
				_ = xml.Unmarshal(body, &v)
				return v.Key
			},
		},
		"form": {
			func(p string) string { return `{"form":{"key":"` + p + `","other":"1"}}` },
			func(_ *http.Request, body []byte) string { v, _ := url.ParseQuery(string(body)); return v.Get("key") },
		},
		"text": {
			func(p string) string { return `{"body":"` + p + `"}` },
			func(_ *http.Request, body []byte) string { return string(body) },
		},
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			got := ""
			base := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = place.read(r, body)
				w.Header().Set("X-Echo", url.QueryEscape(nasty))
				w.WriteHeader(http.StatusBadRequest)
				_ = json.NewEncoder(w).Encode("you sent " + nasty)
			}))
			vault := &secret.Vault{}
			placeholder := vault.Grant("key", secret.New(nasty))
			p := &scripted{name: "p", format: says(`{"request":` + place.doc(placeholder) + `}`), judge: says(`{"dead":"refused ` + placeholder + `"}`)}
			d := network(t, &config.Destination{Name: "crm", URL: text(base), Vault: vault}, p)
			result := d.Attempt(t.Context(), owed())
			if got != nasty {
				t.Errorf("the receiver got %q, want %q", got, nasty)
			}
			leaks(t, fmt.Sprintf("%+v", result)+string(result.Attempt.Response), placeholder)
			judged, _ := json.Marshal(p.judged)
			leaks(t, string(judged), "")
		})
	}
}

// leaks looks for the secret in the ways it may be written.
func leaks(t *testing.T, s, placeholder string) {
	t.Helper()
	quoted, _ := json.Marshal(nasty)
	for _, form := range []string{nasty, url.QueryEscape(nasty), url.PathEscape(nasty), secret.InURL(nasty), strings.Trim(string(quoted), `"`)} {
		if strings.Contains(s, form) {
			t.Errorf("the secret is in %s", s)
		}
	}
	if placeholder != "" && strings.Contains(s, placeholder) {
		t.Errorf("the placeholder is in %s", s)
	}
}

// The whole URL may be a secret, as an incoming webhook's is.
func TestURLThatIsASecret(t *testing.T) {
	path := ""
	base := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { path = r.URL.String() }))
	vault := &secret.Vault{}
	hidden := secret.Text{Placeholder: vault.Grant("hook", secret.New(base+"/services/T0/B0/x%2Fy?a=b")), Display: "{{secret.hook}}"}
	d := network(t, &config.Destination{Name: "crm", URL: hidden, Vault: vault}, nil)
	r := d.Attempt(t.Context(), owed())
	if r.Class != deliver.Delivered || path != "/services/T0/B0/x%2Fy?a=b" {
		t.Errorf("%v %q, the receiver got %q", r.Class, r.Reason, path)
	}
	if r.Attempt.Request != "POST {{secret.hook}}" {
		t.Errorf("recorded as %q", r.Attempt.Request)
	}
	moved := network(t, &config.Destination{Name: "crm", URL: hidden, Vault: vault}, &scripted{name: "p", format: says(`{"request":{"url":"https://evil.example/"}}`)})
	if r := moved.Attempt(t.Context(), owed()); r.Class != deliver.Dead || len(r.Requests) > 0 {
		t.Errorf("%v %v", r.Class, r.Requests)
	}
}

// Text of a placeholder's shape that does not come from the configuration stays text, another destination's included.
func TestForeignPlaceholders(t *testing.T) {
	other := &secret.Vault{}
	foreign := other.Grant("key", secret.New("canary-value-1"))
	mine := &secret.Vault{}
	mine.Grant("key", secret.New("canary-value-2"))
	forged := "{{secret.key}} secret-key-00000000000000000000000000000000 " + foreign
	var got string
	base := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = string(body)
	}))
	d := network(t, &config.Destination{Name: "crm", URL: text(base), Vault: mine}, nil)
	q := owed()
	q.Event.Body = []byte(`{"data":"` + forged + `"}`)
	d.Attempt(t.Context(), q)
	if want := `{"data":"` + forged + `"}`; got != want {
		t.Errorf("the receiver got %s, want %s", got, want)
	}
}

// A secret of two lines cannot smuggle in a header.
func TestSecretOfTwoLinesInAHeader(t *testing.T) {
	vault := &secret.Vault{}
	placeholder := vault.Grant("key", secret.New("one\r\nX-Evil: two"))
	reached := false
	base := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	c := &config.Destination{Name: "crm", URL: text(base), Vault: vault, Headers: map[string]secret.Text{"x-key": {Placeholder: placeholder}}}
	if r := network(t, c, nil).Attempt(t.Context(), owed()); r.Class != deliver.Dead || reached || strings.Contains(r.Reason, "Evil") {
		t.Errorf("%v %q, reached %v", r.Class, r.Reason, reached)
	}
}

// A token that the receiver sends back, and one that the token endpoint's error shows, are struck out too.
func TestTokensDoNotStay(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"access_token":"canary-access-token","expires_in":3600}`)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "no entry with "+r.Header.Get("Authorization"))
	})
	base := serve(t, mux)
	d := network(t, &config.Destination{Name: "crm", URL: text(base), Auth: config.Auth{Type: "oauth2-client-credentials", TokenURL: base + "/token",
		ClientID: "id", ClientSecret: secret.New("canary-client")}}, nil)
	r := d.Attempt(t.Context(), owed())
	if all := fmt.Sprintf("%+v %s", r, r.Attempt.Response); strings.Contains(all, "canary") || r.Attempt.Status != 403 {
		t.Errorf("%s", all)
	}
}

// An answer of 401 is worth one new token in an attempt, however many steps it takes and whatever the new one brings.
func TestOneNewTokenInAnAttempt(t *testing.T) {
	var tokens, requests int
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		tokens++
		_, _ = fmt.Fprintf(w, `{"access_token":"token-%d"}`, tokens)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		requests++
		w.WriteHeader(http.StatusUnauthorized)
	})
	base := serve(t, mux)
	oauth := config.Auth{Type: "oauth2-client-credentials", TokenURL: base + "/token", ClientID: "id", ClientSecret: secret.New("canary-client")}
	for name, tt := range map[string]struct {
		judge            string
		tokens, requests int
		want             deliver.Class
	}{
		"by status":            {"", 2, 2, deliver.Dead},
		"plugin asks as well":  {`{"retry":{"refresh_auth":true}}`, 2, 2, deliver.Retry},
		"next step also fails": {`{"next":{"request":{}}}`, 2, deliver.MaxSteps + 1, deliver.Dead},
	} {
		t.Run(name, func(t *testing.T) {
			tokens, requests = 0, 0
			d := network(t, &config.Destination{Name: "crm", URL: text(base), Auth: oauth}, &scripted{name: "p", format: says(`{"request":{}}`), judge: says(tt.judge)})
			r := d.Attempt(t.Context(), owed())
			if tokens != tt.tokens || requests != tt.requests || r.Class != tt.want {
				t.Errorf("%d tokens, %d requests, %v; want %d, %d, %v", tokens, requests, r.Class, tt.tokens, tt.requests, tt.want)
			}
		})
	}
}

// A plugin may know better than the status that credentials are spent: they are renewed for the next attempt.
func TestPluginAsksForNewCredentials(t *testing.T) {
	tokens := 0
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		tokens++
		_, _ = fmt.Fprintf(w, `{"access_token":"token-%d"}`, tokens)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	base := serve(t, mux)
	oauth := config.Auth{Type: "oauth2-client-credentials", TokenURL: base + "/token", ClientID: "id", ClientSecret: secret.New("canary-client")}
	d := network(t, &config.Destination{Name: "crm", URL: text(base), Auth: oauth},
		&scripted{name: "p", format: says(`{"request":{}}`), judge: says(`{"retry":{"refresh_auth":true,"reason":"logged out"}}`)})
	if r := d.Attempt(t.Context(), owed()); r.Class != deliver.Retry || r.Reason != "logged out" || tokens != 2 {
		t.Errorf("%v %q after %d tokens, want 2", r.Class, r.Reason, tokens)
	}
}

// No connection is made to an address inside, and none through a redirect from one that is allowed.
func TestInwardAddresses(t *testing.T) {
	reached := 0
	inner := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	c := conf(inner)
	c.AllowHTTP, c.Vault = true, &secret.Vault{}
	n, err := deliver.NewNetwork(c, deliver.NetworkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	d := destination(t, n, func(o *deliver.Options) { o.Config = c })
	if r := d.Attempt(t.Context(), owed()); r.Class != deliver.Dead || !strings.Contains(r.Reason, "allow_private") || reached > 0 {
		t.Errorf("%v %q, reached %d times", r.Class, r.Reason, reached)
	}
	outer := serve(t, http.RedirectHandler(inner, http.StatusTemporaryRedirect))
	if r := network(t, conf(outer), nil).Attempt(t.Context(), owed()); r.Class != deliver.Dead || reached > 0 {
		t.Errorf("%v %q, reached %d times", r.Class, r.Reason, reached)
	}
}
