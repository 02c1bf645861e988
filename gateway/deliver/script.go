package deliver

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/plugboard/plugboard/gateway/config"
)

// ErrScriptOver ends an attempt that asks for more exchanges than its script has answers.
var ErrScriptOver = errors.New("no more answers in the script")

// Script is an Exchanger without a network: it notes each request as people may see it and hands out given answers in
// turn. It plays one attempt and is not safe for concurrent use.
type Script struct {
	// Sent is the requests so far. Secrets stand as {{secret.NAME}}, credentials as [redacted].
	Sent []Request

	config  *config.Destination
	answers []Response
}

// NewScript makes a Script for a destination.
func NewScript(c *config.Destination, answers []Response) *Script {
	return &Script{config: c, answers: answers}
}

// Over says whether the attempt wanted an answer that the script did not have.
func (s *Script) Over() bool { return len(s.answers) < len(s.Sent) }

// Exchange implements Exchanger.
func (s *Script) Exchange(_ context.Context, r *Request) (*Response, error) {
	s.Sent = append(s.Sent, s.shown(r))
	if s.Over() {
		return nil, ErrScriptOver
	}
	answer := s.answers[len(s.Sent)-1]
	return &answer, nil
}

// refresh always has other credentials to offer where the real one could get them: with OAuth.
func (s *Script) refresh(context.Context, *Response) (bool, error) {
	return strings.HasPrefix(s.config.Auth.Type, "oauth2-"), nil
}

func (s *Script) shown(r *Request) Request {
	show := s.config.Vault.Redact
	out := Request{Method: r.Method, URL: show(r.URL), Header: http.Header{}, Body: []byte(show(string(r.Body)))}
	for name, values := range r.Header {
		for _, v := range values {
			out.Header.Add(name, show(v))
		}
	}
	for _, name := range signatureHeaders(s.config.Sign) {
		out.Header.Set(name, "[signed]")
	}
	switch a := s.config.Auth; {
	case a.Type == "bearer" || strings.HasPrefix(a.Type, "oauth2-"):
		out.Header.Set("Authorization", "Bearer [redacted]")
	case a.Type == "basic":
		out.Header.Set("Authorization", "Basic [redacted]")
	case a.Type == "api-key" && a.In == "query":
		out.URL = withQuery(out.URL, a.Name+"=[redacted]")
	case a.Type == "api-key":
		out.Header.Set(a.Name, "[redacted]")
	}
	return out
}
