package badgerqueue

import (
	"context"
	"encoding/binary"

	"github.com/plugboard/plugboard/queue"
)

// settleOp rewrites a delivery's record: it has ended, or it waits for a retry. The records that stood for its old place
// go in the same commit.
type settleOp struct {
	ticket
	l      *line
	e      *entry
	record deliveryRecord
	writes stateWrites
	before *queue.Attempt // the last attempt until now: it moves to an a record
	ready  bool           // due at once: an operator said so
}

func (o *settleOp) weight() int {
	n := 6*perWrite + 64 + len(o.record.route) + len(o.record.key) + len(o.record.reason) + len(o.record.memo)
	if o.record.last != nil {
		n += attemptSize(o.record.last)
	}
	if o.before != nil {
		n += attemptSize(o.before)
	}
	return n + perWrite + o.writes.weight()
}

func (o *settleOp) build(b *batch) error {
	e, l := o.e, o.l
	if e.over {
		return queue.ErrEnded
	}
	o.heedCancel()
	b.put(appendDeliveryKey(b.key(), l.id, e.seq), o.record.encode(), o.record.meta(), 0)
	if o.before != nil && o.before != o.record.last {
		b.put(appendAttemptKey(b.key(), l.id, e.seq, o.before.Number), encodeAttempt(o.before), 0, 0)
	}
	if e.due != 0 {
		b.delete(appendTimerKey(b.key(), l.id, e.due, e.seq))
	}
	if e.follower {
		b.delete(appendFollowerKey(b.key(), l.id, e.hash, e.seq))
	}
	e.follower, e.due = false, o.record.due
	if e.due != 0 {
		b.put(appendTimerKey(b.key(), l.id, e.due, e.seq), encodeTimer(e), 0, 0)
	}
	if o.record.state == queue.Dead {
		b.put(appendDeadKey(b.key(), l.id, e.seq), newRecord(0), 0, 0)
	}
	if e.over = o.record.state.Ended(); e.over {
		b.owe(l, -1)
		l.endNewest(b, e)
	}
	o.writes.build(b)
	return nil
}

// heedCancel turns an end that did not deliver into the cancellation that was asked for during the attempt.
func (o *settleOp) heedCancel() {
	o.l.mu.Lock()
	defer o.l.mu.Unlock()
	if o.e.cancelled && o.record.state != queue.Delivered && o.record.state != queue.Cancelled {
		o.record.state, o.record.reason = queue.Cancelled, o.e.why
		o.record.due, o.record.since, o.record.ended, o.record.memo = 0, 0, o.l.q.now(), nil
	}
}

func encodeTimer(e *entry) []byte {
	b := binary.AppendUvarint(newRecord(32), e.hash)
	b = binary.AppendUvarint(b, e.event)
	return appendTime(b, e.created)
}

func (o *settleOp) apply() {
	l, e := o.l, o.e
	o.writes.apply()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed = true
	if o.record.state.Ended() {
		l.pending--
		l.settled(e)
		return
	}
	l.letGo(e)
	e.retried, e.wake = true, o.record.due
	if c := l.chains[e.hash]; c != nil && c.head == e {
		c.retry = true
	}
	switch {
	case e.cancelled:
		l.cancelLater(e)
	case l.stale(e):
		l.overtake(e)
	case o.ready:
		l.fall(e)
	default:
		l.sleep(e)
	}
	l.wantRefill()
}

// settled takes an ended delivery out of memory and passes its key on.
func (l *line) settled(e *entry) {
	if c := l.chains[e.hash]; c != nil && e.onDisk {
		e.onDisk = false
		c.disk--
	}
	l.end(e)
	l.ended(e)
	l.release(e)
	l.wantRefill()
}

// cancelLater ends a delivery whose attempt did not, as an operator asked during it.
func (l *line) cancelLater(e *entry) {
	l.move(e, atReserved)
	why := e.why
	l.q.background(func() {
		if err := l.q.cancel(context.Background(), l, e, why); err != nil {
			l.q.opt.Logger.Error("a delivery could not be cancelled", "destination", l.name, "err", err)
		}
	})
}
