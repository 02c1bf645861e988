// Package verify tells a vendor's request from a stranger's, and signs a sample as the vendor would.
//
// A scheme looks at the request as it was received: headers as they stood, the body before it is decompressed or
// parsed. Every comparison of a secret takes the same time whatever the sender guessed, a source may know several
// secrets while one replaces another, and an Error names the header that is missing or wrong, never what was in it.
//
// Each scheme is one file with both its sides, so that what is accepted and what `plugboard send` produces cannot drift
// apart. Those that sign with HMAC and differ in names alone are rows of one table (presets.go).
//
// What a scheme cannot see: a request that is sent again, byte for byte, within the tolerance of its time is believed
// again. That is what a source's dedupe is for: the event's id is the same, so it is queued once.
package verify

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
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
	Path    string         // raw
	Query   string         // raw, without the question mark
	Now     time.Time      // for schemes that bound the age of a signature
	Remote  string         // the sender's address
	// Peers are the client's certificates, its own first. The connection has proven that it holds the key; nobody has
	// looked at what they say.
	Peers []*x509.Certificate
}

// Options are what schemes need besides their settings.
type Options struct {
	PublicURL string  // where the sender knows the gateway to be, before the path
	Tokens    *Tokens // nil: no token is known
}

// Verifier checks who sent a request. It is safe for concurrent use.
type Verifier interface {
	// Verify returns nil when the request proves where it comes from, else an *Error.
	Verify(r *Request) error
}

// Error says why a request was not believed. It never holds a value that was sent or expected.
type Error struct {
	Scheme    string
	Header    string // the header to blame; "" when there is none
	What      string // "is missing", "does not match", without a full stop
	Forbidden bool   // no credential would help
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
	// sign makes r one that Verify believes, where that can be done with what the receiver knows.
	sign(r *Request) error
}

// schemes is every scheme by the name that the configuration uses.
var schemes map[string]func(config.Verify, Options) (scheme, error)

func init() { // allOf is made of the others
	schemes = map[string]func(config.Verify, Options) (scheme, error){
		"none":              newNone,
		"bearer":            newBearer,
		"basic":             newBasic,
		"header":            newHeader,
		"query":             newQuery,
		"body-token":        newBodyToken,
		"ip":                newAllowed,
		"hmac":              newHMAC,
		"standard-webhooks": newStandard,
		"stripe":            newStripe,
		"twilio":            newTwilio,
		"talkdesk":          newTalkdesk,
		"oauth":             newOAuth,
		"mtls":              newMutual,
		"all":               newAllOf,
	}
	for name := range presets {
		schemes[name] = newPreset
	}
}

// secretless are the schemes that know no secret, or keep it elsewhere.
var secretless = []string{"none", "ip", "talkdesk", "oauth", "mtls", "all"}

// New builds the verifier of a source: a request that any of the ways accepts is accepted. An empty list is an error,
// because a source that verifies nothing says so.
func New(ways []config.Verify, o Options) (Verifier, error) {
	all := make(anyOf, len(ways))
	for i := range ways {
		s, err := build(ways[i], o)
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

func build(way config.Verify, o Options) (scheme, error) {
	make, ok := schemes[way.Scheme]
	if !ok {
		return nil, fmt.Errorf("verify: no scheme %q; config.toml lists them all", way.Scheme)
	}
	if slices.Contains(secretless, way.Scheme) {
		return make(way, o)
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
	return make(way, o)
}

// anyOf accepts what one of several ways accepts.
type anyOf []scheme

func (a anyOf) Verify(r *Request) error {
	whys := make([]string, 0, len(a))
	forbidden := true // when none of them asks for a credential
	for _, s := range a {
		err := s.Verify(r)
		if err == nil {
			return nil
		}
		var e *Error
		forbidden = forbidden && errors.As(err, &e) && e.Forbidden
		whys = append(whys, err.Error())
	}
	return &Error{Scheme: "any of them", What: strings.Join(whys, "; "), Forbidden: forbidden}
}

// allOf accepts what all of several ways accept.
type allOf []scheme

func newAllOf(way config.Verify, o Options) (scheme, error) {
	all := make(allOf, len(way.All))
	for i := range way.All {
		s, err := build(way.All[i], o)
		if err != nil {
			return nil, err
		}
		all[i] = s
	}
	if len(all) == 0 {
		return nil, errors.New("verify: all has no schemes; name at least two")
	}
	return all, nil
}

func (a allOf) Verify(r *Request) error {
	for _, s := range a {
		if err := s.Verify(r); err != nil {
			return err
		}
	}
	return nil
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
