package signature

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"strings"
)

// Prefixes of the keys that Standard Webhooks names, each followed by base64.
const (
	symmetric = "whsec_"
	private   = "whsk_"
	public    = "whpk_"
)

const (
	minSecret, maxSecret = 24, 64 // bytes, by the specification
	maxSignatures        = 16     // that are looked at in one header: no sender is rotating more keys
)

var (
	errEmpty   = errors.New("signature: the secret is empty")
	errSecret  = errors.New(`signature: a Standard Webhooks secret is 24 to 64 bytes in base64, after "whsec_"`)
	errPrivate = errors.New(`signature: an Ed25519 key to sign with is 32 or 64 bytes in base64, after "whsk_"`)
	errPublic  = errors.New(`signature: an Ed25519 key to verify with is 32 bytes in base64, after "whpk_"`)
	errCannot  = errors.New(`signature: a "whpk_" key is public: it can verify, not sign; give the "whsk_" key`)
)

// Standard signs and verifies by Standard Webhooks, with several keys while one replaces another.
type Standard struct{ keys []standardKey }

// standardKey is an HMAC key, or one of the two halves of an Ed25519 pair, or both of them.
type standardKey struct {
	mac     *Key
	private ed25519.PrivateKey
	public  ed25519.PublicKey
}

// NewStandard reads keys: whsec_ (HMAC), whsk_ (Ed25519, signs and verifies), whpk_ (Ed25519, verifies). Base64 without
// a prefix is taken for whsec_, as the published libraries do. Errors show nothing of a key.
func NewStandard(keys []string) (*Standard, error) {
	s := &Standard{}
	for _, text := range keys {
		k, err := readStandardKey(text)
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, k)
	}
	if len(s.keys) == 0 {
		return nil, errEmpty
	}
	return s, nil
}

func readStandardKey(text string) (standardKey, error) {
	if rest, ok := strings.CutPrefix(text, private); ok {
		raw, err := base64.StdEncoding.DecodeString(rest)
		switch {
		case err == nil && len(raw) == ed25519.SeedSize:
			raw = ed25519.NewKeyFromSeed(raw)
		case err != nil || len(raw) != ed25519.PrivateKeySize || !ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize]).Equal(ed25519.PrivateKey(raw)):
			return standardKey{}, errPrivate
		}
		key := ed25519.PrivateKey(raw)
		return standardKey{private: key, public: key.Public().(ed25519.PublicKey)}, nil
	}
	if rest, ok := strings.CutPrefix(text, public); ok {
		raw, err := base64.StdEncoding.DecodeString(rest)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return standardKey{}, errPublic
		}
		return standardKey{public: raw}, nil
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, symmetric))
	if err != nil || len(raw) < minSecret || len(raw) > maxSecret {
		return standardKey{}, errSecret
	}
	mac, err := NewKey("sha256", raw)
	return standardKey{mac: &mac}, err
}

// Signs says whether every key can sign, and if not why.
func (s *Standard) Signs() error {
	for _, k := range s.keys {
		if k.mac == nil && k.private == nil {
			return errCannot
		}
	}
	return nil
}

// Sign gives the value of webhook-signature: a signature with each key that can sign, separated by spaces.
func (s *Standard) Sign(m Message) string {
	out := make([]byte, 0, len(s.keys)*128)
	for _, k := range s.keys {
		if len(out) > 0 && out[len(out)-1] != ' ' {
			out = append(out, ' ')
		}
		switch {
		case k.mac != nil:
			out = base64.StdEncoding.AppendEncode(append(out, "v1,"...), k.mac.sum(nil, m.standard))
		case k.private != nil:
			out = base64.StdEncoding.AppendEncode(append(out, "v1a,"...), ed25519.Sign(k.private, m.standardText()))
		}
	}
	return strings.TrimRight(string(out), " ")
}

func (m Message) standard(h hash.Hash) {
	_, _ = h.Write([]byte(m.ID + "." + m.Timestamp + ".")) // a hash does not fail
	_, _ = h.Write(m.Body)
}

// standardText is the signed text in one piece, which Ed25519 wants.
func (m Message) standardText() []byte {
	text := make([]byte, 0, len(m.ID)+len(m.Timestamp)+len(m.Body)+2)
	text = append(append(text, m.ID...), '.')
	text = append(append(text, m.Timestamp...), '.')
	return append(text, m.Body...)
}

// Match says whether one of the signatures in the header's value is one of these keys'. An empty signature, one cut
// short and one of an unknown version match nothing. At most 16 of them are looked at.
func (s *Standard) Match(value string, m Message) bool {
	found, seen := false, 0
	for one := range strings.SplitSeq(value, " ") {
		if seen++; seen > maxSignatures {
			break
		}
		version, encoded, ok := strings.Cut(one, ",")
		if !ok {
			continue
		}
		for _, k := range s.keys {
			found = k.match(version, encoded, m) || found
		}
	}
	return found
}

func (k standardKey) match(version, encoded string, m Message) bool {
	switch {
	case version == "v1" && k.mac != nil:
		return equal(base64.StdEncoding.Strict(), encoded, k.mac.sum(make([]byte, 0, sha256.Size), m.standard))
	case version == "v1a" && k.public != nil:
		if len(encoded) != base64.StdEncoding.EncodedLen(ed25519.SignatureSize) {
			return false
		}
		sig, err := base64.StdEncoding.Strict().DecodeString(encoded)
		return err == nil && len(sig) == ed25519.SignatureSize && ed25519.Verify(k.public, m.standardText(), sig)
	}
	return false
}

// equal compares an encoded signature with the one wanted, in constant time once the length is right.
func equal(encoding *base64.Encoding, encoded string, want []byte) bool {
	if len(encoded) != encoding.EncodedLen(len(want)) {
		return false
	}
	given, err := encoding.DecodeString(encoded)
	return err == nil && hmac.Equal(given, want)
}
