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

	"github.com/plugboard/plugboard/queue/badgerqueue/journal"
)

// latest reads the newest version of a key, including a commit that is being written at this moment. Only for keys that
// nobody can be writing now.
const latest = math.MaxUint64

// store is Badger with versions of our own, one for each commit, and the journal in front of it. A reader then never waits
// for a commit in progress, as it would with Badger's own transaction numbers.
type store struct {
	db       *badger.DB
	journal  *journal.Journal
	segments segments
	flusher  flusher
	path     string
	pool     *z.AllocatorPool // unused; see sparesPool

	verified bool     // everything was read through at opening
	known    []uint64 // segments of the journal that are damaged, as was said before

	trouble atomic.Pointer[func(error)] // told of a failed write in Badger's background; set once the queue stands

	mu      sync.Mutex
	visible uint64         // version of the last finished commit
	pins    map[uint64]int // snapshots in use, by version: what they see is not compacted away
}

func storePath(dir string) string   { return filepath.Join(dir, "badger") }
func journalPath(dir string) string { return filepath.Join(dir, "journal") }

// openStore opens Badger's tables and brings them up to date from the journal.
func openStore(o Options, was *mark) (*store, error) {
	path := storePath(o.Dir)
	s := &store{path: path, verified: o.verifiesAtOnce(), pins: map[uint64]int{}}
	opt := badger.DefaultOptions(path).
		WithSyncWrites(false).WithDetectConflicts(false).WithNumVersionsToKeep(1).WithCompression(options.None).
		WithMemTableSize(o.MemTable).WithNumMemtables(2).WithNumCompactors(2).WithMetricsEnabled(false).
		// Fewer levels and larger tables than Badger's own: a record is written again once for each level it goes down. One
		// size for all tables bounds the memory that building them takes.
		WithNumLevelZeroTables(8).WithNumLevelZeroTablesStall(16).WithBaseLevelSize(1 << 30).
		WithBaseTableSize(8 << 20).
		// Tables are mapped and not compressed, indexes included: a cache would only copy them.
		WithBlockCacheSize(0).WithIndexCacheSize(0).WithChecksumVerificationMode(options.NoVerification).
		WithValueThreshold(min(1<<20, o.MemTable*15/100)).WithValueLogFileSize(64 << 20).WithLogger(badgerLog{o.Logger, s})
	opt.TableSizeMultiplier = 1
	if o.Key != nil {
		opt = opt.WithEncryptionKey(o.indexKey()).WithBlockCacheSize(sealedBlocks).WithIndexCacheSize(sealedIndexes)
	}
	db, err := badger.OpenManaged(opt)
	if err != nil {
		if strings.Contains(err.Error(), "Cannot acquire directory lock") {
			return nil, errInUse(o.Dir)
		}
		return nil, fmt.Errorf("badgerqueue: open %s: %w", o.Dir, err)
	}
	s.pool = sparesPool(db)
	s.db, s.visible = db, db.MaxVersion()
	if err := errors.Join(syncFolder(path), s.openJournal(&o, was)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// openJournal puts into Badger what the journal has and the tables have not.
func (s *store) openJournal(o *Options, was *mark) error {
	how := o.follow(was, s.visible)
	found, err := how.Read(journalPath(o.Dir), s.replay)
	if err != nil && !o.unchecked {
		return journalError(o.Dir, err)
	}
	if o.AcceptLoss {
		s.known = found.Damaged
	} else if was != nil {
		s.known = was.Known
	}
	s.visible = max(how.After, found.Last)
	txn := s.db.NewTransactionAt(latest, false)
	defer txn.Discard()
	if err := s.segments.load(txn); err != nil {
		return err
	}
	s.journal, err = journal.Open(journalPath(o.Dir), o.Segment, o.Key, found, o.AcceptLoss || o.unchecked, s.segments.highest())
	if err != nil {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	return nil
}

// replay commits again what the journal says of a commit.
func (s *store) replay(r *journal.Record) error {
	txn := s.db.NewTransactionAt(latest, true)
	defer txn.Discard()
	f := fields{rest: r.Changes}
	for len(f.rest) > 0 && !f.bad {
		var err error
		if e := f.change(); len(e.Value) == 0 {
			err = txn.Delete(e.Key)
		} else {
			err = txn.SetEntry(e)
		}
		if err != nil {
			return fmt.Errorf("badgerqueue: commit %d of the journal: %w", r.Version, err)
		}
	}
	if f.bad {
		return fmt.Errorf("%w: commit %d of the journal makes no sense", ErrDamaged, r.Version)
	}
	return txn.CommitAt(r.Version, nil)
}

// follow says what the journal has to have: all that is newer than the tables. What they have had may have been merged
// away in them since.
func (o *Options) follow(was *mark, newest uint64) journal.Follow {
	how := journal.Follow{After: newest, All: o.verifiesAtOnce(), Lenient: o.AcceptLoss, Key: o.Key}
	if was != nil {
		how.After, how.Known = max(newest, was.Flushed), was.Known
	}
	return how
}

// journalError says in this package's words what is wrong with the journal.
func journalError(dir string, err error) error {
	switch {
	case errors.Is(err, journal.ErrDamaged):
		return fmt.Errorf("%w: the journal of %s: %w", ErrDamaged, dir, err)
	case errors.Is(err, journal.ErrMissing):
		return fmt.Errorf("%w: the journal of %s: %w", ErrBehind, dir, err)
	}
	return fmt.Errorf("badgerqueue: %w", err)
}

// shut closes Badger and the journal.
func (s *store) shut() error {
	err := errors.Join(s.db.Close(), s.journal.Close())
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

// flushed gives the newest commit in the tables: no older one is in a write buffer any more.
func (s *store) flushed() (version uint64) {
	for _, t := range s.db.Tables() {
		version = max(version, t.MaxVersion)
	}
	return version
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

// readEvent reads an event, and its body if wanted. A nil record means that it is not there.
func (s *store) readEvent(txn *badger.Txn, seq uint64, body bool) (*eventRecord, error) {
	key := appendEventKey(nil, seq)
	v, err := readValue(txn, key)
	if v == nil || err != nil {
		return nil, err
	}
	r, err := decodeEvent(key, v)
	if err != nil || !body {
		return &r, err
	}
	payload, err := s.journal.Read(r.place)
	if errors.Is(err, journal.ErrGone) { // since txn began the event may have been moved, or have gone
		was := r.place
		if v, err = s.read(key); v == nil || err != nil {
			return nil, err
		}
		if r, err = decodeEvent(key, v); err != nil {
			return &r, err
		}
		if r.place == was {
			return &r, corrupt(key, "the segment %d of the journal is missing", was.Segment)
		}
		payload, err = s.journal.Read(r.place)
	}
	if err != nil {
		return &r, corrupt(key, "%v", err)
	}
	f := fields{rest: payload}
	f.payload(&r.event)
	return &r, f.done(key)
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
