package badgerqueue

import (
	"container/heap"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// lease is the right to attempt one delivery.
type lease struct {
	l        *line
	e        *entry
	record   deliveryRecord
	delivery queue.Delivery
	over     atomic.Bool
}

// lease makes leases of entries that pick took. One whose record cannot be read stays pending, is named in the error and
// in every audit, and is not handed out again before a restart.
func (l *line) lease(picked []*entry) ([]queue.Lease, error) {
	if !l.q.enter() {
		return nil, queue.ErrClosed
	}
	defer l.q.leave()
	var txn *badger.Txn
	out := make([]queue.Lease, 0, len(picked))
	var failed error
	for _, e := range picked {
		if (e.body == nil || e.record == nil) && txn == nil {
			txn = l.q.store.db.NewTransactionAt(latest, false)
			defer txn.Discard()
		}
		ls, err := l.open(txn, e)
		if err != nil {
			failed = fmt.Errorf("delivery of %s at %d cannot be attempted: %w", l.name, e.seq, err)
			l.q.opt.Logger.Error("a stored delivery cannot be read", "destination", l.name, "err", err)
			l.mu.Lock()
			l.move(e, atStuck)
			l.mu.Unlock()
			continue
		}
		out = append(out, ls)
	}
	if len(out) > 0 {
		return out, nil
	}
	return nil, failed
}

// open reads what the lease of an entry shows, as far as it is not in memory. A leased entry is nobody else's: no lock.
func (l *line) open(txn *badger.Txn, e *entry) (*lease, error) {
	if e.record == nil {
		if err := l.complete(txn, e); err != nil {
			return nil, err
		}
	}
	ls := &lease{l: l, e: e, record: *e.record}
	if e.body != nil {
		ls.delivery = e.record.toDelivery(l, e.seq, *e.body)
		return ls, nil
	}
	ev, err := l.q.store.readEvent(txn, e.event, true)
	if err != nil {
		return nil, err
	}
	if ev == nil {
		return nil, corrupt(appendEventKey(nil, e.event), "missing, though a delivery is pending")
	}
	ls.delivery = e.record.toDelivery(l, e.seq, ev.event)
	return ls, nil
}

// Delivery gives what is to be attempted. Its event is shared: read only.
func (ls *lease) Delivery() *queue.Delivery { return &ls.delivery }

// Done ends the delivery. See queue.Lease.
func (ls *lease) Done(ctx context.Context, state queue.State, a queue.Attempt) error {
	if !state.Ended() || state == queue.Cancelled {
		return fmt.Errorf("badgerqueue: a lease cannot end as %s", state)
	}
	if !ls.over.CompareAndSwap(false, true) {
		return queue.ErrEnded
	}
	o := ls.settle(a)
	o.record.state, o.record.due, o.record.ended, o.record.since = state, 0, ls.l.q.now(), 0
	o.record.reason = o.record.why()
	o.record.memo = nil
	return ls.l.q.submit(ctx, o, o.ticket)
}

// Retry records a failed attempt. See queue.Lease.
func (ls *lease) Retry(ctx context.Context, at time.Time, memo []byte, a queue.Attempt) error {
	if len(memo) > maxMemo {
		return fmt.Errorf("%w: a memo of %d bytes, %d are possible; the lease is still open", queue.ErrTooLarge, len(memo), maxMemo)
	}
	if !ls.over.CompareAndSwap(false, true) {
		return queue.ErrEnded
	}
	if at.IsZero() {
		at = ls.l.q.opt.Now()
	}
	o := ls.settle(a)
	if o.record.since == 0 && !a.Started.IsZero() {
		o.record.since = ls.l.q.clock.place(a.Started)
	}
	o.record.due, o.record.memo, o.record.reason = max(1, ls.l.q.clock.place(at)), memo, o.record.why()
	return ls.l.q.submit(ctx, o, o.ticket)
}

// settle starts the op that ends the lease with an attempt. The zero Attempt says that none was made.
func (ls *lease) settle(a queue.Attempt) *settleOp {
	o := &settleOp{ticket: ls.l.q.ticket(), l: ls.l, e: ls.e, record: ls.record}
	o.writes, a.Writes = ls.l.q.memories.prepare(a.Writes), nil
	if a.Started.IsZero() && a.Result == "" {
		return o
	}
	if a.Number == 0 {
		a.Number = o.record.attempts + 1
	}
	a.Response = a.Response[:min(len(a.Response), maxText)]
	a.Error, a.Request = a.Error[:min(len(a.Error), maxText)], a.Request[:min(len(a.Request), maxText)]
	if o.record.first == 0 {
		o.record.first = nanosOf(a.Started)
	}
	o.before = o.record.last
	o.record.attempts++
	if a.Spared {
		o.record.spared++
		a.Spared = false
	}
	o.record.last = &a
	return o
}

// Release gives the delivery back. See queue.Lease.
func (ls *lease) Release(at time.Time) {
	if !ls.over.CompareAndSwap(false, true) {
		return
	}
	l, e := ls.l, ls.e
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.cancelled {
		l.cancelLater(e)
		return
	}
	if l.stale(e) {
		l.overtake(e)
		return
	}
	if wake := l.q.clock.place(at); !at.IsZero() && wake > l.q.clock.own() {
		e.wake = wake
		l.move(e, atDelay)
		heap.Push(&l.delays, e)
		l.setAlarm()
		return
	}
	l.first(e)
}
