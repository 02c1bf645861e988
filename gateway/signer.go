package gateway

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"

	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// signer makes MACs for one plugin, with the secrets that its own configuration names and no others: {{secret.NAME}} in it
// is the grant. The plugin names the secret, or hands over the placeholder that it sees.
type signer struct {
	vault  *secret.Vault
	grants []string
}

// algorithms are as the plugin interface numbers them.
var algorithms = []func() hash.Hash{sha256.New, sha1.New, sha512.New}

// newSigner gives nil where nothing is granted.
func newSigner(vault *secret.Vault, grants []string) wasm.Signer {
	if len(grants) == 0 {
		return nil
	}
	return signer{vault, grants}
}

// Sign implements wasm.Signer.
func (s signer) Sign(name string, algorithm int, data []byte) ([]byte, bool) {
	if algorithm < 0 || algorithm >= len(algorithms) {
		return nil, false
	}
	granted, value, ok := s.vault.Granted(name)
	if !ok || !slices.Contains(s.grants, granted) {
		return nil, false
	}
	mac := hmac.New(algorithms[algorithm], []byte(value.Reveal()))
	mac.Write(data)
	return mac.Sum(nil), true
}
