package badgerqueue

import (
	"fmt"
	"time"

	badger "github.com/dgraph-io/badger/v4"
)

// perWrite is what each key written adds to an op's weight. It is more than Badger counts for one in bytes, and more than
// its limit on the number of keys leaves for each, so that a batch within its bytes is within both.
const perWrite = 128

// batch is the commit that is being put together.
type batch struct {
	q       *Queue
	txn     *badger.Txn
	start   time.Time // of its commit
	ops     []op
	bytes   int
	err     error          // of a write that Badger refused
	meta    bool           // the queue's own record is to be written with it
	metas   []*line        // lines whose records are
	keys    []byte         // room for keys, used again after the commit
	entries []badger.Entry // likewise
}

// full says whether an op has to wait for the next batch.
func (b *batch) full(o op) bool {
	return len(b.ops) == maxBatchOps || len(b.ops) > 0 && b.bytes+o.weight() > b.q.batchBytes
}

func (b *batch) add(o op) {
	if b.txn == nil {
		b.txn = b.q.store.db.NewTransactionAt(latest, true)
	}
	if err := o.build(b); err != nil {
		o.finish(err)
		return
	}
	b.ops = append(b.ops, o)
	b.bytes += o.weight()
}

func (b *batch) reset() {
	b.txn.Discard()
	b.txn, b.err, b.bytes, b.ops = nil, nil, 0, b.ops[:0]
	b.keys, b.entries = b.keys[:0], b.entries[:0]
	clear(b.metas)
	b.meta, b.metas = false, b.metas[:0]
}

// key gives an empty slice with room for a key; pass what was appended to it to put or delete.
func (b *batch) key() []byte {
	if cap(b.keys)-len(b.keys) < 64 {
		b.keys = make([]byte, 0, 32<<10)
	}
	return b.keys[len(b.keys):]
}

// keep claims the room that key was appended to, if it still fits there.
func (b *batch) keep(key []byte) {
	if n := len(b.keys); len(key) <= cap(b.keys)-n {
		b.keys = b.keys[:n+len(key)]
	}
}

// put seals and writes a record that newRecord began. Badger keeps both slices until the commit is done; expires is in
// nanoseconds, 0 for never.
func (b *batch) put(key, record []byte, meta byte, expires int64) {
	b.keep(key)
	seal(key, record)
	if len(b.entries) == cap(b.entries) {
		b.entries = make([]badger.Entry, 0, 512)
	}
	b.entries = append(b.entries, badger.Entry{Key: key, Value: record, UserMeta: meta})
	e := &b.entries[len(b.entries)-1]
	if expires != 0 {
		e.ExpiresAt = uint64(expires/int64(time.Second)) + 1
	}
	if err := b.txn.SetEntry(e); err != nil && b.err == nil {
		b.err = fmt.Errorf("write %s: %w", keyString(key), err)
	}
}

func (b *batch) delete(key []byte) {
	b.keep(key)
	if err := b.txn.Delete(key); err != nil && b.err == nil {
		b.err = fmt.Errorf("delete %s: %w", keyString(key), err)
	}
}
