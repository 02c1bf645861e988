package badgerqueue

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2"
)

// A sealed store (Options.Key) has its journal sealed by us (journal/seal.go) and its index by Badger: AES-CTR under keys that
// Badger makes every ten days and keeps, sealed under ours, in KEYREGISTRY. What stands beside them says no more than counts and
// names of destinations: mark, the list of tables, the names of files.
//
// What is in the clear cannot be sealed later, nor the other way round: tables are rewritten only when Badger sees fit, so
// nobody could say when the last byte in the clear was gone.

// Mapped tables that are sealed have to be opened into memory, so Badger wants caches then, in bytes.
const (
	sealedBlocks  = 32 << 20
	sealedIndexes = 16 << 20
)

// ErrKey means that a store is sealed and the key is missing or another one, or that it is not sealed and should be.
var ErrKey = errors.New("badgerqueue: the store cannot be opened with this key")

// indexKey is Badger's.
func (o *Options) indexKey() []byte {
	key, err := hkdf.Key(sha256.New, o.Key, nil, "plugboard index", 32)
	if err != nil {
		panic("badgerqueue: " + err.Error()) // only a length that is too great is refused
	}
	return key
}

// keyRegistry reads Badger's keys with a key; nil: those of a store in the clear, which are none.
func (o *Options) keyRegistry(key []byte) (*badger.KeyRegistry, error) {
	return badger.OpenKeyRegistry(badger.KeyRegistryOptions{
		Dir: storePath(o.Dir), ReadOnly: true, EncryptionKey: key, EncryptionKeyRotationDuration: 10 * 24 * time.Hour,
	})
}

// sealedAsWanted says whether the store is sealed with this key, or in the clear where there is none. A new store is either.
func (o *Options) sealedAsWanted() error {
	file := filepath.Join(storePath(o.Dir), badger.KeyRegistryFileName)
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	_, plain := o.keyRegistry(nil)
	switch {
	case o.Key == nil && plain == nil:
		return nil
	case o.Key == nil && errors.Is(plain, badger.ErrEncryptionKeyMismatch):
		return fmt.Errorf("%w: %s is sealed; set [queue] encrypt = true, with its master key in place", ErrKey, o.Dir)
	case o.Key == nil:
		return fmt.Errorf("%w: %s: %w", ErrDamaged, file, plain)
	case plain == nil:
		return fmt.Errorf("%w: %s was begun in the clear, and stays so; name a new folder in [queue] dir, or set encrypt = false. "+
			"What waits in the old one goes out with a gateway of its own: this configuration with encrypt = false, the old dir and no sources", ErrKey, o.Dir)
	}
	switch _, err := o.keyRegistry(o.indexKey()); {
	case errors.Is(err, badger.ErrEncryptionKeyMismatch):
		return fmt.Errorf("%w: %s is sealed with another key; put the right one back", ErrKey, o.Dir)
	case err != nil:
		return fmt.Errorf("%w: %s: %w", ErrDamaged, file, err)
	}
	return nil
}

// tableKeys open sealed tables for checking. Nil for a store in the clear.
type tableKeys struct {
	registry *badger.KeyRegistry
	indexes  *ristretto.Cache[uint64, *fb.TableIndex]
}

func (o *Options) tableKeys() (*tableKeys, error) {
	if o.Key == nil {
		return nil, nil //nolint:nilnil // no keys
	}
	registry, err := o.keyRegistry(o.indexKey())
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, badger.KeyRegistryFileName, err)
	}
	indexes, err := ristretto.NewCache(&ristretto.Config[uint64, *fb.TableIndex]{NumCounters: 10_000, MaxCost: sealedIndexes, BufferItems: 64})
	if err != nil {
		return nil, fmt.Errorf("badgerqueue: %w", err)
	}
	return &tableKeys{registry, indexes}, nil
}

func (k *tableKeys) release() {
	if k != nil {
		k.indexes.Close()
	}
}

// use has a table opened with the key of that number.
func (k *tableKeys) use(o *table.Options, number uint64) (err error) {
	if k == nil || number == 0 {
		return nil
	}
	o.IndexCache = k.indexes
	if o.DataKey, err = k.registry.DataKey(number); err != nil {
		return fmt.Errorf("its key number %d is not in %s: %w", number, badger.KeyRegistryFileName, err)
	}
	return nil
}
