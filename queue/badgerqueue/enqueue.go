package badgerqueue

import (
	"context"
	"fmt"
	"slices"

	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue/journal"
)

// enqueueOp writes events with what they owe, all of them in one commit.
type enqueueOp struct {
	ticket
	q      *Queue
	items  []enqueueItem
	ids    []identity // claimed
	bytes  int        // of records
	said   int        // bytes of payloads
	stored int        // items that are no repeats
	writes stateWrites

	oneItem [1]enqueueItem // room for what most calls need
	oneID   [1]identity
}

type enqueueItem struct {
	id      identity
	seq     uint64
	window  bool
	ends    int64 // of the window, in the queue's own time
	expires int64 // of the identity record
	now     int64
	record  []byte
	work    *scratch // holds payload
	payload []byte
	sum     uint32 // of payload
	kept    *queue.Event
	held    int64 // bytes that keeping it takes
	owed    []owedItem
	receipt queue.Receipt
	oneOwed [1]owedItem
}

type owedItem struct {
	line   *line
	hash   uint64
	record deliveryRecord
	sealed []byte
	newest bool // replaces what waits with its key
}

// Enqueue commits entries. See queue.Queue. ErrFull when the disk has no room, ErrTooLarge when what the entries say is
// larger together than one commit may be (16 MiB), or their records (about an eighth of Options.MemTable).
func (q *Queue) Enqueue(ctx context.Context, entries ...queue.Entry) ([]queue.Receipt, error) {
	if err := q.usable(); err != nil {
		return nil, err
	}
	if q.space.full.Load() {
		return nil, queue.ErrFull
	}
	o := &enqueueOp{ticket: q.ticket(), q: q}
	if o.items = o.oneItem[:]; len(entries) != 1 {
		o.items = make([]enqueueItem, len(entries))
	}
	for i := range entries {
		if err := o.items[i].prepare(q, &entries[i]); err != nil {
			return nil, err
		}
	}
	for i := range entries {
		if err := validState(entries[i].Writes); err != nil {
			return nil, err
		}
		o.writes = append(o.writes, q.memories.prepare(entries[i].Writes)...)
	}
	if err := o.claim(ctx); err != nil {
		return nil, err
	}
	if o.stored > 0 {
		if o.weight() > q.maxBytes || o.said > maxSaid {
			q.claims.drop(o.ids)
			return nil, fmt.Errorf("%w: records of %d bytes and bodies of %d, %d and %d are possible", queue.ErrTooLarge, o.bytes, o.said, q.maxBytes, maxSaid)
		}
		if err := q.enqueue(ctx, o); err != nil {
			return nil, err
		}
	} else {
		q.claims.drop(o.ids)
	}
	receipts := make([]queue.Receipt, len(o.items))
	for i := range o.items {
		receipts[i] = o.items[i].receipt
	}
	return receipts, nil
}

func (q *Queue) enqueue(ctx context.Context, o *enqueueOp) error {
	if err := q.space.admit(o.bytes + o.said); err != nil {
		q.claims.drop(o.ids)
		return err
	}
	defer q.space.release(o.bytes + o.said) // a little early for a caller who gives up: the next look sees it
	if err := q.committer.add(o); err != nil {
		q.claims.drop(o.ids)
		return err
	}
	if q.opt.earlyAck {
		return nil
	}
	return o.wait(ctx)
}

const (
	maxHead = 64 << 10 // bytes of what describes an event: its record is no payload
	maxSaid = 16 << 20 // bytes of bodies and requests in one Enqueue
)

// prepare encodes an entry, in the caller's goroutine.
func (it *enqueueItem) prepare(q *Queue, entry *queue.Entry) error {
	ev := &entry.Event
	if ev.ID == "" {
		return fmt.Errorf("badgerqueue: an event without an ID cannot be stored")
	}
	if n := len(ev.ID) + len(ev.Source) + len(ev.Type) + len(ev.Subject); n > maxHead {
		return fmt.Errorf("%w: %d bytes of ID, source, type and subject, %d are possible", queue.ErrTooLarge, n, maxHead)
	}
	it.now = q.now()
	if it.owed = it.oneOwed[:]; len(entry.Owed) != 1 {
		it.owed = make([]owedItem, len(entry.Owed))
	}
	for i := range entry.Owed {
		o := &entry.Owed[i]
		if o.Destination == "" {
			return fmt.Errorf("badgerqueue: event %q owes a delivery without a destination", ev.ID)
		}
		l := q.line(o.Destination)
		for j := range i {
			if it.owed[j].line == l {
				return fmt.Errorf("badgerqueue: event %q owes two deliveries to %q", ev.ID, o.Destination)
			}
		}
		r := deliveryRecord{state: queue.Pending, created: it.now, route: o.Route, key: shortKey(o.Key)}
		if o.Dropped != "" {
			r.state, r.ended, r.reason = queue.Dropped, it.now, o.Dropped[:min(len(o.Dropped), maxText)]
		}
		it.owed[i] = owedItem{line: l, hash: hashOf(r.key), record: r, sealed: r.encode(),
			newest: o.Replaces && r.key != "" && r.state == queue.Pending}
	}
	if n := room(ev); n > maxSaid {
		return fmt.Errorf("%w: %d bytes, %d are possible", queue.ErrTooLarge, n, maxSaid)
	}
	if len(it.owed) > 0 {
		it.keep(ev)
	}
	it.record = encodeEvent(ev, it.owed)
	it.work = scratches.Get().(*scratch)
	it.payload = it.work.payload(ev)
	it.sum = journal.Sum(it.payload)
	it.id = identityOf(ev.Source, ev.ID)
	it.expires = expiry(max(ev.Window, q.opt.Retain))
	if it.window = ev.Window > 0; it.window {
		it.ends = q.clock.own() + int64(ev.Window)
	}
	it.receipt = queue.Receipt{ID: ev.ID, Deliveries: len(entry.Owed)}
	return nil
}

