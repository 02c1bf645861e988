package gateway

import (
	"crypto/rand"
	"crypto/sha256"
	"slices"
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
		Request: redact.NewRequest(requestRedaction(s)),
	}, nil
}

// requestRedaction is what goes of a request. Without a plugin the body is the event or its data, and headers (ce-subject) may
// be attributes of it, so that what is never stored of the event goes of those as well.
func requestRedaction(s *config.Source) redact.RequestOptions {
	o := redact.RequestOptions{Body: slices.Clone(s.Redact.Raw), Query: s.Redact.Query, Headers: slices.Clone(s.Redact.Headers)}
	if s.Plugin != "" {
		return o
	}
	for _, path := range slices.Concat(s.Redact.Remove, s.Redact.Hash) {
		inData, within := strings.CutPrefix(path, "data.")
		switch {
		case within && o.Body != nil:
			o.Body = append(o.Body, path, inData)
		case !within && o.Body != nil:
			o.Body = append(o.Body, path)
		}
		if !strings.ContainsAny(path, ".*") {
			o.Headers = append(o.Headers, "ce-"+path)
		}
	}
	return o
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
