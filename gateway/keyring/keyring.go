// Package keyring is the gateway's master key: what secrets in the store are sealed under, and the key that the store
// itself is sealed with.
//
// A Ring is a key set of Google's Tink: one key that seals (AES-256-GCM) and those that only open still. Each sealed value
// begins with the number of its key, so that a key can be replaced without a moment in which something cannot be read:
// add the new one in front, seal everything again, drop the old one. What is sealed is bound to a name: moved to another
// record it does not open.
//
// A Ring is kept as Tink's JSON, one line, in a file of mode 0600 or in an environment variable; never in the store, or
// whoever takes a copy of the store has the key with it.
package keyring

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrWrongKey means that none of the keys opens what was sealed, or that it was changed, or belongs to another name.
var ErrWrongKey = errors.New("it was not sealed with this key, or was changed since")

// Ring is a set of keys. It does not change, and is safe for concurrent use.
type Ring struct {
	handle *keyset.Handle
	aead   tink.AEAD
	now    uint32 // number of the key that seals
}

// Generate makes a ring with one new key.
func Generate() (*Ring, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return ring(h)
}

// Parse reads what Text wrote. The error shows nothing of the text.
func Parse(text []byte) (*Ring, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return nil, errors.New("this is no key; plugboard secrets key makes one")
	}
	return ring(h)
}

func ring(h *keyset.Handle) (*Ring, error) {
	a, err := aead.New(h)
	if err != nil {
		return nil, errors.New("this is a key for something else; plugboard secrets key makes one")
	}
	primary, err := h.Primary()
	if err != nil {
		return nil, errors.New("none of these keys is the one that seals; plugboard secrets key makes a key")
	}
	return &Ring{h, a, primary.KeyID()}, nil
}

// Text gives the keys themselves, for the file; one line.
func (r *Ring) Text() ([]byte, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(r.handle, keyset.NewJSONWriter(&b)); err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return append(bytes.TrimSpace(b.Bytes()), '\n'), nil
}

// Rotated gives a ring with a new key that seals, and all of these, which go on opening.
func (r *Ring) Rotated() (*Ring, error) {
	m := keyset.NewManagerFromHandle(r.handle)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	return managed(m, err)
}

// Latest gives a ring of the key that seals alone: what was sealed with another one does not open any more.
func (r *Ring) Latest() (*Ring, error) {
	m := keyset.NewManagerFromHandle(r.handle)
	var err error
	for i := range r.handle.Len() {
		e, entryErr := r.handle.Entry(i)
		if entryErr == nil && e.KeyID() != r.now {
			entryErr = m.Delete(e.KeyID())
		}
		err = errors.Join(err, entryErr)
	}
	return managed(m, err)
}

func managed(m *keyset.Manager, err error) (*Ring, error) {
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	h, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return ring(h)
}

// Len says how many keys there are.
func (r *Ring) Len() int { return r.handle.Len() }

// Seal seals a text under a name. The same text comes out differently each time.
func (r *Ring) Seal(text []byte, name string) ([]byte, error) {
	sealed, err := r.aead.Encrypt(text, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return sealed, nil
}

// Open opens what was sealed under that name. The error is ErrWrongKey.
func (r *Ring) Open(sealed []byte, name string) ([]byte, error) {
	text, err := r.aead.Decrypt(sealed, []byte(name))
	if err != nil {
		return nil, ErrWrongKey
	}
	return text, nil
}

// Current says whether it is the latest key that sealed this.
func (r *Ring) Current(sealed []byte) bool {
	return len(sealed) > 5 && sealed[0] == 1 && binary.BigEndian.Uint32(sealed[1:]) == r.now
}

// A Ring never prints.
func (*Ring) String() string               { return "[redacted]" }
func (*Ring) GoString() string             { return "[redacted]" }
func (*Ring) LogValue() slog.Value         { return slog.StringValue("[redacted]") }
func (*Ring) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }
