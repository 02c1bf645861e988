package badgerqueue

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// A delivery that replaces (queue.Owed.Replaces) is the newest of its key. What waits in the line with the same key and a
// lower number is stale: it is never leased again, and ends as superseded.
//
// The newest of each key is in memory, and in an l record, which is written with the delivery and goes with its end. When
// one arrives, the one it replaces is ended by an operation of its own (replacing), as if an operator had cancelled it;
// what that cannot reach, because it is leased, or was waiting when the process was killed, is found stale when it would be
// leased, given back, tried again or loaded. So a delivery costs one record and at most one end, however many wait, and a
// line where nothing replaces pays nothing.

// maxNewest is how many keys may have a newest, over all lines: some 60 bytes each. Beyond it deliveries of further keys
// replace nothing; they are made one after the other.
const maxNewest = 1 << 18

// newest is the number of a key's newest delivery; 0: none.
type newest struct {
	built uint64 // as the batch being put together leaves it
	seen  uint64 // as committed
}

// stale says whether an entry is never to be leased again. Called with l.mu held, like what follows, unless it locks.
func (l *line) stale(e *entry) bool { return l.newest != nil && l.newest[e.hash].seen > e.seq }

// setNewest keeps what is known of a key, or forgets the key when that is nothing.
func (l *line) setNewest(hash uint64, n newest) {
	_, had := l.newest[hash]
	if n == (newest{}) {
		if had {
			delete(l.newest, hash)
			l.q.newestKeys.Add(-1)
		}
		return
	}
	if l.newest == nil {
		l.newest = map[uint64]newest{}
	}
	if !had {
		l.q.newestKeys.Add(1)
	}
	l.newest[hash] = n
}

// buildNewest writes that a delivery is its key's newest; false when there are too many keys.
func (l *line) buildNewest(b *batch, hash, seq uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, had := l.newest[hash]
	if !had && l.q.newestKeys.Load() >= maxNewest {
		return false
	}
	n.built = seq
	l.setNewest(hash, n)
	b.put(appendNewestKey(b.key(), l.id, hash), binary.AppendUvarint(newRecord(10), seq), 0, 0)
	return true
}

// endNewest removes the l record of a delivery that ends.
func (l *line) endNewest(b *batch, e *entry) {
	if e.hash == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.newest[e.hash]; n.built == e.seq {
		n.built = 0
		l.setNewest(e.hash, n)
		b.delete(appendNewestKey(b.key(), l.id, e.hash))
	}
}

// ended forgets a newest that has ended.
func (l *line) ended(e *entry) {
	if n, ok := l.newest[e.hash]; ok && (n.seen == e.seq || n == newest{}) {
		n.seen = 0
		l.setNewest(e.hash, n)
	}
}

// replace takes note of an arrival that replaces: by is its delivery's ID.
func (l *line) replace(hash, seq uint64, by string) {
	n := l.newest[hash]
	if n.seen != 0 {
		l.q.replacing.add(replaced{l: l, seq: n.seen, by: by})
	}
	n.seen = seq
	l.setNewest(hash, n)
}

// overtake takes a stale entry, which may not be in memory yet, out of the line's hands and has it ended.
func (l *line) overtake(e *entry) {
	e.operated = true
	l.move(e, atReserved)
	l.q.replacing.add(replaced{l: l, seq: e.seq, e: e})
}

// recoverNewest reads the l records. It comes before everything else of the line.
func (l *line) recoverNewest(txn *badger.Txn) error {
	return scan(txn, appendLine(nil, kindNewest, l.id), nil, false, true, func(key []byte, item *badger.Item) (bool, error) {
		seq, err := newestOf(key, item)
		l.setNewest(seqOf(key), newest{seq, seq})
		return true, err
	})
}

func newestOf(key []byte, item *badger.Item) (seq uint64, err error) {
	err = item.Value(func(v []byte) error {
		f, err := unseal(key, v)
		if err != nil {
			return err
		}
		seq = f.uint()
		return f.done(key)
	})
	return seq, err
}

// replaced is a delivery to be ended as superseded.
type replaced struct {
	l   *line
	seq uint64
	e   *entry // reserved already; nil: find it
	by  string // ID of the delivery that replaces it; "": find it
}

// replacing ends what was replaced, in a goroutine that is there while there is something to end.
type replacing struct {
	q *Queue

	mu      sync.Mutex
	items   []replaced
	started bool // the committer runs
	running bool
}

// replaceBatch is how many are handed in at a time.
const replaceBatch = 512

func (r *replacing) add(item replaced) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.items = append(r.items, item)
	r.run()
}

// start lets ends be written, those that opening found first.
func (r *replacing) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = true
	r.run()
}

// run is called with r.mu held.
func (r *replacing) run() {
	if !r.started || r.running || len(r.items) == 0 {
		return
	}
	r.running = true
	r.q.background(r.work) // or the queue is being closed
}

