package verify

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/plugboard/plugboard/gateway/config"
)

const authorization = "authorization"

// digests are the hashes of what is accepted. Comparing hashes hides the length of a secret as well as its content.
type digests [][sha256.Size]byte

func digest(values []string) digests {
	out := make(digests, len(values))
	for i, v := range values {
		out[i] = sha256.Sum256([]byte(v))
	}
	return out
}

// match compares with all of them whichever fits, so that the time does not tell which one did.
func (d digests) match(value []byte) bool {
	sum := sha256.Sum256(value)
	found := 0
	for i := range d {
		found |= subtle.ConstantTimeCompare(sum[:], d[i][:])
	}
	return found == 1
}

// none believes everybody.
type none struct{}

func newNone(config.Verify, Options) (scheme, error) { return none{}, nil }
func (none) Verify(*Request) error                   { return nil }
func (none) sign(*Request) error                     { return nil }

// bearer wants `Authorization: Bearer TOKEN`.
type bearer struct {
	accepted digests
	first    string
}

func newBearer(way config.Verify, _ Options) (scheme, error) {
	tokens := reveal(way.Secrets)
	return &bearer{accepted: digest(tokens), first: tokens[0]}, nil
}

func (b *bearer) Verify(r *Request) error {
	credentials, fault := credentials(r, "bearer")
	if fault == "" && !b.accepted.match([]byte(credentials)) {
		fault = mismatch
	}
	if fault != "" {
		return &Error{Scheme: "bearer", Header: authorization, What: fault}
	}
	return nil
}

func (b *bearer) sign(r *Request) error {
	r.set(authorization, "Bearer "+b.first)
	return nil
}

// basic wants `Authorization: Basic base64(username:password)`.
type basic struct {
	accepted digests
	first    string
}

func newBasic(way config.Verify, _ Options) (scheme, error) {
	if way.Username == "" || strings.Contains(way.Username, ":") {
		return nil, errors.New("verify: scheme basic needs a username without a colon")
	}
	pairs := reveal(way.Secrets)
	for i := range pairs {
		pairs[i] = way.Username + ":" + pairs[i]
	}
	return &basic{accepted: digest(pairs), first: pairs[0]}, nil
}

func (b *basic) Verify(r *Request) error {
	text, fault := credentials(r, "basic")
	if fault == "" {
		pair, err := base64.StdEncoding.Strict().DecodeString(text)
		switch {
		case err != nil:
			fault = form
		case !b.accepted.match(pair):
			fault = mismatch
		}
	}
	if fault != "" {
		return &Error{Scheme: "basic", Header: authorization, What: fault}
	}
	return nil
}

func (b *basic) sign(r *Request) error {
	r.set(authorization, "Basic "+base64.StdEncoding.EncodeToString([]byte(b.first)))
	return nil
}

// credentials is what stands behind the scheme's name in the Authorization header.
func credentials(r *Request, scheme string) (text, fault string) {
	value, fault := only(r.Headers, authorization)
	if fault != "" {
		return "", fault
	}
	name, text, ok := strings.Cut(value, " ")
	if !ok || text == "" || !strings.EqualFold(name, scheme) {
		return "", form
	}
	return text, ""
}

// header wants a header of the operator's choice to hold a value.
type header struct {
	name     string
	accepted digests
	first    string
}

func newHeader(way config.Verify, _ Options) (scheme, error) {
	if way.Header == "" {
		return nil, errors.New("verify: scheme header needs the header's name")
	}
	values := reveal(way.Secrets)
	return &header{name: strings.ToLower(way.Header), accepted: digest(values), first: values[0]}, nil
}

func (h *header) Verify(r *Request) error {
	value, fault := only(r.Headers, h.name)
	if fault == "" && !h.accepted.match([]byte(value)) {
		fault = mismatch
	}
	if fault != "" {
		return &Error{Scheme: "header", Header: h.name, What: fault}
	}
	return nil
}

func (h *header) sign(r *Request) error {
	r.set(h.name, h.first)
	return nil
}
