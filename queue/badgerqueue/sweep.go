package badgerqueue

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	badger "github.com/dgraph-io/badger/v4"
)

const (
	sweepBatch = 256     // events retired in one commit
	sweepRead  = 4 << 20 // bytes of events passed for it
)

// sweeper retires events whose time is over, with all that belongs to them.
type sweeper struct {
	floor atomic.Uint64 // no event stands below it
}

// retireOp deletes events and what belongs to them. Whoever makes it holds q.retiring until it is committed.
type retireOp struct {
	ticket
	q     *Queue
	keys  [][]byte
	size  int
	floor uint64
	n     int   // events
	bytes int64 // of events
}

func (o *retireOp) add(keys [][]byte, bytes int64) {
	o.keys = append(o.keys, keys...)
	o.size += 2 * len(keys) * perWrite // with the records of lines
	o.bytes += bytes
	o.n++
}

func (o *retireOp) weight() int { return o.size + perWrite }

// build also writes the highest number given out: numbers are not used again though the events that had them are gone. And
// the counts of the lines, which must know of the end of each delivery whose record goes.
func (o *retireOp) build(b *batch) error {
	for _, k := range o.keys {
		b.delete(k)
		if k[0] != kindDelivery {
			continue
		}
		if l := o.q.lineByID(lineOf(k)); l.staleSince != 0 && !slices.Contains(b.metas, l) {
			b.metas = append(b.metas, l)
		}
	}
	o.q.sweeper.floor.Store(o.floor)
	b.meta = true
	return nil
}

func (o *retireOp) apply() {}

// sweep retires what ended longer than Retain ago, and, when the folder nears MaxDisk, what ended at all, oldest first,
// a twentieth of MaxDisk at a time.
func (q *Queue) sweep() {
	if _, err := q.retire(q.opt.Retain, 1<<62); err != nil {
		q.opt.Logger.Error("retention stopped", "err", err)
		return
	}
	if q.opt.MaxDisk <= 0 {
		return
	}
	for q.store.size() > q.opt.MaxDisk/10*9 && q.usable() == nil {
		gone, err := q.retire(0, q.opt.MaxDisk/20)
		if err == nil && gone > 0 {
			err = q.giveBack()
		}
		if err != nil {
			q.opt.Logger.Error("history cannot go", "err", err)
			return
		}
		if gone == 0 {
			break
		}
	}
	q.space.crowded.Store(q.store.size() >= q.opt.MaxDisk)
}

// giveBack has Badger return the room of what was deleted: by compaction, and only once the deletions have left its write
// buffer, which nothing but more writing makes them do.
func (q *Queue) giveBack() error {
	deleted := q.store.version()
	for left := q.opt.MemTable; left > 0; left -= partSize {
		o := &fillOp{q.ticket()}
		if err := q.submit(context.Background(), o, o.ticket); err != nil {
			return err
		}
	}
	for try := 0; try < 1000 && !q.store.flushed(deleted); try++ {
		if !q.pause(10 * time.Millisecond) {
			return nil
		}
	}
	return q.store.db.Flatten(1)
}

// fillOp fills the write buffer with a record that means nothing.
type fillOp struct{ ticket }

func (*fillOp) weight() int { return partSize + perWrite }
func (*fillOp) apply()      {}

func (*fillOp) build(b *batch) error {
	b.put(append(b.key(), kindFill), append(newRecord(partSize), make([]byte, partSize)...), 0, 0)
	return nil
}

// retire goes through the events from the lowest on and deletes those that ended at least a time ago, until bytes of them
// are gone. It stops at the first event received later than that.
func (q *Queue) retire(ago time.Duration, bytes int64) (gone int64, err error) {
	from, lowest := q.sweeper.floor.Load(), uint64(0)
	for gone < bytes && q.usable() == nil {
		n, next, end, err := q.retireSome(from, &lowest, ago)
		if err != nil {
			return gone, err
		}
		gone += n
		if end {
			break
		}
		from = next
	}
	return gone, nil
}

// retireSome retires one batch of events from a number on. lowest is the first event met that has to stay; 0 for none.
func (q *Queue) retireSome(from uint64, lowest *uint64, ago time.Duration) (gone int64, next uint64, end bool, err error) {
	q.retiring.Lock()
	defer q.retiring.Unlock()
	o := &retireOp{ticket: q.ticket(), q: q}
	snap := q.store.snapshot()
	defer snap.release()
	next, end = from, true
	var passed int64
	err = scan(snap.Txn, []byte{kindEvent}, appendEventKey(nil, from), false, false, func(key []byte, item *badger.Item) (bool, error) {
		if isPart(key) {
			return true, nil
		}
		seq := seqOf(key)
		keys, young, err := q.remains(snap.Txn, seq, ago)
		if err != nil {
			q.opt.Logger.Error("an event stays beyond its time", "err", err)
		}
		if err == nil && young {
			return false, nil
		}
		next = seq + 1
		passed += item.EstimatedSize()
		if len(keys) == 0 {
			if *lowest == 0 {
				*lowest = seq
			}
		} else {
			o.add(keys, item.EstimatedSize())
		}
		if o.n >= sweepBatch || passed >= sweepRead || o.weight() > q.maxBytes/2 {
			end = false
			return false, nil
		}
		return true, nil
	})
	if err != nil || o.n == 0 {
		return 0, next, end, err
	}
	if o.floor = next; *lowest != 0 {
		o.floor = *lowest
	}
	err = q.submit(context.Background(), o, o.ticket)
	return o.bytes, next, end, err
}

// remains lists every record of an event whose deliveries all ended at least a time ago; none when it has to stay, and
// young when it was received later than that.
func (q *Queue) remains(txn *badger.Txn, seq uint64, ago time.Duration) (keys [][]byte, young bool, err error) {
	r, err := readEvent(txn, seq, false)
	if err != nil || r == nil {
		return nil, false, err
	}
	if q.clock.age(nanosOf(r.event.Received)) < ago {
		return nil, true, nil
	}
	deliveries, err := q.deliveriesOf(txn, r)
	if err != nil {
		return nil, false, err
	}
	for _, d := range deliveries {
		if !d.record.state.Ended() || q.clock.age(d.record.ended) < ago {
			return nil, false, nil
		}
		keys = append(keys, d.keys(seq)...)
	}
	keys = append(keys, appendEventKey(nil, seq))
	for part := 1; part <= r.more; part++ {
		keys = append(keys, appendPartKey(nil, appendEventKey(nil, seq), part))
	}
	return keys, false, nil
}
