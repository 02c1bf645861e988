package badgerqueue

import (
	"context"
	"fmt"

	"github.com/plugboard/plugboard/queue"
)

func (q *Queue) lookUp(id string) (*found, *eventRecord, error) {
	snap := q.store.snapshot()
	defer snap.release()
	return q.findDelivery(snap.Txn, id, false)
}

// Cancel ends a pending delivery or puts a dead letter away. See queue.Inspector.
func (q *Queue) Cancel(ctx context.Context, id, why string) error {
	if !q.enter() {
		return queue.ErrClosed
	}
	defer q.leave()
	why = why[:min(len(why), maxText)]
	d, _, err := q.lookUp(id)
	if err != nil {
		return err
	}
	if d.record.state == queue.Dead {
		return q.putAway(ctx, id, why)
	}
	e, err := d.reserve(true, why)
	if e == nil || err != nil {
		return err
	}
	return q.cancel(ctx, d.l, e, why)
}

// RetryNow makes a waiting delivery due at once. See queue.Inspector.
func (q *Queue) RetryNow(ctx context.Context, id string) error {
	if !q.enter() {
		return queue.ErrClosed
	}
	defer q.leave()
	d, _, err := q.lookUp(id)
	if err != nil {
		return err
	}
	e, err := d.reserve(false, "")
	if e == nil || err != nil {
		return err
	}
	record, err := q.freshRecord(d.l, e)
	if err != nil {
		return err
	}
	o := &settleOp{ticket: q.ticket(), l: d.l, e: e, record: record, ready: true}
	o.record.due = q.clock.own()
	return q.submit(ctx, o, o.ticket)
}

// cancel ends a reserved entry.
func (q *Queue) cancel(ctx context.Context, l *line, e *entry, why string) error {
	record, err := q.freshRecord(l, e)
	if err != nil {
		return err
	}
	o := &settleOp{ticket: q.ticket(), l: l, e: e, record: record}
	o.record.state, o.record.reason, o.record.ended = queue.Cancelled, why, q.now()
	o.record.due, o.record.since, o.record.memo = 0, 0, nil
	return q.submit(ctx, o, o.ticket)
}

// freshRecord reads the record of a reserved entry, which nobody else can be changing.
func (q *Queue) freshRecord(l *line, e *entry) (deliveryRecord, error) {
	key := appendDeliveryKey(nil, l.id, e.seq)
	v, err := q.store.read(key)
	if err != nil {
		return deliveryRecord{}, err
	}
	return decodeDelivery(key, v)
}

// reserve takes a delivery out of the hands of Receive for a change. No entry and no error: there is nothing more to do,
// either because it is leased and the cancellation will be heeded when its attempt ends, or because it is due already.
func (d *found) reserve(cancel bool, why string) (*entry, error) {
	l := d.l
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.live[d.seq]
	if e == nil {
		return d.reserveStored(cancel)
	}
	switch e.place {
	case atReserved, atStuck:
		return nil, fmt.Errorf("badgerqueue: delivery at %s/%d is being changed already, or cannot be read", l.name, d.seq)
	case atLeased:
		if cancel {
			e.cancelled, e.why = true, why
		}
		return nil, nil
	case atDelay:
		l.delays.drop(e)
		if !cancel {
			l.first(e)
			return nil, nil
		}
	case atTimer:
		l.timers.drop(e)
	default:
		if !cancel {
			return nil, nil
		}
	}
	e.operated = true
	l.move(e, atReserved)
	return e, nil
}

// reserveStored reserves a delivery that is only on disk: its record may have changed since it was looked up, and is found
// anew.
func (d *found) reserveStored(cancel bool) (*entry, error) {
	l := d.l
	txn := l.q.store.db.NewTransactionAt(latest, false)
	defer txn.Discard()
	key := appendDeliveryKey(nil, l.id, d.seq)
	v, err := readValue(txn, key)
	if err != nil {
		return nil, err
	}
	r, err := decodeDelivery(key, v)
	if err != nil {
		return nil, err
	}
	if d.record = r; r.state.Ended() {
		return nil, fmt.Errorf("%w: as %s", queue.ErrEnded, r.state)
	}
	if !cancel && r.due == 0 {
		return nil, nil
	}
	e := &entry{seq: d.seq, event: r.eventSeq(d.seq), hash: hashOf(r.key), created: r.created, operated: true, due: r.due}
	c := l.chains[e.hash]
	if e.due != 0 {
		l.out--
		if c != nil && c.retry && c.head == nil {
			c.head = e
		}
	} else if c != nil && e.hash != 0 {
		v, err := readValue(txn, appendFollowerKey(nil, l.id, e.hash, e.seq))
		if err != nil {
			return nil, err
		}
		e.follower, e.onDisk = v != nil, v != nil
	}
	l.move(e, atReserved)
	return e, nil
}
