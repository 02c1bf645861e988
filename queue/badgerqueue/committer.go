package badgerqueue

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// Limits of one commit. Nothing waits for a batch to fill: it is whatever came in during the commit before.
const (
	maxBatchOps   = 4096
	maxBatchBytes = 4 << 20
)

// perWrite is what each key written adds to an op's weight. It is more than Badger counts for one in bytes, and more than
// its limit on the number of keys leaves for each, so that a batch within its bytes is within both.
const perWrite = 128

// op is a change that rides a commit. The committer calls build, apply and finish from its one goroutine, op after op,
// so that what an op keeps between them needs no lock, and so that changes happen in the order of their numbers.
type op interface {
	weight() int          // bytes it will write at most, keys and overhead included
	build(b *batch) error // adds its writes; an error refuses this op alone and must come before its first write
	apply()               // after the commit: changes what is in memory
	finish(err error)     // wakes who waits
}

// committer owns all writes.
type committer struct {
	q    *Queue
	done chan struct{}
	wake chan struct{}

	version uint64 // of the last commit handed to Badger; run's own

	mu      sync.Mutex
	queued  []op
	refuses bool // nothing more from outside
	closed  bool
}

func newCommitter(q *Queue) *committer {
	return &committer{q: q, done: make(chan struct{}), wake: make(chan struct{}, 1), version: q.store.visible}
}

// add hands an op in. After nil, finish will be called exactly once.
func (c *committer) add(o op) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuses {
		return queue.ErrClosed
	}
	c.push(o)
	return nil
}

// push queues an op. Called with c.mu held.
func (c *committer) push(o op) {
	if c.queued = append(c.queued, o); len(c.queued) == 1 {
		c.poke()
	}
}

func (c *committer) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// close refuses what comes now, commits what was handed in, then writes the floors of the lines as they are after that,
// and ends the committer.
func (c *committer) close(lines []*line) error {
	c.mu.Lock()
	c.refuses = true
	c.mu.Unlock()
	barrier := &metaOp{ticket: c.q.ticket(), q: c.q}
	err := c.insist(barrier)
	for some := range slices.Chunk(lines, metaLines) {
		if err == nil {
			err = c.insist(&metaOp{ticket: c.q.ticket(), q: c.q, lines: some})
		}
	}
	if err == nil {
		err = c.insist(&metaOp{ticket: c.q.ticket(), q: c.q, clean: true})
	}
	c.mu.Lock()
	c.closed = true
	c.poke()
	c.mu.Unlock()
	<-c.done
	return err
}

// insist commits an op though others are refused.
func (c *committer) insist(o *metaOp) error {
	c.mu.Lock()
	c.push(o)
	c.mu.Unlock()
	return <-o.result
}

// take gives the ops that came in, and takes spare, emptied, to be filled again. ended says that none will come any more.
func (c *committer) take(spare []op) (ops []op, ended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queued) == 0 {
		return spare[:0], c.closed
	}
	ops = c.queued
	c.queued = spare[:0]
	return ops, false
}

// run puts the next batch together while the one before is written and synced: two batches take turns.
func (c *committer) run() {
	defer close(c.done)
	next, under := &batch{q: c.q}, &batch{q: c.q}
	written := make(chan error, 1)
	busy := false // under is being written
	finish := func(err error) {
		c.finish(under, err)
		busy = false
	}
	launch := func() {
		if len(next.ops) == 0 {
			return
		}
		next, under = under, next
		busy = true
		c.launch(under, written)
	}
	var ops []op
	for {
		var ended bool
		ops, ended = c.take(ops)
		for i, o := range ops {
			if next.full(o) {
				if busy {
					finish(<-written)
				}
				launch()
			}
			next.add(o)
			ops[i] = nil
		}
		if !busy {
			launch()
		}
		switch {
		case busy && ended:
			finish(<-written)
		case busy:
			select {
			case err := <-written:
				finish(err)
			case <-c.wake:
			}
		case ended:
			return
		default:
			<-c.wake
		}
	}
}