// keep holds the event for its deliveries, so that they need not be read back.
func (it *enqueueItem) keep(ev *queue.Event) {
	kept := *ev
	kept.Received, kept.Window = timeOf(nanosOf(ev.Received)), 0 // as they come back from disk
	it.kept, it.held = &kept, int64(room(ev))
}

// claim finds repeats: in this call, in calls under way, on disk.
func (o *enqueueOp) claim(ctx context.Context) error {
	o.ids = o.oneID[:0]
	for i := range o.items {
		if o.items[i].window && !slices.Contains(o.ids, o.items[i].id) {
			o.ids = append(o.ids, o.items[i].id)
		}
	}
	if len(o.ids) > 0 {
		if err := o.q.claims.take(ctx, o.ids); err != nil {
			return err
		}
		if err := o.findRepeats(); err != nil {
			o.q.claims.drop(o.ids)
			return err
		}
	}
	for i := range o.items {
		if it := &o.items[i]; !it.receipt.Repeat {
			o.stored++
			o.bytes += it.weight()
			o.said += len(it.payload)
		}
	}
	return nil
}

func (o *enqueueOp) findRepeats() error {
	if !o.q.enter() {
		return queue.ErrClosed
	}
	defer o.q.leave()
	txn := o.q.store.db.NewTransactionAt(latest, false)
	defer txn.Discard()
	for i := range o.items {
		it := &o.items[i]
		if !it.window {
			continue
		}
		if first := o.before(i); first != nil {
			it.receipt.Repeat, it.receipt.Deliveries = true, first.receipt.Deliveries
			continue
		}
		if !o.q.seen.maybe(it.id, o.q.clock.own()) {
			continue
		}
		was, ok, err := readIdentity(txn, it.id)
		if err != nil {
			return err
		}
		if ok && was.ends > o.q.clock.own() {
			it.receipt.Repeat, it.receipt.Deliveries = true, was.owed
		}
	}
	return nil
}

// before finds the same event among the items before item i.
func (o *enqueueOp) before(i int) *enqueueItem {
	for j := range i {
		if p := &o.items[j]; p.window && p.id == o.items[i].id {
			return p
		}
	}
	return nil
}

func (it *enqueueItem) weight() int {
	n := len(it.record) + len(it.id.source) + 2*perWrite
	for i := range it.owed {
		n += len(it.owed[i].sealed) + len(it.owed[i].line.name) + 2*perWrite
		if it.owed[i].newest {
			n += perWrite
		}
	}
	return n
}

func (o *enqueueOp) weight() int  { return o.bytes + o.writes.weight() }
func (o *enqueueOp) payload() int { return o.said }

func (o *enqueueOp) build(b *batch) error {
	for i := range o.items {
		it := &o.items[i]
		if it.receipt.Repeat {
			continue
		}
		it.seq = o.q.nextSeq()
		b.putEvent(appendEventKey(b.key(), it.seq), it.record, it.payload, it.sum)
		for j := range it.owed {
			owed := &it.owed[j]
			b.name(owed.line)
			b.put(appendDeliveryKey(b.key(), owed.line.id, it.seq), owed.sealed, owed.record.meta(), 0)
			if owed.record.state == queue.Pending {
				b.owe(owed.line, 1)
			}
			owed.newest = owed.newest && owed.line.buildNewest(b, owed.hash, it.seq)
		}
		record := identityRecord{seq: it.seq, ends: it.ends, owed: len(it.owed)}.encode()
		b.put(it.id.appendKey(b.key()), record, 0, it.expires)
	}
	o.writes.build(b)
	return nil
}

// name writes the number of a line with the first record that uses it.
func (b *batch) name(l *line) {
	if !l.named {
		l.named = true
		b.put(appendNameKey(b.key(), l.name), encodeName(l.id), 0, 0)
	}
}

func (o *enqueueOp) apply() {
	o.writes.apply()
	for i := range o.items {
		it := &o.items[i]
		if it.receipt.Repeat {
			continue
		}
		if it.window {
			o.q.seen.add(it.id, it.ends, o.q.clock.own())
		}
		for j := range it.owed {
			owed := &it.owed[j]
			if owed.record.state != queue.Pending {
				continue
			}
			e := &entry{seq: it.seq, event: it.seq, hash: owed.hash, created: it.now}
			if o.q.heldNow.Load() < o.q.opt.HeldBytes {
				e.body, e.record, e.held = it.kept, &owed.record, it.held
				o.q.heldNow.Add(it.held)
			}
			replaces := ""
			if owed.newest {
				replaces = deliveryID(it.receipt.ID, owed.line.name, it.seq, 0)
			}
			owed.line.arrive(e, replaces)
		}
	}
}

func (o *enqueueOp) finish(err error) {
	for i := range o.items {
		o.items[i].work.free()
		o.items[i].work, o.items[i].payload = nil, nil
	}
	o.q.claims.drop(o.ids)
	o.ticket.finish(err)
}

// nextSeq gives out a number. Only the committer calls it.
func (q *Queue) nextSeq() uint64 {
	q.seq++
	return q.seq
}
