package badgerqueue

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Limits of one commit. Nothing waits by the clock for a batch to fill: it is what came in during the commit before, and
// what whoever can run now hands in when the committer lets them go first. A sync costs the same for one as for a hundred,
// so on busy processors that is worth more than an earlier start; on idle ones nobody is there to let go first.
const (
	maxBatchOps   = 4096
	maxBatchBytes = 4 << 20
	maxYields     = 16 // how often it lets others go first for one commit
)

// committer owns all writes.
type committer struct {
	q    *Queue
	done chan struct{}
	wake chan struct{}

	version uint64 // of the last commit that was launched; run's own

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
	yields := 0
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
			if len(next.ops) > 0 && yields < maxYields && !ended {
				yields++
				if runtime.Gosched(); c.waiting() {
					continue // with what came in
				}
			}
			launch()
			yields = 0
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

// waiting says whether something came in that is not taken yet.
func (c *committer) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queued) > 0
}

// launch writes a batch to the journal, and then to Badger. After a failed commit nothing is known of the disk: it is not tried again, and nothing
// more is written.
func (c *committer) launch(b *batch, written chan<- error) {
	b.start = time.Now()
	c.version++
	if b.meta {
		b.putMetas(c.version)
	}
	err := c.q.usableNow()
	if err == nil {
		err = b.err
	}
	if err == nil {
		err = b.place(c.version)
	}
	if err != nil {
		written <- err
		return
	}
	c.q.opt.steps().at(StepBuilt)
	version := c.version
	go func() {
		err := b.log(version)
		if err == nil {
			err = c.q.store.apply(b.txn, version)
		}
		written <- err
	}()
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
		c.q.opt.steps().at(StepSynced)
		c.q.store.committed(c.version)
		for _, o := range b.ops {
			o.apply()
		}
		if c.q.opt.Observe != nil {
			c.q.opt.Observe(len(b.ops), time.Since(b.start))
		}
		c.q.opt.steps().at(StepApplied)
	}
	for i, o := range b.ops {
		o.finish(err)
		b.ops[i] = nil
	}
	c.q.opt.steps().at(StepTold)
	b.reset()
}