// launch hands a batch to Badger. After a failed commit nothing is known of the disk: it is not tried again, and nothing
// more is written.
func (c *committer) launch(b *batch, written chan<- error) {
	b.start = time.Now()
	c.version++
	err := c.q.usableNow()
	if err == nil {
		err = b.err
	}
	if err != nil {
		written <- err
		return
	}
	if err := b.txn.CommitAt(c.version, func(err error) { written <- err }); err != nil {
		written <- err
	}
}

// finish makes a written batch known: to what is in memory, then to who waits.
func (c *committer) finish(b *batch, err error) {
	if err != nil {
		if broken := c.q.usableNow(); broken != nil {
			err = broken
		} else {
			err = c.q.fail(fmt.Errorf("badgerqueue: commit failed, nothing more is accepted before a restart: %w", err))
		}
	} else {
		c.q.store.committed(c.version)
		for _, o := range b.ops {
			o.apply()
		}
		if c.q.opt.Observe != nil {
			c.q.opt.Observe(len(b.ops), time.Since(b.start))
		}
	}
	for i, o := range b.ops {
		o.finish(err)
		b.ops[i] = nil
	}
	b.reset()
}

// batch is the commit that is being put together.
type batch struct {
	q       *Queue
	txn     *badger.Txn
	start   time.Time // of its commit
	ops     []op
	bytes   int
	err     error          // of a write that Badger refused
	keys    []byte         // room for keys, used again after the commit
	entries []badger.Entry // likewise
}

// full says whether an op has to wait for the next batch.
func (b *batch) full(o op) bool {
	return len(b.ops) == maxBatchOps || len(b.ops) > 0 && b.bytes+o.weight() > b.q.batchBytes
}

func (b *batch) add(o op) {
	if b.txn == nil {
		b.txn = b.q.store.db.NewTransactionAt(latest, true)
	}
	if err := o.build(b); err != nil {
		o.finish(err)
		return
	}
	b.ops = append(b.ops, o)
	b.bytes += o.weight()
}

func (b *batch) reset() {
	b.txn.Discard()
	b.txn, b.err, b.bytes, b.ops = nil, nil, 0, b.ops[:0]
	b.keys, b.entries = b.keys[:0], b.entries[:0]
}

// key gives an empty slice with room for a key; pass what was appended to it to put or delete.
func (b *batch) key() []byte {
	if cap(b.keys)-len(b.keys) < 64 {
		b.keys = make([]byte, 0, 32<<10)
	}
	return b.keys[len(b.keys):]
}

// keep claims the room that key was appended to, if it still fits there.
func (b *batch) keep(key []byte) {
	if n := len(b.keys); len(key) <= cap(b.keys)-n {
		b.keys = b.keys[:n+len(key)]
	}
}

// put seals and writes a record that newRecord began. Badger keeps both slices until the commit is done; expires is in
// nanoseconds, 0 for never.
func (b *batch) put(key, record []byte, meta byte, expires int64) {
	b.keep(key)
	seal(key, record)
	if len(b.entries) == cap(b.entries) {
		b.entries = make([]badger.Entry, 0, 512)
	}
	b.entries = append(b.entries, badger.Entry{Key: key, Value: record, UserMeta: meta})
	e := &b.entries[len(b.entries)-1]
	if expires != 0 {
		e.ExpiresAt = uint64(expires/int64(time.Second)) + 1
	}
	if err := b.txn.SetEntry(e); err != nil && b.err == nil {
		b.err = fmt.Errorf("write %s: %w", keyString(key), err)
	}
}

func (b *batch) delete(key []byte) {
	b.keep(key)
	if err := b.txn.Delete(key); err != nil && b.err == nil {
		b.err = fmt.Errorf("delete %s: %w", keyString(key), err)
	}
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
