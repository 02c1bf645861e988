package verify

import (
	"crypto/rand"
	"errors"
	"hash"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

// signed wants one header to hold the HMAC of a text made of the request: what most vendors do, each with names of its
// own. A header in which several signatures stand is a scheme of its own.
type signed struct {
	scheme    string
	header    string
	prefix    string
	encoding  encoding
	size      int // of a sum, in bytes
	text      template
	stamp     string // the header of {timestamp}; "" when that is not signed
	id        string // the header of {id}; "" when that is not signed
	clock     clock
	tolerance time.Duration
	base      string
	algorithm func() hash.Hash
	keys      []key
}

func newHMAC(way config.Verify, o Options) (scheme, error) {
	s := &signed{
		scheme: "hmac", header: strings.ToLower(way.Header), prefix: way.Prefix, encoding: way.Encoding == "base64",
		stamp: strings.ToLower(way.TimestampHeader), id: strings.ToLower(way.IDHeader), tolerance: way.Tolerance, algorithm: hashes[way.Algorithm],
	}
	switch {
	case s.header == "":
		return nil, errors.New("verify: scheme hmac needs the header that the signature stands in")
	case s.algorithm == nil:
		return nil, errors.New("verify: scheme hmac knows sha1, sha256 and sha512")
	}
	return s.complete(way.Signed, way, o)
}

func (s *signed) complete(text string, way config.Verify, o Options) (scheme, error) {
	var err error
	if s.text, err = parseTemplate(text); err != nil {
		return nil, err
	}
	for _, need := range []struct {
		field  field
		header *string
		key    string
	}{{fieldTimestamp, &s.stamp, "timestamp_header"}, {fieldID, &s.id, "id_header"}} {
		switch {
		case s.text.count(need.field) == 0:
			*need.header = ""
		case *need.header == "":
			return nil, errors.New("verify: scheme " + s.scheme + " needs " + need.key + ", as its value is signed")
		}
	}
	if s.text.count(fieldURL) > 0 && o.PublicURL == "" {
		return nil, errors.New("verify: scheme " + s.scheme + " checks a signature over the URL; say what it is with public_url")
	}
	s.base, s.size = o.PublicURL, s.algorithm().Size()
	s.keys = newKeys(s.algorithm, reveal(way.Secrets))
	return s, nil
}

func (s *signed) Verify(r *Request) error {
	f := fields{body: r.Body, base: s.base, path: r.Path, query: r.Query}
	var fault string
	if s.stamp != "" {
		if f.timestamp, fault = only(r.Headers, s.stamp); fault == "" {
			fault = s.clock.fault(f.timestamp, r.Now, s.tolerance)
		}
		if fault != "" {
			return &Error{Scheme: s.scheme, Header: s.stamp, What: fault}
		}
	}
	if s.id != "" {
		if f.id, fault = only(r.Headers, s.id); fault != "" {
			return &Error{Scheme: s.scheme, Header: s.id, What: fault}
		}
	}
	value, fault := only(r.Headers, s.header)
	if fault == "" {
		fault = s.check(value, &f)
	}
	if fault != "" {
		return &Error{Scheme: s.scheme, Header: s.header, What: fault}
	}
	return nil
}

func (s *signed) check(value string, f *fields) string {
	sum, ok := strings.CutPrefix(value, s.prefix)
	if !ok {
		return form
	}
	var room [maxSum + 2]byte
	given, ok := s.encoding.decode(&room, sum, s.size)
	switch {
	case !ok:
		return form
	case !match(s.keys, s.text, f, given):
		return mismatch
	}
	return ""
}

func (s *signed) sign(r *Request) error {
	f := fields{body: r.Body, base: s.base, path: r.Path, query: r.Query}
	if s.stamp != "" {
		f.timestamp = s.clock.format(r.Now)
		r.set(s.stamp, f.timestamp)
	}
	if s.id != "" {
		f.id = r.header(s.id, "msg_"+rand.Text())
		r.set(s.id, f.id)
	}
	w := s.keys[0].sum(s.text, &f)
	r.set(s.header, s.prefix+s.encoding.encode(w.sum))
	return nil
}
