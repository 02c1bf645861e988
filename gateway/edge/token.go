package edge

import (
	"context"
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/plugboard/plugboard/gateway/verify"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// TokenPath is where clients of sources with scheme oauth fetch their tokens (RFC 6749), when there are any.
const TokenPath = "/oauth/token"

// RevokePath is where they take one back (RFC 7009).
const RevokePath = "/oauth/revoke"

// maxTokenRequest is the longest body that the endpoint reads, in bytes.
const maxTokenRequest = 8 << 10

// tokens answers the token endpoint, and the one that takes tokens back.
func (s *Server) tokens(ctx *fasthttp.RequestCtx, p *Pipeline, req *Request) int {
	ctx.Response.Header.Set("Cache-Control", "no-store")
	now := s.now()
	addr, _ := netip.ParseAddr(req.RemoteAddr) // none is one sender too
	of := network(addr)
	if wait := s.guesses.wait(of, now); wait > 0 {
		ctx.Response.Header.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		return s.refuseToken(ctx, req, http.StatusTooManyRequests, &verify.GrantError{Code: "invalid_request", What: "too many wrong credentials from this address"})
	}
	grant, form, status, fault := readGrant(req)
	if fault != nil {
		if status == http.StatusMethodNotAllowed {
			ctx.Response.Header.Set("Allow", http.MethodPost)
		}
		return s.refuseToken(ctx, req, status, fault)
	}
	do := s.giveToken
	if req.Path == RevokePath {
		do = s.takeToken
	}
	err := do(ctx, p, grant, form, now)
	if plain := unescaped(grant); isRefused(err) && plain != grant {
		err = do(ctx, p, plain, form, now)
	}
	var refused *verify.GrantError
	switch {
	case err == nil:
		return http.StatusOK
	case !errors.As(err, &refused):
		ctx.Response.Header.Set("Retry-After", "5")
		s.log.log.Error("a token could not be revoked", "err", err)
		return s.refuseToken(ctx, req, http.StatusServiceUnavailable, &verify.GrantError{Code: "temporarily_unavailable", What: "that could not be stored; try again, or give the client a new secret"})
	}
	status = http.StatusBadRequest
	if refused.Code == "invalid_client" || refused.Code == "invalid_grant" {
		s.guesses.mistake(of, now)
	}
	if refused.Code == "invalid_client" {
		status = http.StatusUnauthorized
		ctx.Response.Header.Set("WWW-Authenticate", `Basic realm="plugboard"`)
	}
	return s.refuseToken(ctx, req, status, refused)
}

func isRefused(err error) bool {
	var refused *verify.GrantError
	return errors.As(err, &refused)
}

func (s *Server) giveToken(ctx *fasthttp.RequestCtx, p *Pipeline, g verify.Grant, _ url.Values, now time.Time) error {
	token, lifetime, err := p.issuer.Issue(g, now)
	if err != nil {
		return err
	}
	body := jsondoc.AppendString([]byte(`{"access_token":`), token)
	body = strconv.AppendInt(append(body, `,"token_type":"Bearer","expires_in":`...), int64(lifetime/time.Second), 10)
	answer(ctx, http.StatusOK, append(body, '}'))
	return nil
}

// takeToken takes a token back. What is no token of the client's is answered alike: it is none afterwards, too.
func (s *Server) takeToken(ctx *fasthttp.RequestCtx, p *Pipeline, g verify.Grant, form url.Values, now time.Time) error {
	text := form.Get("token")
	id, ends, known, err := p.issuer.Revocable(g, text, now)
	switch {
	case err != nil:
		return err
	case text == "":
		return &verify.GrantError{Code: "invalid_request", What: "the form has no token"}
	case known && s.revoke != nil:
		if err := s.revoke(context.Background(), id, ends); err != nil {
			return err
		}
	}
	answer(ctx, http.StatusOK, []byte("{}"))
	return nil
}

func (s *Server) refuseToken(ctx *fasthttp.RequestCtx, req *Request, status int, e *verify.GrantError) int {
	body := jsondoc.AppendString([]byte(`{"error":`), e.Code)
	body = jsondoc.AppendString(append(body, `,"error_description":`...), e.What)
	answer(ctx, status, append(body, '}'))
	s.log.refused("", status, req.Path+": "+e.Error(), req.RemoteAddr)
	s.noteRefused("", status, req.Path+": "+e.Error())
	return status
}

// readGrant reads a client's request: a form, whose client credentials may stand in the Authorization header instead.
func readGrant(req *Request) (g verify.Grant, form url.Values, status int, fault *verify.GrantError) {
	invalid := func(status int, what string) (verify.Grant, url.Values, int, *verify.GrantError) {
		return verify.Grant{}, nil, status, &verify.GrantError{Code: "invalid_request", What: what}
	}
	if req.Method != http.MethodPost {
		return invalid(http.StatusMethodNotAllowed, "a token is fetched and revoked with POST")
	}
	if kind, _, err := mime.ParseMediaType(req.header("content-type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return invalid(http.StatusUnsupportedMediaType, "the body is not a form (application/x-www-form-urlencoded)")
	}
	form, err := url.ParseQuery(string(req.Body))
	if err != nil {
		return invalid(http.StatusBadRequest, "the body is not a form")
	}
	for _, values := range form {
		if len(values) > 1 {
			return invalid(http.StatusBadRequest, "a parameter stands twice")
		}
	}
	g = verify.Grant{Type: form.Get("grant_type"), ID: form.Get("client_id"), Secret: form.Get("client_secret"),
		Username: form.Get("username"), Password: form.Get("password")}
	if credentials := req.header("authorization"); credentials != "" {
		id, secret, ok := basicCredentials(credentials)
		if !ok || g.Secret != "" {
			return invalid(http.StatusBadRequest, "client credentials stand in the form, or in an Authorization header of scheme Basic, not in both")
		}
		g.ID, g.Secret = id, secret
	}
	return g, form, 0, nil
}

func basicCredentials(header string) (id, secret string, ok bool) {
	scheme, text, _ := strings.Cut(header, " ")
	pair, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !strings.EqualFold(scheme, "basic") {
		return "", "", false
	}
	return strings.Cut(string(pair), ":")
}

// unescaped reads client credentials as RFC 6749 has them stand in a Basic header, escaped as in a form. Many clients put
// them there as they are, so that is tried first.
func unescaped(g verify.Grant) verify.Grant {
	id, err := url.QueryUnescape(g.ID)
	secret, err2 := url.QueryUnescape(g.Secret)
	if err == nil && err2 == nil {
		g.ID, g.Secret = id, secret
	}
	return g
}
