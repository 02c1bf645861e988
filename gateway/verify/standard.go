package verify

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

const (
	standardID        = "webhook-id"
	standardTimestamp = "webhook-timestamp"
	standardSignature = "webhook-signature"
)

// maxSignatures bounds how many one header may carry: rotating keys make two or three.
const maxSignatures = 16

// standard is what standardwebhooks.com describes: a list of signatures over id.timestamp.body, one of which has to fit.
// v1 is HMAC-SHA256, v1a Ed25519; other versions are passed over.
type standard struct {
	keys      []key
	public    []ed25519.PublicKey
	private   ed25519.PrivateKey // of the first whsk_ secret; nil: none
	tolerance time.Duration
}

var standardText = template{{field: fieldID}, {text: "."}, {field: fieldTimestamp}, {text: "."}, {field: fieldBody}}

func newStandard(way config.Verify, _ Options) (scheme, error) {
	s := &standard{tolerance: way.Tolerance}
	var shared []string
	for _, text := range reveal(way.Secrets) {
		kind, encoded := "whsec_", text
		for _, k := range []string{"whsec_", "whpk_", "whsk_"} {
			if rest, ok := strings.CutPrefix(text, k); ok {
				kind, encoded = k, rest
			}
		}
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, errors.New("verify: scheme standard-webhooks has a secret that is not base64 behind whsec_, whpk_ or whsk_; copy it whole")
		}
		switch {
		case kind == "whsec_" && len(raw) >= 24 && len(raw) <= 64:
			shared = append(shared, string(raw))
		case kind == "whpk_" && len(raw) == ed25519.PublicKeySize:
			s.public = append(s.public, raw)
		case kind == "whsk_" && len(raw) == ed25519.PrivateKeySize:
			private := ed25519.PrivateKey(raw)
			s.public, s.private = append(s.public, private.Public().(ed25519.PublicKey)), private
		default:
			return nil, fmt.Errorf("verify: scheme standard-webhooks has a secret of %d bytes behind %s; whsec_ has 24 to 64, whpk_ 32, whsk_ 64", len(raw), kind)
		}
	}
	s.keys = newKeys(sha256.New, shared)
	return s, nil
}

func (s *standard) Verify(r *Request) error {
	f := fields{body: r.Body}
	blame := func(header, what string) error {
		return &Error{Scheme: "standard-webhooks", Header: header, What: what}
	}
	var fault string
	if f.id, fault = only(r.Headers, standardID); fault != "" {
		return blame(standardID, fault)
	}
	if f.timestamp, fault = only(r.Headers, standardTimestamp); fault == "" {
		fault = unixTime.fault(f.timestamp, r.Now, s.tolerance)
	}
	if fault != "" {
		return blame(standardTimestamp, fault)
	}
	value, fault := only(r.Headers, standardSignature)
	if fault == "" {
		fault = s.check(value, &f)
	}
	if fault != "" {
		return blame(standardSignature, fault)
	}
	return nil
}

// check makes each key's sum once, and compares every signature with it.
func (s *standard) check(value string, f *fields) string {
	given, ok := readSignatures(value)
	if !ok {
		return form
	}
	found := 0
	for _, k := range s.keys {
		w := k.sum(standardText, f)
		for i := range given.count {
			if !given.list[i].asymmetric {
				found |= subtle.ConstantTimeCompare(w.sum, given.list[i].bytes[:sha256.Size])
			}
		}
		k.done(w)
	}
	if found == 1 || s.known(f, &given) {
		return ""
	}
	return mismatch
}

// known tries the public keys.
func (s *standard) known(f *fields, given *signatures) bool {
	if len(s.public) == 0 {
		return false
	}
	message := standardMessage(f)
	for i := range given.count {
		for _, p := range s.public {
			if given.list[i].asymmetric && ed25519.Verify(p, message, given.list[i].bytes[:]) {
				return true
			}
		}
	}
	return false
}

func standardMessage(f *fields) []byte {
	message := make([]byte, 0, len(f.id)+len(f.timestamp)+len(f.body)+2)
	for i := range standardText {
		message = f.append(message, &standardText[i])
	}
	return message
}

// signatures are those of one header that are of a version we know.
type signatures struct {
	list [maxSignatures]struct {
		bytes      [ed25519.SignatureSize]byte
		asymmetric bool
	}
	count int
}

// readSignatures reads "v1,BASE64 v1a,BASE64". One of a version we know that is not in its form is passed over as those
// of other versions are; a header of nothing else is not in the form.
func readSignatures(value string) (found signatures, ok bool) {
	for seen := 0; value != ""; seen++ {
		if seen == maxSignatures {
			return found, false
		}
		var one string
		one, value, _ = strings.Cut(value, " ")
		version, text, _ := strings.Cut(one, ",")
		size := map[string]int{"v1": sha256.Size, "v1a": ed25519.SignatureSize}[version]
		var room [maxSum + 2]byte
		if size == 0 {
			continue
		}
		if sum, ok := inBase64.decode(&room, text, size); ok {
			copy(found.list[found.count].bytes[:], sum)
			found.list[found.count].asymmetric = version == "v1a"
			found.count++
		}
	}
	return found, found.count > 0
}

func (s *standard) sign(r *Request) error {
	f := fields{body: r.Body, id: r.header(standardID, "msg_"+rand.Text()), timestamp: unixTime.format(r.Now)}
	r.set(standardID, f.id)
	r.set(standardTimestamp, f.timestamp)
	switch {
	case len(s.keys) > 0:
		w := s.keys[0].sum(standardText, &f)
		r.set(standardSignature, "v1,"+inBase64.encode(w.sum))
	case s.private != nil:
		r.set(standardSignature, "v1a,"+inBase64.encode(ed25519.Sign(s.private, standardMessage(&f))))
	default:
		return fmt.Errorf("standard-webhooks with a public key %w", errUnsigned)
	}
	return nil
}