func (r *replacing) work() {
	for {
		r.mu.Lock()
		n := min(len(r.items), replaceBatch)
		items := r.items[:n:n]
		if r.items = r.items[n:]; n == 0 || r.q.usable() != nil {
			r.running, r.items = false, nil
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		r.end(items)
	}
}

// end hands in all items, and then waits for them.
func (r *replacing) end(items []replaced) {
	ops := make([]*settleOp, 0, len(items))
	told := make([]queue.Delivery, 0, len(items))
	for i := range items {
		it := &items[i]
		o, d, err := it.op(r.q)
		if o != nil && err == nil {
			err = r.q.committer.add(o)
		}
		if err != nil && !errors.Is(err, queue.ErrEnded) && !errors.Is(err, queue.ErrClosed) {
			r.q.opt.Logger.Error("a delivery that was replaced waits until a restart", "destination", it.l.name, "err", err)
		}
		if o != nil && err == nil {
			ops, told = append(ops, o), append(told, d)
		}
	}
	for i, o := range ops {
		if o.wait(context.Background()) == nil && r.q.opt.Superseded != nil {
			r.q.opt.Superseded(told[i])
		}
	}
}

// op makes the operation that ends it; none when there is nothing to end, or somebody else does.
func (it *replaced) op(q *Queue) (*settleOp, queue.Delivery, error) {
	var stored *deliveryRecord
	if it.e == nil {
		var err error
		if it.e, stored, err = it.l.takeReplaced(it.seq); it.e == nil || err != nil {
			return nil, queue.Delivery{}, err
		}
	}
	e, l := it.e, it.l
	o := &settleOp{ticket: q.ticket(), l: l, e: e}
	switch {
	case stored != nil:
		o.record = *stored
	case e.record != nil:
		o.record = *e.record
	default:
		var err error
		if o.record, err = q.freshRecord(l, e); err != nil {
			return nil, queue.Delivery{}, err
		}
	}
	if it.by == "" {
		it.by = l.idOfNewest(e.hash)
	}
	o.record.state, o.record.reason, o.record.ended = queue.Superseded, "replaced by "+it.by, q.now()
	o.record.due, o.record.since, o.record.memo = 0, 0, nil
	return o, it.tell(o), nil
}

// tell gives what Options.Superseded is told.
func (it *replaced) tell(o *settleOp) (d queue.Delivery) {
	if it.l.q.opt.Superseded == nil {
		return d
	}
	var ev queue.Event
	if it.e.body != nil {
		ev = *it.e.body
	} else {
		ev = it.l.event(o.record.eventSeq(it.seq))
	}
	ev.Body, ev.Raw = nil, nil
	return o.record.toDelivery(it.l, it.seq, ev)
}

// takeReplaced reserves what arrived before the newest, wherever it waits. nil: it is leased, or somebody changes it: it is
// found stale afterwards. The record comes with what was on disk alone, which is read for it.
func (l *line) takeReplaced(seq uint64) (*entry, *deliveryRecord, error) {
	if !l.q.enter() {
		return nil, nil, queue.ErrClosed
	}
	defer l.q.leave()
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.live[seq]
	if e == nil {
		d := &found{l: l, seq: seq}
		e, err := d.reserveStored(true)
		return e, &d.record, err
	}
	if !l.stale(e) { // what replaced it was cancelled
		return nil, nil, nil
	}
	switch e.place {
	case atReserved, atStuck, atLeased:
		return nil, nil, nil
	case atDelay:
		l.delays.drop(e)
	case atTimer:
		l.timers.drop(e)
	}
	e.operated = true
	l.move(e, atReserved)
	return e, nil, nil
}

// idOfNewest says which delivery replaces the others of a key.
func (l *line) idOfNewest(hash uint64) string {
	l.mu.Lock()
	seq := l.newest[hash].seen
	l.mu.Unlock()
	if ev := l.event(seq); ev.ID != "" {
		return deliveryID(ev.ID, l.name, seq, 0)
	}
	return "a newer one"
}

// event gives what is known of a stored event without its body; the zero Event when it cannot be read.
func (l *line) event(seq uint64) (ev queue.Event) {
	if !l.q.enter() {
		return ev
	}
	defer l.q.leave()
	snap := l.q.store.snapshot()
	defer snap.release()
	if r, err := l.q.store.readEvent(snap.Txn, seq, false); err == nil && r != nil {
		ev = r.event
	}
	return ev
}

// newestRecord checks that an l record points to a delivery that waits, and is of its key.
func (a *audit) newestRecord(key []byte, item *badger.Item) error {
	seq, err := newestOf(key, item)
	if err != nil {
		return err
	}
	d, err := a.pending(key, lineOf(key), seq)
	if err == nil && hashOf(d.record.key) != seqOf(key) {
		a.fault("%s: the delivery has the key %q", keyString(key), d.record.key)
	}
	return err
}
