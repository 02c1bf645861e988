package badgerqueue

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/ristretto/v2/z"
)

// latest reads the newest version of a key, including a commit that is being written at this moment. Only for keys that
// nobody can be writing now.
const latest = math.MaxUint64

// store is Badger with versions of our own: one for each commit. A reader then never waits for a commit in progress, as
// it would with Badger's own transaction numbers.
type store struct {
	db   *badger.DB
	path string
	log  int              // number of the newest of Badger's logs whose name is synced; only commits use it
	pool *z.AllocatorPool // unused; see sparesPool

	verified bool // all tables were read through at opening

	trouble atomic.Pointer[func(error)] // told of a failed write in Badger's background; set once the queue stands

	mu      sync.Mutex
	visible uint64         // version of the last finished commit
	pins    map[uint64]int // snapshots in use, by version: what they see is not compacted away
}

func storePath(dir string) string { return filepath.Join(dir, "badger") }

func openStore(o Options) (*store, error) {
	dir, memTable, log := o.Dir, o.MemTable, o.Logger
	path := storePath(dir)
	if err := removeEmptied(path); err != nil {
		return nil, err
	}
	if err := roomToOpen(path); err != nil {
		return nil, err
	}
	s := &store{path: path, verified: o.verifiesAtOnce(), pins: map[uint64]int{}}
	opt := badger.DefaultOptions(path).
		WithSyncWrites(true).WithDetectConflicts(false).WithNumVersionsToKeep(1).WithCompression(options.None).
		WithMemTableSize(memTable).WithNumMemtables(2).WithNumCompactors(2).WithMetricsEnabled(false).
		// Fewer levels and larger tables than Badger's own: an event is written again once for each level it goes down. One
		// size for all tables bounds the memory that building them takes.
		WithNumLevelZeroTables(8).WithNumLevelZeroTablesStall(16).WithBaseLevelSize(1 << 30).
		WithBaseTableSize(8 << 20).
		// Tables are mapped and not compressed, indexes included: a cache would only copy them.
		WithBlockCacheSize(0).WithIndexCacheSize(0).WithChecksumVerificationMode(options.NoVerification).
		WithValueThreshold(min(1<<20, memTable*15/100)).WithValueLogFileSize(64 << 20).WithLogger(badgerLog{log, s})
	opt.TableSizeMultiplier = 1
	db, err := badger.OpenManaged(opt)
	if err != nil {
		if strings.Contains(err.Error(), "Cannot acquire directory lock") {
			return nil, errInUse(dir)
		}
		return nil, fmt.Errorf("badgerqueue: open %s: %w", dir, err)
	}
	sparesValueLog(db)
	s.pool = sparesPool(db)
	s.db, s.visible = db, db.MaxVersion()
	if err := s.syncOpened(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// shut closes Badger.
func (s *store) shut() error {
	err := s.db.Close()
	s.pool.Release()
	return err
}

// snapshot reads what was committed when it was taken. Release it soon: it keeps old versions alive.
type snapshot struct {
	*badger.Txn
	s  *store
	ts uint64
}

func (s *store) snapshot() *snapshot {
	s.mu.Lock()
	ts := s.visible
	s.pins[ts]++
	s.mu.Unlock()
	return &snapshot{Txn: s.db.NewTransactionAt(ts, false), s: s, ts: ts}
}

func (r *snapshot) release() {
	r.Discard()
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.s.pins[r.ts]--; r.s.pins[r.ts] == 0 {
		delete(r.s.pins, r.ts)
	}
}

// committed makes version ts visible, and lets compaction drop what no snapshot can see any more.
func (s *store) committed(ts uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visible = ts
	for pin := range s.pins {
		ts = min(ts, pin)
	}
	s.db.SetDiscardTs(ts)
}

// version is that of the last finished commit.
func (s *store) version() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visible
}

// flushed says whether a commit has left the write buffer for a table.
func (s *store) flushed(version uint64) bool {
	for _, t := range s.db.Tables() {
		if t.MaxVersion >= version {
			return true
		}
	}
	return false
}

// read gives the value of a key at its latest version; nil when there is none. See latest.
func (s *store) read(key []byte) ([]byte, error) {
	txn := s.db.NewTransactionAt(latest, false)
	defer txn.Discard()
	return readValue(txn, key)
}

func readValue(txn *badger.Txn, key []byte) ([]byte, error) {
	v, _, err := readVersion(txn, key)
	return v, err
}

// readVersion also gives the commit that wrote the value.
func readVersion(txn *badger.Txn, key []byte) ([]byte, uint64, error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("badgerqueue: read %s: %w", keyString(key), err)
	}
	v, err := item.ValueCopy(nil)
	if err != nil {
		return nil, 0, fmt.Errorf("badgerqueue: read %s: %w", keyString(key), err)
	}
	return v, item.Version(), nil
}

// readEvent reads an event and its body, if wanted. A nil record means that it is not there.
func readEvent(txn *badger.Txn, seq uint64, body bool) (*eventRecord, error) {
	key := appendEventKey(nil, seq)
	v, err := readValue(txn, key)
	if v == nil || err != nil {
		return nil, err
	}
	f, err := unseal(key, v)
	if err != nil {
		return nil, err
	}
	r, more, err := decodeHead(key, &f)
	if err != nil || !body {
		return &r, err
	}
	if err := f.join(txn, key, more); err != nil {
		return nil, err
	}
	return &r, decodeBody(key, &r, &f)
}

// scan calls fn for each key under prefix from start on, in order, or against it when reverse; start nil is the first
// (or last) of them. fn returns false to stop. Key and item live until fn returns.
func scan(txn *badger.Txn, prefix, start []byte, reverse, values bool, fn func(key []byte, item *badger.Item) (bool, error)) error {
	opt := badger.DefaultIteratorOptions
	opt.Prefix, opt.Reverse, opt.PrefetchValues, opt.PrefetchSize = prefix, reverse, values, 64
	it := txn.NewIterator(opt)
	defer it.Close()
	if start == nil {
		start = prefix
		if reverse {
			start = append(append([]byte(nil), prefix...), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
		}
	}
	for it.Seek(start); it.Valid(); it.Next() {
		item := it.Item()
		if goOn, err := fn(item.Key(), item); err != nil || !goOn {
			return err
		}
	}
	return nil
}
