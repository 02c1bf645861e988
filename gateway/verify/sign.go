package verify

import (
	"errors"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
)

// errUnsigned says that the receiver does not know what the sender signs with.
var errUnsigned = errors.New("cannot be signed here: only its sender has what is needed")

// errNothing says that a sender adds nothing to a request: what counts is the connection that it comes by.
var errNothing = errors.New("nothing is added")

// Sign makes r what its sender would send: with the first of the ways that the receiver can sign, and the first of its
// secrets, it adds headers, a parameter to Query, or a member to Body. r's Headers and Body are replaced, not written to.
func Sign(ways []config.Verify, o Options, r *Request) error {
	var fault error
	for i := range ways {
		s, err := build(ways[i], o)
		if err != nil {
			return err
		}
		signed := *r
		if fault = s.sign(&signed); fault == nil {
			*r = signed
			return nil
		}
	}
	if errors.Is(fault, errNothing) {
		return nil
	}
	return fault
}

func (a allOf) sign(r *Request) error {
	for _, s := range a {
		if err := s.sign(r); err != nil && !errors.Is(err, errNothing) {
			return err
		}
	}
	return nil
}

// set puts a header in the place of any of that name.
func (r *Request) set(name, value string) {
	headers := make([]event.Header, 0, len(r.Headers)+1)
	for _, h := range r.Headers {
		if h.Name != name {
			headers = append(headers, h)
		}
	}
	r.Headers = append(headers, event.Header{Name: name, Value: value})
}

// header gives a header's value, or what to put into its place.
func (r *Request) header(name, otherwise string) string {
	for _, h := range r.Headers {
		if h.Name == name && h.Value != "" {
			return h.Value
		}
	}
	return otherwise
}

// CredentialHeaders lists the headers, in lower case, in which the ways carry a credential: what must never be stored.
func CredentialHeaders(ways []config.Verify) []string {
	var names []string
	for _, w := range ways {
		switch w.Scheme {
		case "header":
			names = append(names, strings.ToLower(w.Header))
		case "bearer", "basic", "oauth":
			names = append(names, authorization)
		case "all":
			names = append(names, CredentialHeaders(w.All)...)
		}
	}
	return names
}

// Challenge is what a 401 of a source with these ways says in WWW-Authenticate; "" where none of them has a name in HTTP.
// Many clients send the password that they have only to who asks for it.
func Challenge(ways []config.Verify) string { return strings.Join(challenges(ways), ", ") }

func challenges(ways []config.Verify) (list []string) {
	for _, w := range ways {
		switch w.Scheme {
		case "bearer", "oauth":
			list = append(list, `Bearer realm="plugboard"`)
		case "basic":
			list = append(list, `Basic realm="plugboard"`)
		case "all":
			list = append(list, challenges(w.All)...)
		}
	}
	slices.Sort(list)
	slices.Reverse(list) // Bearer first
	return slices.Compact(list)
}

// Concealer is a Verifier whose credential may stand where it would be stored and shown: in the URL or in the body.
type Concealer interface {
	// Conceal takes the credential out of Query, and writes over it in Body, in place.
	Conceal(r *Request)
}

// Conceal takes every way's credential out, whichever of them was believed.
func (a anyOf) Conceal(r *Request) { concealAll(a, r) }

// Conceal takes every way's credential out.
func (a allOf) Conceal(r *Request) { concealAll(a, r) }

func concealAll(all []scheme, r *Request) {
	for _, s := range all {
		if c, ok := s.(Concealer); ok {
			c.Conceal(r)
		}
	}
}
