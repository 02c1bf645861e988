package badgerqueue

import (
	"context"
	"reflect"
	"sync/atomic"
	"time"
	"unsafe"

	badger "github.com/dgraph-io/badger/v4"
)

// A segment of the journal can go when nothing stands in it, and when its commits are in tables: that bounds how long opening
// takes as well. Badger writes its buffer into a table when it is full, which with few and large events is long after they
// have filled the disk. So it is made to.

// tailSegments is how many segments of the journal may be newer than the tables.
const tailSegments = 8

// flusher has Badger write its buffer into a table.
type flusher struct {
	wanted atomic.Bool
	asked  uint64 // version of the last commit when that was wanted last; whoever holds marking has it
}

// apply commits a batch to Badger. Only one is on its way at a time.
func (s *store) apply(txn *badger.Txn, version uint64) error {
	if s.flusher.wanted.Swap(false) {
		fillBuffer(s.db)
	}
	return txn.CommitAt(version, nil)
}

// fillBuffer has Badger take its write buffer for full, so that the next commit begins another one and this one becomes a
// table. Not while a commit is under way: the goroutine that writes the buffer reads what is changed here, and is idle then.
// Where a later Badger has no such fields nothing happens, and segments go later; TestFlush finds out.
func fillBuffer(db *badger.DB) bool {
	mt := reflect.ValueOf(db).Elem().FieldByName("mt")
	if mt.Kind() != reflect.Pointer || mt.IsNil() {
		return false
	}
	wal := mt.Elem().FieldByName("wal")
	if wal.Kind() != reflect.Pointer || wal.IsNil() {
		return false
	}
	at := wal.Elem().FieldByName("writeAt")
	if at.Kind() != reflect.Uint32 {
		return false
	}
	*(*uint32)(unsafe.Pointer(at.UnsafeAddr())) = uint32(db.Opts().MemTableSize) //nolint:gosec // far below 4 GiB
	return true
}

// boundTail wants a flush when much of the journal is newer than the tables. Called with q.marking held.
func (q *Queue) boundTail(flushed uint64) {
	if f := &q.store.flusher; f.asked <= flushed && q.store.journal.Since(flushed+1) > tailSegments*q.opt.Segment {
		f.asked = q.store.version()
		f.wanted.Store(true)
	}
}

// flush has what was committed so far written into tables, and gives false when the queue is closed before it is.
func (q *Queue) flush() (bool, error) {
	version := q.store.version()
	for try := 0; q.store.flushed() < version; try++ {
		if try%100 == 0 {
			q.store.flusher.wanted.Store(true)
			o := &metaOp{ticket: q.ticket(), q: q}
			if err := q.submit(context.Background(), o, o.ticket); err != nil {
				return false, err
			}
		}
		if !q.pause(10 * time.Millisecond) {
			return false, nil
		}
	}
	return true, nil
}

const (
	tidyFrom  = 16      // write buffers that the tables may take however little stands in them
	tidyEvent = 1 << 10 // bytes of tables for each event; its records take about half of it
)

// tidy compacts the tables when they are much larger than what can stand in them: compaction comes by itself only with more
// writing, and after a long outage there may be none.
func (q *Queue) tidy() error {
	size := q.store.tables()
	last, err := q.lastEvent()
	if err != nil {
		return err
	}
	events := int64(max(last, q.sweeper.floor.Load()) - q.sweeper.floor.Load()) //nolint:gosec // far below 2^63
	if size <= max(tidyFrom*q.opt.MemTable, events*tidyEvent, 2*q.sweeper.tidied) {
		return nil
	}
	q.opt.Logger.Info("giving back room on disk", "bytes", size, "events", events)
	if ok, err := q.flush(); err != nil || !ok {
		return err
	}
	err = q.store.db.Flatten(1)
	q.sweeper.tidied = q.store.tables()
	return err
}

// tables gives the bytes of Badger's tables.
func (s *store) tables() (size int64) {
	for _, t := range s.db.Tables() {
		size += int64(t.OnDiskSize)
	}
	return size
}

// lastEvent gives the number of the newest event; 0 for none.
func (q *Queue) lastEvent() (seq uint64, err error) {
	snap := q.store.snapshot()
	defer snap.release()
	return seq, scan(snap.Txn, []byte{kindEvent}, nil, true, false, func(key []byte, _ *badger.Item) (bool, error) {
		seq = seqOf(key)
		return false, nil
	})
}

// giveBack returns the room of what was retired: whole segments of the journal, and tables by compaction.
func (q *Queue) giveBack() error {
	if ok, err := q.flush(); err != nil || !ok {
		return err
	}
	if err := q.writeMark(); err != nil {
		return err
	}
	if err := q.moveOld(true); err != nil {
		return err
	}
	return q.store.db.Flatten(1)
}

// dropSegments removes the segments in which nothing stands and whose commits are in tables as the mark on disk says.
func (q *Queue) dropSegments(flushed uint64) error {
	for _, s := range q.store.journal.Removable(flushed) {
		if !q.store.segments.empty(s.Number, q.store.version()) {
			continue
		}
		if err := q.store.journal.Remove(s.Number); err != nil {
			return err
		}
	}
	return nil
}
