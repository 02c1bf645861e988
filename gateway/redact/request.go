package redact

import (
	"net/url"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/event"
)

// Request redacts a vendor's request as it is kept with its events. What is not named to be looked through is not kept: nobody
// can say of a body in somebody else's words where in it a telephone number may stand.
type Request struct {
	body    *Fields         // nil: no body is kept
	form    map[string]bool // the same for a form
	query   map[string]bool // parameters that go; nil: none is kept
	headers map[string]bool // in lower case
}

// RequestOptions say what is kept of a request. Body and Query nil: nothing of it. Paths in Body are those of the vendor's own
// JSON, of one step also fields of a form.
type RequestOptions struct{ Body, Query, Headers []string }

// NewRequest makes a Request.
func NewRequest(o RequestOptions) *Request {
	r := &Request{headers: set(o.Headers)}
	if o.Body != nil {
		r.body, r.form = NewFields(o.Body, nil, nil), set(o.Body)
	}
	if o.Query != nil {
		r.query = set(o.Query)
	}
	for name := range r.headers {
		r.headers[strings.ToLower(name)] = true
	}
	return r
}

func set(names []string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}

// Mark is the header that a request is kept with when its body is not.
const Mark = "plugboard-redacted"

// Lacks says whether a stored request cannot be read anew, because its body was not kept.
func Lacks(raw *event.Raw) bool {
	return slices.ContainsFunc(raw.Headers, func(h event.Header) bool { return h.Name == Mark })
}

// Apply takes out of a request what is not to be kept. Its body has to be unpacked; headers that told how it came go with
// those that are named. The slices of raw are not changed.
func (r *Request) Apply(raw *event.Raw) {
	raw.Query = parameters(raw.Query, r.query)
	headers := make([]event.Header, 0, len(raw.Headers)+1)
	if body := r.keptBody(raw); len(body) > 0 || len(raw.Body) == 0 {
		raw.Body = body
	} else {
		raw.Body, headers = nil, append(headers, event.Header{Name: Mark, Value: "body"})
	}
	for _, h := range raw.Headers {
		if !r.headers[h.Name] && h.Name != "content-encoding" {
			headers = append(headers, h)
		}
	}
	raw.Headers = headers
}

func (r *Request) keptBody(raw *event.Raw) []byte {
	if r.body == nil || len(raw.Body) == 0 {
		return nil
	}
	media, _, _ := strings.Cut(raw.ContentType, ";")
	if strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded") {
		return []byte(parameters(string(raw.Body), r.form))
	}
	body, err := r.body.Document(raw.Body)
	if err != nil {
		return nil // not JSON: nothing can be found in it, so it goes
	}
	return body
}

// parameters leaves out those that are named, however their names are escaped, and what is no parameter at all. Without a list
// all go.
func parameters(text string, gone map[string]bool) string {
	if gone == nil || text == "" {
		return ""
	}
	var kept []string
	for pair := range strings.SplitSeq(text, "&") {
		name, _, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		if err == nil && !strings.Contains(pair, ";") && !gone[plain] {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}
