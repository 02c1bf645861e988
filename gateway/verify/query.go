package verify

import (
	"net/url"
	"strings"

	"github.com/plugboard/plugboard/gateway/config"
)

// query wants a parameter of the URL to hold a value, for senders that can set nothing else. The parameter is neither
// stored nor shown to a plugin.
type query struct {
	name     string
	accepted digests
	first    string
}

func newQuery(way config.Verify, _ Options) (scheme, error) {
	values := reveal(way.Secrets)
	return &query{name: way.Name, accepted: digest(values), first: values[0]}, nil
}

func (q *query) Verify(r *Request) error {
	value, fault := q.find(r.Query)
	if fault == "" && !q.accepted.match([]byte(value)) {
		fault = mismatch
	}
	if fault != "" {
		return &Error{Scheme: "query", What: "parameter " + q.name + " " + fault}
	}
	return nil
}

// find gives the one parameter of that name, decoded.
func (q *query) find(raw string) (value, fault string) {
	found := false
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		name, text, _ := strings.Cut(pair, "=")
		if !q.is(name) {
			continue
		}
		if found {
			return "", twice
		}
		var err error
		if found = true; text == "" {
			return "", empty
		}
		if value, err = url.QueryUnescape(text); err != nil {
			return "", form
		}
	}
	if !found {
		return "", missing
	}
	return value, ""
}

func (q *query) is(name string) bool {
	if name == q.name {
		return true
	}
	decoded, err := url.QueryUnescape(name)
	return err == nil && decoded == q.name
}

// Conceal takes the parameter out of the URL.
func (q *query) Conceal(r *Request) {
	var kept []string
	for pair := range strings.SplitSeq(r.Query, "&") {
		if name, _, _ := strings.Cut(pair, "="); !q.is(name) {
			kept = append(kept, pair)
		}
	}
	r.Query = strings.Join(kept, "&")
}

func (q *query) sign(r *Request) error {
	q.Conceal(r)
	r.Query = strings.TrimPrefix(r.Query+"&"+url.QueryEscape(q.name)+"="+url.QueryEscape(q.first), "&")
	return nil
}
