package gateway

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"

	"github.com/plugboard/plugboard/gateway/condition"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/keyring"
	"github.com/plugboard/plugboard/gateway/redact"
)

// redaction makes what a source's `redact` says; nil where it says nothing.
func (w *assembler) redaction(cfg *config.Config, s *config.Source) (*redact.Source, error) {
	x := s.Redact
	if x == nil {
		return nil, nil //nolint:nilnil // nothing is redacted
	}
	var faults config.Faults
	check := func(paths []string, key string, hash, own bool) {
		for i, path := range paths {
			what, do := redact.Check(path, hash)
			if own {
				what, do = redact.CheckBody(path)
			} else if what == "" && s.Plugin != "" {
				what, do = condition.CheckField(path)
			}
			if what != "" {
				faults = append(faults, cfg.Fault(what, do, "sources", s.Name, "redact", key, i))
			}
		}
	}
	check(x.Remove, "remove", false, false)
	check(x.Hash, "hash", true, false)
	check(x.Raw, "raw", false, true)
	if faults != nil {
		return nil, faults
	}
	var key []byte
	if len(x.Hash) > 0 {
		var err error
		if key, err = w.redactionKey(cfg, x); err != nil {
			what, do, _ := strings.Cut(err.Error(), "; ")
			return nil, cfg.Fault("hash needs a key: "+what, do+"; or write key = \"{{secret.NAME}}\" beside it", "sources", s.Name, "redact", "hash")
		}
	}
	return &redact.Source{
		Events:  redact.NewEvents(x.Remove, x.Hash, key),
		Request: redact.NewRequest(redact.RequestOptions{Body: x.Raw, Query: x.Query, Headers: x.Headers}),
	}, nil
}

// redactionKey gives the key of a source's hashes: its own, or the store's. Beside a gateway none is made: where there is none
// yet, no hash is compared with another one either.
func (w *assembler) redactionKey(cfg *config.Config, x *config.Redact) ([]byte, error) {
	if !x.Key.Empty() {
		sum := sha256.Sum256([]byte("plugboard redaction " + x.Key.Reveal()))
		return sum[:], nil
	}
	ring, err := KeyPlace(cfg, w.getenv).Load()
	if err != nil {
		return nil, err
	}
	var key *keyring.StoreKey
	switch {
	case w.serves:
		key, err = keyring.MakeStoreKey(cfg.Queue.Dir, ring)
	case keyring.HasStoreKey(cfg.Queue.Dir):
		key, err = keyring.LoadStoreKey(cfg.Queue.Dir, ring)
	default:
		random := make([]byte, sha256.Size)
		_, _ = rand.Read(random) // never fails
		return random, nil
	}
	if err != nil {
		return nil, err
	}
	return key.Derive("redaction"), nil
}
