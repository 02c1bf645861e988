package badgerqueue

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue/badgerqueue/journal"
)

const (
	sweepBatch = 256     // events retired in one commit
	sweepRead  = 4 << 20 // bytes of events passed for it
)

// sweeper retires events whose time is over, with all that belongs to them.
type sweeper struct {
	floor atomic.Uint64 // no event stands below it

	// Only the sweeping goroutine has these.
	stood  map[uint64]int64 // bytes that stood in each segment of the journal when it was last looked at
	tidied int64            // bytes of tables after they were last compacted for room
}

// retireOp deletes events and what belongs to them. Whoever makes it holds q.retiring until it is committed.
type retireOp struct {
	ticket
	q     *Queue
	keys  [][]byte
	gone  []journal.Place
	size  int
	floor uint64
	n     int   // events
	bytes int64 // of events
}

func (o *retireOp) add(keys [][]byte, place journal.Place) {
	o.keys = append(o.keys, keys...)
	o.gone = append(o.gone, place)
	o.size += 2 * len(keys) * perWrite // with the records of lines and segments
	o.bytes += int64(place.Length)
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
	b.gone = append(b.gone, o.gone...)
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
	if err := errors.Join(q.moveOld(false), q.tidy()); err != nil {
		q.opt.Logger.Error("room on disk is not given back", "err", err)
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
		seq := seqOf(key)
		keys, place, young, err := q.remains(snap.Txn, seq, ago)
		if err != nil {
			q.opt.Logger.Error("an event stays beyond its time", "err", err)
		}
		if err == nil && young {
			return false, nil
		}
		next = seq + 1
		passed += item.EstimatedSize() + int64(place.Length)
		if len(keys) == 0 {
			if *lowest == 0 {
				*lowest = seq
			}
		} else {
			o.add(keys, place)
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
func (q *Queue) remains(txn *badger.Txn, seq uint64, ago time.Duration) (keys [][]byte, place journal.Place, young bool, err error) {
	r, err := q.store.readEvent(txn, seq, false)
	if err != nil || r == nil {
		return nil, place, false, err
	}
	if q.clock.age(nanosOf(r.event.Received)) < ago {
		return nil, place, true, nil
	}
	deliveries, err := q.deliveriesOf(txn, r)
	if err != nil {
		return nil, place, false, err
	}
	for _, d := range deliveries {
		if !d.record.state.Ended() || q.clock.age(d.record.ended) < ago {
			return nil, place, false, nil
		}
		keys = append(keys, d.keys(seq)...)
	}
	return append(keys, appendEventKey(nil, seq)), r.place, false, nil
}
