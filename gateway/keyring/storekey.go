package keyring

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// StoreKeyFile is the file in the store's folder that holds the store's own key, sealed under the master key.
const StoreKeyFile = "store.key"

const storeKeyName = "plugboard store key"

// StoreKey is 256 random bits that stay the same for as long as a store lives, whatever becomes of the master key: what
// was sealed or hashed with keys derived from it need not be written again when the master key is replaced.
type StoreKey struct{ secret []byte }

// LoadStoreKey reads the key of the store in a folder. The error is fs.ErrNotExist when it has none, and says when the
// ring does not open it.
func LoadStoreKey(dir string, r *Ring) (*StoreKey, error) {
	sealed, err := os.ReadFile(filepath.Join(dir, StoreKeyFile))
	if err != nil {
		return nil, fmt.Errorf("the store's key: %w", err)
	}
	text, err := r.Open(sealed, storeKeyName)
	if err != nil || len(text) != sha256.Size {
		return nil, fmt.Errorf("%s: %w: this is not the master key of this store; put the right one back (%s, or [secrets] key_file)",
			filepath.Join(dir, StoreKeyFile), ErrWrongKey, EnvName)
	}
	return &StoreKey{text}, nil
}

// HasStoreKey says whether the store in a folder has a key.
func HasStoreKey(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, StoreKeyFile))
	return err == nil
}

// MakeStoreKey is LoadStoreKey for a store that may have none yet: then it gets one.
func MakeStoreKey(dir string, r *Ring) (*StoreKey, error) {
	k, err := LoadStoreKey(dir, r)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	k = &StoreKey{make([]byte, sha256.Size)}
	_, _ = rand.Read(k.secret) // never fails
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the store's key: %w", err)
	}
	return k, k.write(dir, r)
}

func (k *StoreKey) write(dir string, r *Ring) error {
	sealed, err := r.Seal(k.secret, storeKeyName)
	if err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(dir, StoreKeyFile), sealed); err != nil {
		return fmt.Errorf("the store's key: %w", err)
	}
	return nil
}

// ResealStoreKey seals the key of the store in a folder under the ring's latest key, if there is one and that is not so
// already.
func ResealStoreKey(dir string, r *Ring) error {
	sealed, err := os.ReadFile(filepath.Join(dir, StoreKeyFile))
	if errors.Is(err, fs.ErrNotExist) || err == nil && r.Current(sealed) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the store's key: %w", err)
	}
	k, err := LoadStoreKey(dir, r)
	if err != nil {
		return err
	}
	return k.write(dir, r)
}

// Derive gives 32 bytes for one purpose; from those for one nobody learns those for another.
func (k *StoreKey) Derive(purpose string) []byte {
	out, err := hkdf.Key(sha256.New, k.secret, nil, "plugboard "+purpose, sha256.Size)
	if err != nil {
		panic("keyring: " + err.Error()) // only a length that is too great is refused
	}
	return out
}

// A StoreKey never prints.
func (*StoreKey) String() string   { return "[redacted]" }
func (*StoreKey) GoString() string { return "[redacted]" }
