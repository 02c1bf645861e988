package plugintest

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/plugboard/plugboard/sdk/casefile"
)

// outRequest is a request as a plugin writes it.
type outRequest struct {
	Method     string            `json:"method"`
	URL        string            `json:"url"`
	Headers    map[string]string `json:"headers"`
	Query      map[string]string `json:"query"`
	JSON       json.RawMessage   `json:"json"`
	Body       *string           `json:"body"`
	Form       map[string]string `json:"form"`
	BodyBase64 string            `json:"body_base64"`
}

// exchange compares a request with the scenario's next one and gives the answer to it.
func (s *play) exchange(raw json.RawMessage) (casefile.Response, bool) {
	s.t.Helper()
	if len(s.left) == 0 {
		s.t.Errorf("a request more than the scenario has:\n%s%s", raw, s.h.logText())
		return casefile.Response{}, false
	}
	var out outRequest
	s.decode(raw, &out)
	next := s.left[0]
	s.left, s.used = s.left[1:], next.Through
	if d := next.Want.Diff(s.sent(out)); d != "" {
		s.t.Errorf("request %d of the scenario (- wanted, + made):\n%s%s", s.used, d, s.h.logText())
		return casefile.Response{}, false
	}
	return next.Response, true
}

// sent is the request that the gateway would make.
func (s *play) sent(out outRequest) casefile.Sent {
	got := casefile.Sent{Method: out.Method, URL: out.URL, Query: out.Query, Headers: map[string]string{}}
	switch {
	case out.JSON != nil:
		got.Body, got.Headers["content-type"] = out.JSON, "application/json"
	case out.Form != nil:
		got.Body, got.Headers["content-type"] = []byte(pairs(out.Form)), "application/x-www-form-urlencoded"
	case out.BodyBase64 != "":
		b, err := base64.StdEncoding.DecodeString(out.BodyBase64)
		if err != nil {
			s.t.Errorf("body_base64: %v", err)
		}
		got.Body = b
	case out.Body != nil:
		got.Body = []byte(*out.Body)
	}
	for k, v := range out.Headers {
		got.Headers[strings.ToLower(k)] = v
	}
	return got
}

// pairs is a form or a query string.
func pairs(m map[string]string) string {
	values := url.Values{}
	for name, value := range m {
		values.Set(name, value)
	}
	return values.Encode()
}
