package verify

import (
	"crypto/ecdsa"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"github.com/plugboard/plugboard/gateway/config"
)

const (
	talkdeskSignature = "x-hub-ecdsa-signature"
	talkdeskKey       = "x-hub-ecdsa-signature-id"
)

// talkdesk signs the body with ECDSA and SHA-512, in hexadecimal; which of its keys it used stands beside it. Whether the
// signature is in DER or two plain numbers is not published, so either will do: they cannot be taken for one another.
type talkdesk struct{ keys map[string]*ecdsa.PublicKey }

func newTalkdesk(way config.Verify, _ Options) (scheme, error) {
	t := &talkdesk{map[string]*ecdsa.PublicKey{}}
	for id, text := range way.Keys {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil, fmt.Errorf("verify: scheme talkdesk: key %q is not PEM; write it as {{file.key.pem}}", id)
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("verify: scheme talkdesk: key %q is not a public key: %w", id, err)
		}
		public, ok := parsed.(*ecdsa.PublicKey)
		if !ok {
			return nil, fmt.Errorf("verify: scheme talkdesk: key %q is not one for ECDSA", id)
		}
		t.keys[id] = public
	}
	if len(t.keys) == 0 {
		return nil, errors.New("verify: scheme talkdesk has no keys; give it at least one")
	}
	return t, nil
}

func (t *talkdesk) Verify(r *Request) error {
	id, fault := only(r.Headers, talkdeskKey)
	public := t.keys[id]
	if fault == "" && public == nil {
		fault = "names a key that is not configured"
	}
	if fault != "" {
		return &Error{Scheme: "talkdesk", Header: talkdeskKey, What: fault}
	}
	value, fault := only(r.Headers, talkdeskSignature)
	if fault == "" {
		fault = checkECDSA(public, value, r.Body)
	}
	if fault != "" {
		return &Error{Scheme: "talkdesk", Header: talkdeskSignature, What: fault}
	}
	return nil
}

func checkECDSA(public *ecdsa.PublicKey, value string, body []byte) string {
	const most = 2*66 + 16 // bytes, of the largest curve in DER
	if len(value) > 2*most {
		return form
	}
	given, err := hex.DecodeString(value)
	if err != nil {
		return form
	}
	sum := sha512.Sum512(body)
	half := (public.Curve.Params().BitSize + 7) / 8
	if len(given) == 2*half {
		r, s := new(big.Int).SetBytes(given[:half]), new(big.Int).SetBytes(given[half:])
		if ecdsa.Verify(public, sum[:], r, s) {
			return ""
		}
	}
	if ecdsa.VerifyASN1(public, sum[:], given) {
		return ""
	}
	return mismatch
}

func (t *talkdesk) sign(*Request) error { return fmt.Errorf("scheme talkdesk %w", errUnsigned) }
