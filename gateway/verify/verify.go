// Package verify tells a vendor's request from a stranger's, and signs a sample as the vendor would.
//
// A scheme looks at the request as it was received: headers as they stood, the body before it is decompressed or
// parsed. Every comparison of a secret takes the same time whatever the sender guessed, a source may know several
// secrets while one replaces another, and an Error names the header that is missing or wrong, never what was in it.
//
// Each scheme is one file with both its sides, so that what is accepted and what `plugboard send` produces cannot drift
// apart.
package verify

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/secret"
)

// Request is what a scheme may look at. It keeps nothing of it.
type Request struct {
	Headers []event.Header // names in lower case
	Body    []byte         // as received
	Now     time.Time      // for schemes that bound the age of a signature
}

// Verifier checks who sent a request. It is safe for concurrent use.
type Verifier interface {
	// Verify returns nil when the request proves where it comes from, else an *Error.
	Verify(r *Request) error
}

// Error says why a request was not believed. It never holds a value that was sent or expected.
type Error struct {
	Scheme string
	Header string // the header to blame; "" when there is none
	What   string // "is missing", "does not match", without a full stop
}

func (e *Error) Error() string {
	if e.Header == "" {
		return e.Scheme + ": " + e.What
	}
	return e.Scheme + ": header " + e.Header + " " + e.What
}

// What is wrong with a header, in the words that every scheme uses.
const (
	missing  = "is missing"
	empty    = "is empty"
	twice    = "is sent more than once"
	form     = "is not in the form that the scheme asks for"
	mismatch = "does not match"
)

// scheme is one way to prove who sent a request: it checks, and it signs.
type scheme interface {
	Verifier
	sign(r *Request) []event.Header
}

// schemes is every scheme by the name that the configuration uses.
var schemes = map[string]func(config.Verify) (scheme, error){
	"none":    newNone,
	"bearer":  newBearer,
	"basic":   newBasic,
	"header":  newHeader,
	"zendesk": newZendesk,
}

// New builds the verifier of a source: a request that any of the ways accepts is accepted. An empty list is an error,
// because a source that verifies nothing says so.
func New(ways []config.Verify) (Verifier, error) {
	all := make(anyOf, len(ways))
	for i := range ways {
		s, err := build(ways[i])
		if err != nil {
			return nil, err
		}
		all[i] = s
	}
	switch len(all) {
	case 0:
		return nil, errors.New(`verify: no scheme; say { scheme = "none" } if anybody may send`)
	case 1:
		return all[0], nil
	}
	return all, nil
}

// Sign gives the headers that the sender would add to r, made with the first secret of the first way.
func Sign(ways []config.Verify, r *Request) ([]event.Header, error) {
	if len(ways) == 0 {
		return nil, nil
	}
	s, err := build(ways[0])
	if err != nil {
		return nil, err
	}
	return s.sign(r), nil
}

// CredentialHeaders lists the headers, in lower case, in which the ways carry a credential: what must never be stored.
func CredentialHeaders(ways []config.Verify) []string {
	var names []string
	for _, w := range ways {
		switch w.Scheme {
		case "header":
			names = append(names, strings.ToLower(w.Header))
		case "bearer", "basic":
			names = append(names, authorization)
		}
	}
	return names
}

func build(way config.Verify) (scheme, error) {
	make, ok := schemes[way.Scheme]
	if !ok {
		return nil, fmt.Errorf("verify: no scheme %q; there are none, bearer, basic, header, zendesk", way.Scheme)
	}
	if way.Scheme == "none" {
		return make(way)
	}
	if len(way.Secrets) == 0 {
		return nil, fmt.Errorf("verify: scheme %s has no secret; give it one", way.Scheme)
	}
	for _, s := range way.Secrets {
		// An empty secret is one that everybody knows.
		if s.Empty() {
			return nil, fmt.Errorf("verify: scheme %s has an empty secret; give it a value", way.Scheme)
		}
	}
	return make(way)
}

// anyOf accepts what one of several ways accepts.
type anyOf []scheme

func (a anyOf) Verify(r *Request) error {
	whys := make([]string, 0, len(a))
	for _, s := range a {
		err := s.Verify(r)
		if err == nil {
			return nil
		}
		whys = append(whys, err.Error())
	}
	return &Error{Scheme: "any of them", What: strings.Join(whys, "; ")}
}

// only finds the one header of that name. A header sent twice is refused: two readers might each believe another one.
func only(headers []event.Header, name string) (value, fault string) {
	found := false
	for i := range headers {
		if headers[i].Name != name {
			continue
		}
		if found {
			return "", twice
		}
		found, value = true, headers[i].Value
	}
	switch {
	case !found:
		return "", missing
	case value == "":
		return "", empty
	}
	return value, ""
}

func reveal(secrets []secret.Value) []string {
	out := make([]string, len(secrets))
	for i, s := range secrets {
		out[i] = s.Reveal()
	}
	return out
}
