package plugintest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// wantRequest is a request as a scenario describes it. Credentials are the gateway's, so authorization is not compared.
type wantRequest struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Query   map[string]string `json:"query"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

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

// shape is a request in the form in which two are compared.
type shape struct {
	Method  string
	Path    string
	Query   map[string]string
	Headers map[string]string // only those that the scenario names
	Body    any
}

// exchange compares a request with the scenario's next one and gives the answer to it.
func (s *play) exchange(raw json.RawMessage) (response, bool) {
	s.t.Helper()
	s.skipOwn()
	var out outRequest
	s.decode(raw, &out)
	if len(s.left) == 0 {
		s.t.Errorf("a request more than the scenario has:\n%s%s", raw, s.h.logText())
		return response{}, false
	}
	next := s.left[0]
	s.left, s.used = s.left[1:], s.used+1
	want, got := next.Request.shape(), s.shape(out, next.Request)
	if d := cmp.Diff(want, got); d != "" {
		s.t.Errorf("request %d of the scenario (-want +got):\n%s%s", s.used, d, s.h.logText())
		return response{}, false
	}
	s.skipOwn()
	return next.Response, true
}

// skipOwn passes over what the gateway does by itself: fetching a token, and the 401 that made it fetch a new one.
func (s *play) skipOwn() {
	isToken := func(e exchange) bool { return strings.HasSuffix(e.Request.Path, "/oauth/token") }
	for len(s.left) > 0 {
		switch {
		case isToken(s.left[0]):
		case len(s.left) > 1 && s.left[0].Response.Status == 401 && isToken(s.left[1]):
		default:
			return
		}
		s.left, s.used = s.left[1:], s.used+1
	}
}

func (w wantRequest) shape() shape {
	s := shape{Method: w.Method, Path: w.Path, Query: w.Query, Headers: map[string]string{}}
	hasBody := len(w.Body) > 0 && string(w.Body) != "null"
	form := false
	for k, v := range w.Headers {
		k = strings.ToLower(k)
		form = form || k == "content-type" && strings.HasPrefix(v, "application/x-www-form-urlencoded")
		if k != "authorization" && (k != "content-type" || hasBody) {
			s.Headers[k] = v
		}
	}
	if hasBody {
		s.Body = content(bodyText(w.Body), form)
	}
	if len(s.Query) == 0 {
		s.Query = nil
	}
	return s
}

func (s *play) shape(out outRequest, want wantRequest) shape {
	u, err := url.Parse(out.URL)
	if err != nil {
		s.t.Errorf("the request's url: %v", err)
		u = &url.URL{}
	}
	got := shape{Method: out.Method, Path: u.EscapedPath(), Headers: map[string]string{}}
	for _, pairs := range []map[string]string{first(u.Query()), out.Query} {
		for k, v := range pairs {
			if got.Query == nil {
				got.Query = map[string]string{}
			}
			got.Query[k] = v
		}
	}
	body, contentType := s.body(out)
	headers := map[string]string{}
	if contentType != "" {
		headers["content-type"] = contentType
	}
	for k, v := range out.Headers {
		headers[strings.ToLower(k)] = v
	}
	for k := range want.shape().Headers {
		if v, ok := headers[k]; ok {
			got.Headers[k] = v
		}
	}
	if body != nil {
		got.Body = content(body, strings.HasPrefix(headers["content-type"], "application/x-www-form-urlencoded"))
	}
	if got.Method == "" {
		got.Method = want.Method // the destination's
	}
	if out.URL == "" {
		got.Path = want.Path
	}
	return got
}

// body is the body that the gateway would make, and the type it would give it.
func (s *play) body(out outRequest) (body []byte, contentType string) {
	switch {
	case out.JSON != nil:
		return compact(out.JSON), "application/json"
	case out.Form != nil:
		form := url.Values{}
		for k, v := range out.Form {
			form.Set(k, v)
		}
		return []byte(form.Encode()), "application/x-www-form-urlencoded"
	case out.BodyBase64 != "":
		b, err := base64.StdEncoding.DecodeString(out.BodyBase64)
		if err != nil {
			s.t.Errorf("body_base64: %v", err)
		}
		return b, ""
	case out.Body != nil:
		return []byte(*out.Body), ""
	}
	return nil, ""
}

// content is a body in a form that can be compared: JSON by what it says, a form by its fields, the rest as text.
func content(body []byte, form bool) any {
	if form {
		if v, err := url.ParseQuery(string(body)); err == nil {
			return v
		}
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err == nil && !dec.More() {
		return v
	}
	return string(body)
}

func first(v url.Values) map[string]string {
	out := map[string]string{}
	for k := range v {
		out[k] = v.Get(k)
	}
	return out
}
