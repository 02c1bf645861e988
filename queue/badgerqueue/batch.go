package badgerqueue

import (
	"encoding/binary"
	"fmt"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue/badgerqueue/journal"
)

// perWrite is what each key written adds to an op's weight. It is more than Badger counts for one in bytes, and more than
// its limit on the number of keys leaves for each, so that a batch within its bytes is within both.
const perWrite = 128

// batch is the commit that is being put together.
type batch struct {
	q       *Queue
	txn     *badger.Txn
	commit  journal.Commit // the same for the journal
	start   time.Time      // of its commit
	ops     []op
	bytes   int
	err     error          // of a write that Badger refused
	meta    bool           // the queue's own record is to be written with it
	metas   []*line        // lines whose records are
	keys    []byte         // room for keys, used again after the commit
	entries []badger.Entry // likewise
	writes  []*badger.Entry
	placed  []placed
	gone    []journal.Place // payloads that do not stand any more
}

// placed is an event whose place is still to be written into its record.
type placed struct {
	key, record []byte
	at          uint32 // in the commit
	length, sum uint32
}

// full says whether an op has to wait for the next batch.
func (b *batch) full(o op) bool {
	return len(b.ops) == maxBatchOps || len(b.ops) > 0 &&
		(b.bytes+o.weight() > b.q.batchBytes || b.commit.Payloads()+o.payload() > maxBatchBytes)
}

func (b *batch) add(o op) {
	if b.txn == nil {
		b.txn = b.q.store.db.NewTransactionAt(latest, true)
		if b.q.opt.Key != nil {
			b.commit.Seal()
		}
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
	b.keys, b.entries, b.writes, b.placed, b.gone = b.keys[:0], b.entries[:0], b.writes[:0], b.placed[:0], b.gone[:0]
	clear(b.metas)
	b.meta, b.metas = false, b.metas[:0]
	b.commit.Reset()
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

// put seals and writes a record that newRecord began. Both slices are kept until the commit is done; expires is in
// nanoseconds, 0 for never.
func (b *batch) put(key, record []byte, meta byte, expires int64) {
	seal(key, record)
	e := b.write(key, record)
	e.UserMeta = meta
	if expires != 0 {
		e.ExpiresAt = uint64(expires/int64(time.Second)) + 1
	}
	b.set(e)
}

// putEvent writes the record of an event, and what it says to the journal. It is sealed when its place is known.
func (b *batch) putEvent(key, record, payload []byte, sum uint32) {
	e := b.write(key, record)
	at := b.commit.AddPayload(payload)
	b.placed = append(b.placed, placed{key: e.Key, record: record, at: at, length: uint32(b.commit.Stored(len(payload))), sum: sum})
	b.set(e)
}

func (b *batch) delete(key []byte) {
	b.write(key, nil)
	if err := b.txn.Delete(key); err != nil && b.err == nil {
		b.err = fmt.Errorf("delete %s: %w", keyString(key), err)
	}
}

// write notes a change for the journal; without a value the key goes.
func (b *batch) write(key, value []byte) *badger.Entry {
	b.keep(key)
	if len(b.entries) == cap(b.entries) {
		b.entries = make([]badger.Entry, 0, 512)
	}
	b.entries = append(b.entries, badger.Entry{Key: key, Value: value})
	e := &b.entries[len(b.entries)-1]
	b.writes = append(b.writes, e)
	return e
}

func (b *batch) set(e *badger.Entry) {
	if err := b.txn.SetEntry(e); err != nil && b.err == nil {
		b.err = fmt.Errorf("write %s: %w", keyString(e.Key), err)
	}
}

// place gives the events their places, and counts what stands in the segments of the journal. After it nothing is added.
func (b *batch) place(version uint64) error {
	segment, offset, err := b.q.store.journal.Next()
	if err != nil {
		return err
	}
	for _, p := range b.placed {
		journal.Place{Segment: segment, Offset: offset + p.at, Length: p.length, Sum: p.sum}.Put(p.record[placeAt:])
		seal(p.key, p.record)
	}
	changed := b.q.store.segments.count(version, segment, b.commit.Payloads(), b.gone)
	for number, stands := range changed {
		b.putSegment(number, stands)
	}
	return b.err
}

func (b *batch) putSegment(number uint64, stands int64) {
	if key := appendSegmentKey(b.key(), number); stands == 0 {
		b.delete(key)
	} else {
		b.put(key, encodeSegment(stands), 0, 0)
	}
}

// log writes the batch to the journal.
func (b *batch) log(version uint64) error {
	b.commit.Append(func(to []byte) []byte {
		for _, e := range b.writes {
			to = appendChange(to, e)
		}
		return to
	})
	return b.q.store.journal.Write(&b.commit, version)
}

// appendChange writes a change as the journal has it: the key, then the value, its meta byte and expiry; a key alone is one
// that goes.
func appendChange(b []byte, e *badger.Entry) []byte {
	b = appendString(b, e.Key)
	b = appendString(b, e.Value)
	if len(e.Value) == 0 {
		return b
	}
	return binary.AppendUvarint(append(b, e.UserMeta), e.ExpiresAt)
}

// change reads what appendChange wrote.
func (f *fields) change() *badger.Entry {
	e := &badger.Entry{Key: f.bytes(), Value: f.bytes()}
	if len(e.Value) > 0 {
		e.UserMeta, e.ExpiresAt = f.byte(), f.uint()
	}
	return e
}
