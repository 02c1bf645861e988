package badgerqueue

import (
	"context"
	"sync"

	"github.com/plugboard/plugboard/queue"
)

// op is a change that rides a commit. The committer calls build, apply and finish from its one goroutine, op after op,
// so that what an op keeps between them needs no lock, and so that changes happen in the order of their numbers.
type op interface {
	weight() int          // bytes of records it will write at most, keys and overhead included
	payload() int         // bytes of payloads, which go to the journal alone
	build(b *batch) error // adds its writes; an error refuses this op alone and must come before its first write
	apply()               // after the commit: changes what is in memory
	finish(err error)     // wakes who waits
}

// ticket is the waiting half of an op.
type ticket struct {
	result chan error
	pool   *sync.Pool
}

// ticket gives a ticket whose channel is used again, once the one result has been taken out.
func (q *Queue) ticket() ticket {
	c, _ := q.results.Get().(chan error)
	if c == nil {
		c = make(chan error, 1)
	}
	return ticket{result: c, pool: &q.results}
}

func (t ticket) finish(err error) { t.result <- err }

func (ticket) payload() int { return 0 } // most ops have none

// wait returns when the op is durable or refused. When ctx ends first the op is committed none the less.
func (t ticket) wait(ctx context.Context) error {
	select {
	case err := <-t.result:
		t.pool.Put(t.result)
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// submit hands an op in and waits for it.
func (q *Queue) submit(ctx context.Context, o op, t ticket) error {
	if err := q.committer.add(o); err != nil {
		return err
	}
	return t.wait(ctx)
}

// usable says why nothing is accepted any more: closed, or a commit failed.
func (q *Queue) usable() error {
	if q.closing.Load() {
		return queue.ErrClosed
	}
	return q.usableNow()
}

// usableNow is usable for what was handed in before Close.
func (q *Queue) usableNow() error {
	if err := q.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// fail stops acceptance for good and tells Failed.
func (q *Queue) fail(err error) error {
	if q.broken.CompareAndSwap(nil, &err) {
		q.opt.Logger.Error("the store failed; the gateway has to be restarted", "err", err)
		q.failed <- err
	}
	return *q.broken.Load()
}
