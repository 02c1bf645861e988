package badgerqueue

import (
	"context"
	"fmt"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
	maxPassed    = 20000 // records looked at for one page; a page may be short, even empty, and have a next one
)

// view runs fn on a snapshot.
func (q *Queue) view(ctx context.Context, fn func(txn *badger.Txn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !q.enter() {
		return queue.ErrClosed
	}
	defer q.leave()
	snap := q.store.snapshot()
	defer snap.release()
	return fn(snap.Txn)
}

// eachEvent goes through the events from a cursor on, in the filter's order, until fn says stop, the filter's span is over, or
// enough was passed; then it returns where to go on.
func (q *Queue) eachEvent(ctx context.Context, txn *badger.Txn, f *queue.Filter, from cursor, fn func(*eventRecord) (bool, error)) (next string, err error) {
	passed := 0
	start := appendEventKey(nil, from.seq)
	err = scan(txn, []byte{kindEvent}, start, !f.OldestFirst, false, func(key []byte, item *badger.Item) (bool, error) {
		if passed++; passed > maxPassed {
			next = cursor{seq: seqOf(key)}.String()
			return false, ctx.Err()
		}
		r, err := headOf(key, item)
		if err != nil {
			return false, err
		}
		in, over := within(f, nanosOf(r.event.Received))
		if over {
			return false, nil
		}
		if !in || !wantsEvent(f, &r.event) {
			return true, nil
		}
		return fn(r)
	})
	return next, err
}

func headOf(key []byte, item *badger.Item) (*eventRecord, error) {
	var r eventRecord
	err := item.Value(func(v []byte) (err error) {
		r, err = decodeEvent(key, v)
		return err
	})
	return &r, err
}

// Events lists events. See queue.Inspector. With a destination or state in the filter: those with such a
// delivery.
func (q *Queue) Events(ctx context.Context, f queue.Filter) (page queue.Page[queue.EventInfo], err error) {
	from, err := parseCursor(&f)
	if err != nil {
		return page, err
	}
	limit := limitOf(&f)
	err = q.view(ctx, func(txn *badger.Txn) error {
		var full string
		next, err := q.eachEvent(ctx, txn, &f, from, func(r *eventRecord) (bool, error) {
			ds, err := q.deliveriesOf(txn, r)
			if err != nil {
				return false, err
			}
			hit := f.Destination == "" && f.State == 0
			for _, d := range ds {
				hit = hit || wantsDelivery(&f, d)
			}
			if !hit {
				return true, nil
			}
			if len(page.Items) == limit {
				full = cursor{seq: r.seq}.String()
				return false, nil
			}
			page.Items = append(page.Items, eventInfo(r, ds))
			return true, nil
		})
		if page.Next = next; full != "" {
			page.Next = full
		}
		return err
	})
	return page, err
}

func eventInfo(r *eventRecord, ds []*found) queue.EventInfo {
	info := queue.EventInfo{Event: r.event, Deliveries: make([]queue.Delivery, len(ds))}
	light := r.event
	light.Body, light.Raw = nil, nil
	for i, d := range ds {
		info.Deliveries[i] = d.record.toDelivery(d.l, d.seq, light)
	}
	return info
}

// Event finds an event. See queue.Inspector. Of several with the same ID, the newest.
func (q *Queue) Event(ctx context.Context, id string) (info queue.EventInfo, err error) {
	err = q.view(ctx, func(txn *badger.Txn) error {
		r, err := q.findEvent(txn, id, true)
		if err != nil {
			return err
		}
		if r == nil {
			return fmt.Errorf("%w: event %q", queue.ErrNotFound, id)
		}
		ds, err := q.deliveriesOf(txn, r)
		info = eventInfo(r, ds)
		return err
	})
	return info, err
}

// Delivery finds a delivery and its attempts. See queue.Inspector.
func (q *Queue) Delivery(ctx context.Context, id string) (d queue.Delivery, attempts []queue.Attempt, err error) {
	err = q.view(ctx, func(txn *badger.Txn) error {
		hit, r, err := q.findDelivery(txn, id, true)
		if err != nil {
			return err
		}
		d = hit.record.toDelivery(hit.l, hit.seq, r.event)
		attempts, err = hit.attempts(txn)
		return err
	})
	return d, attempts, err
}

// attempts reads all attempts of a delivery, oldest first.
func (d *found) attempts(txn *badger.Txn) (out []queue.Attempt, err error) {
	if d.record.last == nil {
		return nil, nil
	}
	prefix := appendDeliveryKey(nil, d.l.id, d.seq)
	prefix[0] = kindAttempt
	err = scan(txn, prefix, nil, false, true, func(key []byte, item *badger.Item) (bool, error) {
		return true, item.Value(func(v []byte) error {
			a, err := decodeAttempt(key, append([]byte(nil), v...))
			out = append(out, a)
			return err
		})
	})
	return append(out, *d.record.last), err
}

// Depth counts what waits. See queue.Inspector. Oldest looks at what is in memory, and where nothing is loaded yet,
// as after opening, at the first record on disk: behind a retry whose time is far off something older may wait.
func (q *Queue) Depth(ctx context.Context) (map[string]queue.Depth, error) {
	if err := q.usable(); err != nil {
		return nil, err
	}
	out := map[string]queue.Depth{}
	for _, l := range q.allLines() {
		d, beyond := l.depth()
		if beyond > 0 {
			if first := l.firstFrom(beyond); d.Oldest.IsZero() || !first.IsZero() && first.Before(d.Oldest) {
				d.Oldest = first
			}
		}
		out[l.name] = d
	}
	return out, ctx.Err()
}

// depth is what the line knows; beyond is from where on the disk has what is first, 0: nowhere.
func (l *line) depth() (d queue.Depth, beyond uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d = queue.Depth{Pending: l.pending, Leased: l.count[atLeased]}
	oldest := int64(0)
	for _, e := range l.live {
		if oldest == 0 || e.created < oldest {
			oldest = e.created
		}
	}
	if oldest != 0 {
		d.Oldest = time.Unix(0, oldest).UTC()
	}
	if l.spilled && l.count[atReady]+l.count[atWaiting]+l.count[atLeased]+l.count[atDelay] == 0 {
		beyond = l.cursor + 1
	}
	return d, beyond
}

// firstFrom is when the first that waits from a number on was accepted; zero when none is found within a bounded number of
// records.
func (l *line) firstFrom(seq uint64) time.Time {
	found, _, err := l.readDeliveries(seq, 1)
	if err != nil || len(found) == 0 { // who takes it from there tells the error
		return time.Time{}
	}
	return time.Unix(0, found[0].created).UTC()
}
