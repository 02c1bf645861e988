// Package auth puts a destination's credentials on the requests that go there.
//
// Fixed credentials (bearer, basic, api-key) are written onto each request. An OAuth 2 access token is fetched once and
// shared by everything that goes to the destination:
//
//	          no token, or expired              token, nearly expired            answered 401
//	Apply ────────► fetch, wait for it    Apply ───► fetch, do not wait    Refresh ───► fetch, wait
//
// At most one fetch runs at a time, whoever asked for it, and it outlives the caller that asked: a refresh token is
// spent the moment the server has read it, so giving up on the answer would lose the next one. The new refresh token is
// kept before anyone gets to see the access token that came with it. Where the server refuses a refresh token, the
// original grant is used once more.
package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/secret"
)

// Used is what Apply put on a request.
type Used struct {
	// Hidden redacts what went out as credentials, for the caller to strike it from whatever it keeps of the answer.
	// It may be nil, which redacts nothing.
	Hidden *secret.Vault
	token  string
}

// Authorizer authorises requests to one destination. It is safe for concurrent use. Its errors hold no credential.
type Authorizer interface {
	// Apply puts the credentials on r. It may wait for a token; an *Error says that none could be had.
	Apply(ctx context.Context, r *send.Request) (Used, error)
	// Refresh is called when a request with these credentials was answered 401. It says whether there are other
	// credentials now, with which one more try makes sense.
	Refresh(ctx context.Context, used Used) (bool, error)
}

// Options are what an Authorizer needs besides the configuration.
type Options struct {
	Sender send.Sender      // for token requests; nil unless the type is oauth2-…
	Now    func() time.Time // the wall clock, to read dates in answers by; nil: time.Now
}

// New makes the Authorizer for a destination's auth table.
func New(c config.Auth, o Options) (Authorizer, error) {
	switch c.Type {
	case "", "none":
		return fixed{}, nil
	case "bearer":
		return header("Authorization", "Bearer "+c.Token.Reveal(), c.Token)
	case "basic":
		pair := base64.StdEncoding.EncodeToString([]byte(c.Username + ":" + c.Password.Reveal()))
		return header("Authorization", "Basic "+pair, c.Password, secret.New(pair))
	case "api-key":
		return apiKey(c)
	case "oauth2-password", "oauth2-client-credentials":
		return newOAuth(c, o)
	}
	return nil, fmt.Errorf("auth: type %q is not known; there are bearer, basic, api-key, oauth2-password, oauth2-client-credentials", c.Type)
}

// fixed is credentials that do not change.
type fixed struct {
	header, value string
	query         string // "name=value", escaped
	hidden        *secret.Vault
}

// hide makes a Vault that redacts the values.
func hide(values ...secret.Value) *secret.Vault {
	v := &secret.Vault{}
	for _, value := range values {
		if !value.Empty() {
			v.Hide("", value)
		}
	}
	return v
}

func header(name, value string, hidden ...secret.Value) (Authorizer, error) {
	if strings.ContainsAny(value, "\r\n\x00") {
		return nil, fmt.Errorf("auth: the value for header %s must be one line", name)
	}
	return fixed{header: name, value: value, hidden: hide(hidden...)}, nil
}

func apiKey(c config.Auth) (Authorizer, error) {
	switch {
	case c.Name == "":
		return nil, fmt.Errorf("auth: api-key needs a name")
	case c.In == "" || c.In == "header":
		return header(c.Name, c.Value.Reveal(), c.Value)
	case c.In == "query":
		query := url.QueryEscape(c.Name) + "=" + url.QueryEscape(c.Value.Reveal())
		return fixed{query: query, hidden: hide(c.Value)}, nil
	}
	return nil, fmt.Errorf("auth: api-key in %q is not known; there are header and query", c.In)
}

func (f fixed) Apply(_ context.Context, r *send.Request) (Used, error) {
	if f.header != "" {
		r.Header.Set(f.header, f.value)
	}
	if f.query != "" && !hasParameter(r.URL, f.query) {
		r.URL = withQuery(r.URL, f.query)
	}
	return Used{Hidden: f.hidden}, nil
}

func (fixed) Refresh(context.Context, Used) (bool, error) { return false, nil }

// hasParameter says whether a URL has the parameter already, as one has to which a receiver redirected.
func hasParameter(to, parameter string) bool {
	_, query, _ := strings.Cut(to, "?")
	for p := range strings.SplitSeq(query, "&") {
		if p == parameter {
			return true
		}
	}
	return false
}

// withQuery adds a parameter to a URL, before its fragment if it has one.
func withQuery(to, parameter string) string {
	to, _, _ = strings.Cut(to, "#") // a fragment is not sent
	switch {
	case !strings.Contains(to, "?"):
		return to + "?" + parameter
	case strings.HasSuffix(to, "?") || strings.HasSuffix(to, "&"):
		return to + parameter
	}
	return to + "&" + parameter
}
