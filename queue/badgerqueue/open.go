package badgerqueue

import (
	"context"
	"errors"
	"fmt"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// Open opens the queue in a folder, or makes one. What was pending when it was last closed, or killed, is pending again.
// The error says when another process has the folder, and names a record that cannot be read.
func Open(ctx context.Context, opt Options) (*Queue, error) {
	if opt.Dir == "" {
		return nil, errors.New("badgerqueue: no folder given")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	q, err := load(opt.withDefaults())
	if err != nil {
		return nil, err
	}
	q.space.look(q)
	go q.committer.run()
	if err := q.begin(ctx); err != nil {
		return nil, errors.Join(err, q.Close(context.Background()))
	}
	q.every(time.Second, func() {
		q.writeMeta()
		if err := q.writeMark(); err != nil {
			q.opt.Logger.Warn("the mark of the store was not written", "dir", q.opt.Dir, "err", err)
		}
	})
	q.every(250*time.Millisecond, func() { q.space.look(q) })
	q.every(q.opt.SweepEvery, q.sweep)
	q.every(forgetEvery, q.forget)
	q.background(func() { q.seen.load(q) })
	if r := newTables(q.store.db); r != nil {
		q.keepSmall(r)
		if !q.store.verified {
			q.background(func() { q.scrub(r) })
		}
	}
	q.replacing.start()
	for _, l := range q.allLines() {
		l.mu.Lock()
		l.setAlarm()
		l.wantRefill()
		for hash, c := range l.chains {
			l.promote(hash, c)
		}
		l.mu.Unlock()
	}
	return q, nil
}

// load opens the store and reads what a queue has in memory. Nothing runs yet.
func load(opt Options) (*Queue, error) {
	if err := opt.forgive(knownDamage(opt.Dir)); err != nil {
		return nil, err
	}
	found, err := opt.verify()
	if err != nil {
		return nil, err
	}
	st, err := openStore(opt, found)
	if err != nil {
		return nil, err
	}
	q := &Queue{
		opt: opt, store: st, failed: make(chan error, 1), closed: make(chan struct{}), finished: make(chan struct{}),
		claims: claims{held: map[identity]chan struct{}{}}, seen: newSeen(seenEach, seenMost), lines: map[string]*line{}, byID: map[uint32]*line{},
		maxBytes: int(st.db.MaxBatchSize()) - 64<<10,
	}
	q.batchBytes = min(maxBatchBytes, q.maxBytes)
	q.marked[0] = latest // none is written yet
	if found != nil {
		q.marked[1] = found.Flushed
	}
	q.clock.start(opt)
	q.memories.start(q)
	q.replacing.q = q
	q.committer = newCommitter(q)
	trouble := func(err error) { _ = q.fail(err) }
	st.trouble.Store(&trouble)
	if err := q.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", opt.Dir, err), st.shut())
	}
	if err := opt.forgive(q.compare(found)); err != nil {
		return nil, errors.Join(err, st.shut()) // the mark stays, so that the next start says the same
	}
	return q, nil
}

// recover reads the names, floors, retries and parked followers of all lines. Its time grows with the deliveries that
// wait for a retry or behind one, not with those that have ended or simply wait. After a kill the commits of the last second
// are gone through for the counts.
func (q *Queue) recover() error {
	snap := q.store.snapshot()
	defer snap.release()
	meta, err := q.recoverMeta(snap.Txn)
	if err != nil {
		return err
	}
	err = scan(snap.Txn, []byte{kindName}, nil, false, true, func(key []byte, item *badger.Item) (bool, error) {
		name := string(key[1:])
		err := item.Value(func(v []byte) error {
			f, err := unseal(key, v)
			if err != nil {
				return err
			}
			l := newLine(q, uint32(f.uint()), name)
			l.named = true
			q.add(l)
			q.lineID = max(q.lineID, l.id)
			return f.done(key)
		})
		return true, err
	})
	if err != nil {
		return err
	}
	for _, l := range q.allLines() {
		if err := l.recover(snap.Txn); err != nil {
			return err
		}
		q.seq = max(q.seq, l.last, l.floorWas)
	}
	if err := q.memories.recover(snap.Txn); err != nil {
		return err
	}
	if err := q.registry.recover(&q.opt, snap.Txn); err != nil {
		return err
	}
	return q.recount(snap.Txn, meta.since)
}

func (q *Queue) recoverMeta(txn *badger.Txn) (m queueMeta, err error) {
	key := appendMetaKey(nil, 0)
	v, err := readValue(txn, key)
	if err != nil {
		return m, err
	}
	if v != nil {
		if m, err = decodeQueueMeta(key, v); err != nil {
			return m, err
		}
	}
	q.sweeper.floor.Store(m.sweep)
	q.clock.resume(m.clock)
	q.seq = m.seq
	for _, kind := range []byte{kindEvent, kindRejected} {
		last := func(key []byte, _ *badger.Item) (bool, error) {
			if len(key) >= 9 {
				q.seq = max(q.seq, seqOf(key[:9]))
			}
			return false, nil
		}
		if err := scan(txn, []byte{kind}, nil, true, false, last); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (l *line) recover(txn *badger.Txn) error {
	m := lineMeta{}
	key := appendMetaKey(nil, l.id)
	v, version, err := readVersion(txn, key)
	if err != nil {
		return err
	}
	if v != nil {
		if m, err = decodeLineMeta(key, v); err != nil {
			return err
		}
	}
	l.marked, l.markedLast = version, m.last
	l.floorWas = m.floor
	l.cursor = max(m.floor, 1) - 1
	if err := l.recoverNewest(txn); err != nil {
		return err
	}
	err = scan(txn, appendLine(nil, kindDelivery, l.id), nil, true, false, func(key []byte, _ *badger.Item) (bool, error) {
		l.last = seqOf(key)
		return false, nil
	})
	if err != nil {
		return err
	}
	l.last = max(l.last, l.cursor)
	l.recovered, l.spilled = l.last, l.last > l.cursor
	if err := l.recoverTimers(txn, m.timers); err != nil {
		return err
	}
	if err := l.recoverFollowers(txn); err != nil {
		return err
	}
	l.pending = m.pending
	return nil
}

// recoverTimers reads all t records: those due next stay in memory, of the others only that their keys are taken.
func (l *line) recoverTimers(txn *badger.Txn, from int64) error {
	prefix := appendLine(nil, kindTimer, l.id)
	start := appendTimerKey(nil, l.id, max(0, from), 0)
	err := scan(txn, prefix, start, false, true, func(key []byte, item *badger.Item) (bool, error) {
		e, err := timerEntry(key, item)
		if err != nil {
			return false, err
		}
		if l.stale(e) { // its end was not written any more
			l.q.replacing.add(replaced{l: l, seq: e.seq})
		}
		var c *chain
		if e.hash != 0 {
			c = &chain{retry: true}
			l.chains[e.hash] = c
		}
		if l.count[atTimer] >= l.timerRoom() {
			l.out++
			return true, nil
		}
		l.move(e, atTimer)
		l.timers = append(l.timers, e) // in order of waking: a heap already
		l.edge = e.wakes()
		if c != nil {
			c.head = e
		}
		return true, nil
	})
	if l.out == 0 {
		l.edge = never
	}
	return err
}

// recoverFollowers counts the k records by key.
func (l *line) recoverFollowers(txn *badger.Txn) error {
	prefix := appendLine(nil, kindFollower, l.id)
	return scan(txn, prefix, nil, false, false, func(key []byte, _ *badger.Item) (bool, error) {
		l.followers = true
		hash := seqOf(key[:len(key)-8])
		c := l.chains[hash]
		if c == nil {
			c = &chain{}
			l.chains[hash] = c
		}
		if c.disk == 0 {
			c.from = seqOf(key) - 1
		}
		c.disk++
		return true, nil
	})
}

// recount brings the counts of the lines up to date: with each delivery whose record was written after its line's. Badger
// leaves out the tables that hold nothing newer than since, so this looks at what was written in the last seconds, and not
// at what waits. With a part of the store missing, no record of a line is to be relied on.
func (q *Queue) recount(txn *badger.Txn, since uint64) error {
	if q.opt.AcceptLoss {
		since = 0
		for _, l := range q.allLines() {
			l.pending, l.marked, l.markedLast = 0, 0, 0
		}
	}
	opt := badger.DefaultIteratorOptions
	opt.Prefix, opt.PrefetchValues, opt.SinceTs = []byte{kindDelivery}, false, since
	it := txn.NewIterator(opt)
	defer it.Close()
	for it.Seek(opt.Prefix); it.Valid(); it.Next() {
		item := it.Item()
		l := q.byID[lineOf(item.Key())]
		if l == nil || item.Version() <= l.marked {
			continue
		}
		pending := item.UserMeta()&^timed == byte(queue.Pending)
		switch known := seqOf(item.Key()) <= l.markedLast; {
		case pending && !known:
			l.pending++
		case !pending && known:
			l.pending-- // it was pending then: what has ended is not written again
		}
		l.changed = true
	}
	for _, l := range q.allLines() {
		if l.owes = l.pending; l.changed {
			l.staleSince = since + 1
			q.stale = append(q.stale, stale{l, since + 1})
		}
	}
	return nil
}
