package casefile

import (
	"encoding/json"
	"net/url"
	"strings"
)

// WantRequest is a request as a scenario describes it. Credentials are the gateway's, so authorization is not compared.
type WantRequest struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Query   map[string]string `json:"query"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// Sent is a request that was made. What is "" was left to the destination, and is as wanted.
type Sent struct {
	Method  string
	URL     string // the whole link or a path, and what stands behind the question mark
	Query   map[string]string
	Headers map[string]string
	Body    []byte
}

const form = "application/x-www-form-urlencoded"

// shape is a request in the form in which two are compared.
type shape struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Query   map[string]string `json:"query,omitempty"`
	Headers map[string]string `json:"headers,omitempty"` // only those that the scenario names
	Body    any               `json:"body,omitempty"`
}

// Diff shows where a request differs from what is wanted; "" when it does not.
func (w WantRequest) Diff(got Sent) string {
	want := w.shape()
	return diffValues(want, got.shape(w, want))
}

func (w WantRequest) shape() shape {
	s := shape{Method: w.Method, Path: w.Path, Query: w.Query, Headers: map[string]string{}}
	body := Text(w.Body)
	isForm := false
	for k, v := range w.Headers {
		k = strings.ToLower(k)
		isForm = isForm || k == "content-type" && strings.HasPrefix(v, form)
		if k != "authorization" && (k != "content-type" || body != nil) {
			s.Headers[k] = v
		}
	}
	if body != nil {
		s.Body = content(body, isForm)
	}
	return s
}

func (out Sent) shape(w WantRequest, want shape) shape {
	s := shape{Method: out.Method, Headers: map[string]string{}, Query: map[string]string{}}
	u, err := url.Parse(out.URL)
	if err != nil {
		s.Path = out.URL
		u = &url.URL{}
	} else {
		s.Path = u.EscapedPath()
	}
	for k := range u.Query() {
		s.Query[k] = u.Query().Get(k)
	}
	for k, v := range out.Query {
		s.Query[k] = v
	}
	headers := map[string]string{}
	for k, v := range out.Headers {
		headers[strings.ToLower(k)] = v
	}
	for k := range want.Headers {
		if v, ok := headers[k]; ok {
			s.Headers[k] = v
		}
	}
	if out.Body != nil {
		s.Body = content(out.Body, strings.HasPrefix(headers["content-type"], form))
	}
	if s.Method == "" {
		s.Method = w.Method
	}
	if s.Path == "" {
		s.Path = w.Path
	}
	return s
}

// content is a body in a form that can be compared: JSON by what it says, a form by its fields, the rest as text.
func content(body []byte, isForm bool) any {
	if isForm {
		if v, err := url.ParseQuery(string(body)); err == nil {
			return v
		}
	}
	if v, err := tree(body); err == nil {
		return v
	}
	return string(body)
}
