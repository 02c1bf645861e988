package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/gateway/secret"
)

// Error says why no token could be had.
type Error struct {
	What      string
	Status    int       // of the token endpoint's answer; 0 if there was none
	NotBefore time.Time // when the endpoint wants to be asked again; zero if it did not say
	cause     error
}

func (e *Error) Error() string { return "access token: " + e.What }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// isRefusal says whether the endpoint answered that these credentials get no token, rather than failing to answer.
func isRefusal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status >= 400 && e.Status < 500 &&
		e.Status != http.StatusRequestTimeout && e.Status != http.StatusTooEarly && e.Status != http.StatusTooManyRequests
}

// grantForm is the body of the original grant. The order of the fields is kept: some endpoints are tested against it.
func (a *oauth) grantForm() string {
	c := a.conf
	if c.Type == "oauth2-password" {
		return a.form("grant_type", "password", "username", c.Username, "password", c.Password.Reveal(), "scope", c.Scope, "audience", c.Audience)
	}
	return a.form("grant_type", "client_credentials", "scope", c.Scope, "audience", c.Audience)
}

func (a *oauth) refreshForm(refresh string) string {
	return a.form("grant_type", "refresh_token", "refresh_token", refresh)
}

// form writes pairs of names and values, leaving out empty values. A client without a secret names itself in the body;
// one with a secret does so in the header, unless the server wants both in the body (RFC 6749, 2.3.1).
func (a *oauth) form(pairs ...string) string {
	if !a.inHeader() {
		pairs = append(pairs, "client_id", a.conf.ClientID, "client_secret", a.conf.ClientSecret.Reveal())
	}
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(pairs[i] + "=" + url.QueryEscape(pairs[i+1]))
	}
	return b.String()
}

// inHeader says whether the client proves itself with HTTP Basic.
func (a *oauth) inHeader() bool {
	return a.conf.ClientID != "" && !a.conf.ClientSecret.Empty() && a.conf.ClientAuth != "body"
}

// request asks the token endpoint once.
func (a *oauth) request(ctx context.Context, form string) (token, error) {
	h := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
		"Accept":       {"application/json"},
	}
	if a.inHeader() {
		pair := url.QueryEscape(a.conf.ClientID) + ":" + url.QueryEscape(a.conf.ClientSecret.Reveal())
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	resp, err := a.sender.Send(ctx, &send.Request{Method: "POST", URL: a.conf.TokenURL, Header: h, Body: []byte(form)})
	if err != nil {
		return token{}, &Error{What: err.Error(), cause: err}
	}
	if resp.Status < 200 || resp.Status > 299 {
		e := &Error{What: fmt.Sprintf("the token endpoint answered %d%s", resp.Status, errorCode(resp.Body)), Status: resp.Status}
		e.NotBefore, _ = retry.After(resp.Header.Get("Retry-After"), a.wall())
		return token{}, e
	}
	return readToken(resp.Body, a.now())
}

// codes are the refusals that RFC 6749 names. Other text is not quoted: nobody knows what a server puts there.
var codes = []string{"invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type", "invalid_scope",
	"access_denied", "invalid_token",
	"unauthorized_client"} //nolint:misspell // the RFC's own spelling

// errorCode gives the "error" of a refusal (RFC 6749, 5.2) in brackets, if it is one of codes.
func errorCode(body []byte) string {
	var refusal struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &refusal) != nil || !slices.Contains(codes, refusal.Error) {
		return ""
	}
	return " (" + refusal.Error + ")"
}

// readToken reads the answer of a token endpoint that it got at the given time.
func readToken(body []byte, now time.Time) (token, error) {
	var answer struct {
		AccessToken  string          `json:"access_token"`
		RefreshToken string          `json:"refresh_token"`
		ExpiresIn    json.RawMessage `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return token{}, &Error{What: "the token endpoint's answer is not the JSON of RFC 6749"} // err may quote it
	}
	if answer.AccessToken == "" || strings.ContainsFunc(answer.AccessToken, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return token{}, &Error{What: "the token endpoint's answer has no access_token that fits a header"}
	}
	t := token{access: answer.AccessToken, refresh: answer.RefreshToken, hidden: hide(secret.New(answer.AccessToken))}
	if life := lifetime(answer.ExpiresIn); life > 0 {
		t.expires = now.Add(life)
		t.early = t.expires.Add(-min(life/10, earlyAtMost))
	}
	return t, nil
}

// lifetime reads expires_in, which some servers write as a string. 0: not said.
func lifetime(raw json.RawMessage) time.Duration {
	seconds, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(math.Min(seconds, 366*24*3600) * float64(time.Second))
}
