package badgerqueue

import (
	"context"
	"fmt"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// replayOp adds a further delivery of a stored event to the end of a destination's line.
type replayOp struct {
	ticket
	q      *Queue
	l      *line
	record deliveryRecord
	event  string // its ID
	seq    uint64
}

func (o *replayOp) weight() int {
	return 6*perWrite + len(o.record.route) + len(o.record.key) + len(o.l.name)
}

func (o *replayOp) build(b *batch) error {
	o.seq = o.q.nextSeq()
	b.name(o.l)
	b.put(appendDeliveryKey(b.key(), o.l.id, o.seq), o.record.encode(), byte(queue.Pending), 0)
	b.owe(o.l, 1)
	b.put(appendReplayKey(b.key(), o.record.event, o.l.id, o.seq), newRecord(0), 0, 0)
	return nil
}

func (o *replayOp) apply() {
	o.l.arrive(&entry{seq: o.seq, event: o.record.event, hash: hashOf(o.record.key), created: o.record.created}, "")
}

func (q *Queue) newReplay(l *line, r *eventRecord, route, key string) *replayOp {
	return &replayOp{ticket: q.ticket(), q: q, l: l, event: r.event.ID, record: deliveryRecord{
		state: queue.Pending, event: r.seq, created: q.now(), route: route, key: shortKey(key),
	}}
}

// id is the delivery's, once it is committed.
func (o *replayOp) id() string { return deliveryID(o.event, o.l.name, o.seq, o.record.event) }

// Replay queues a delivery's event again. See queue.Inspector.
func (q *Queue) Replay(ctx context.Context, id string) (string, error) {
	if !q.enter() {
		return "", queue.ErrClosed
	}
	defer q.leave()
	q.retiring.RLock() // until the replay is committed its event must not go
	defer q.retiring.RUnlock()
	d, r, err := q.lookUp(id)
	if err != nil {
		return "", err
	}
	ids, err := q.requeue(ctx, []*replayOp{q.newReplay(d.l, r, d.record.route, d.record.key)})
	return ids[0], err
}

// Requeue queues stored events again. See queue.Inspector. They are handed to the committer one after the other, so that
// they keep their order whatever commits they come to ride in.
func (q *Queue) Requeue(ctx context.Context, again ...queue.Again) ([]string, error) {
	if !q.enter() {
		return make([]string, len(again)), queue.ErrClosed
	}
	defer q.leave()
	q.retiring.RLock() // as in Replay
	defer q.retiring.RUnlock()
	ops := make([]*replayOp, len(again))
	if err := q.planReplays(again, ops); err != nil {
		return make([]string, len(again)), err
	}
	return q.requeue(ctx, ops)
}

// planReplays makes an op for each event that is stored.
func (q *Queue) planReplays(again []queue.Again, ops []*replayOp) error {
	snap := q.store.snapshot()
	defer snap.release()
	for i, a := range again {
		if a.Destination == "" {
			return fmt.Errorf("badgerqueue: event %q is to be queued again for no destination", a.Event)
		}
		r, err := q.findEventOf(snap.Txn, a.Source, a.Event)
		if err != nil {
			return err
		}
		if r != nil {
			ops[i] = q.newReplay(q.line(a.Destination), r, a.Route, a.Key)
		}
	}
	return nil
}

// requeue hands in the ops there are and waits for all of them. Called with q.retiring held.
func (q *Queue) requeue(ctx context.Context, ops []*replayOp) (ids []string, err error) {
	ids = make([]string, len(ops))
	if err := q.usable(); err != nil {
		return ids, err
	}
	bytes := 0
	for _, o := range ops {
		if o != nil {
			bytes += o.weight()
		}
	}
	if err := q.space.admit(bytes); err != nil {
		return ids, err
	}
	defer q.space.release(bytes)
	added := 0
	for _, o := range ops {
		if o != nil {
			if err = q.committer.add(o); err != nil {
				break
			}
		}
		added++
	}
	for i, o := range ops[:added] {
		if o == nil {
			continue
		}
		if failed := o.wait(context.WithoutCancel(ctx)); failed != nil {
			err = failed
			continue
		}
		ids[i] = o.id()
	}
	return ids, err
}

// putAwayOp makes a dead letter a cancelled delivery.
type putAwayOp struct {
	ticket
	d *found
}

func (o *putAwayOp) weight() int {
	n := 2*perWrite + 64 + len(o.d.record.route) + len(o.d.record.key) + len(o.d.record.reason)
	if o.d.record.last != nil {
		n += attemptSize(o.d.record.last)
	}
	return n
}

func (o *putAwayOp) build(b *batch) error {
	b.put(appendDeliveryKey(b.key(), o.d.l.id, o.d.seq), o.d.record.encode(), o.d.record.meta(), 0)
	b.delete(appendDeadKey(b.key(), o.d.l.id, o.d.seq))
	return nil
}

func (o *putAwayOp) apply() {}

// putAway cancels a dead letter. Nothing else changes one, and doing it twice comes to the same.
func (q *Queue) putAway(ctx context.Context, id, why string) error {
	q.retiring.RLock() // as in Replay
	defer q.retiring.RUnlock()
	d, _, err := q.lookUp(id)
	if err != nil {
		return err
	}
	if d.record.state != queue.Dead {
		return fmt.Errorf("%w: as %s", queue.ErrEnded, d.record.state)
	}
	d.record.state, d.record.reason = queue.Cancelled, why
	o := &putAwayOp{ticket: q.ticket(), d: d}
	return q.submit(context.WithoutCancel(ctx), o, o.ticket)
}

// forgetOp removes a request that was set aside.
type forgetOp struct {
	ticket
	keys [][]byte
}

func (o *forgetOp) weight() int { return (len(o.keys) + 1) * perWrite }

func (o *forgetOp) build(b *batch) error {
	for _, key := range o.keys {
		b.delete(key)
	}
	return nil
}

func (o *forgetOp) apply() {}

// Forget removes a request that was set aside, in all its parts. See queue.Inspector.
func (q *Queue) Forget(ctx context.Context, id string) error {
	o := &forgetOp{ticket: q.ticket()}
	err := q.view(ctx, func(txn *badger.Txn) error {
		key, err := findRejected(txn, id)
		if err != nil {
			return err
		}
		return scan(txn, key, nil, false, false, func(part []byte, _ *badger.Item) (bool, error) {
			o.keys = append(o.keys, append([]byte(nil), part...))
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	return q.submit(ctx, o, o.ticket)
}

// findRejected gives the key of a request set aside: an ID that was made here says it, others are looked for.
func findRejected(txn *badger.Txn, id string) (found []byte, err error) {
	is := func(key []byte, item *badger.Item) (bool, error) {
		v, err := item.ValueCopy(nil)
		if err != nil {
			return false, corrupt(key, "%v", err)
		}
		r, err := readRejected(txn, append([]byte(nil), key...), v)
		return r.ID == id, err
	}
	visit := func(key []byte, item *badger.Item) (bool, error) {
		if isPart(key) {
			return true, nil
		}
		hit, err := is(key, item)
		if hit {
			found = append([]byte(nil), key...)
		}
		return !hit, err
	}
	var seq uint64
	if _, err := fmt.Sscanf(id, "rejected-%d", &seq); err == nil {
		if err := scan(txn, appendRejectedKey(nil, seq), nil, false, false, visit); found != nil || err != nil {
			return found, err
		}
	}
	if err := scan(txn, []byte{kindRejected}, nil, false, false, visit); found != nil || err != nil {
		return found, err
	}
	return nil, fmt.Errorf("%w: request set aside %q", queue.ErrNotFound, id)
}
