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
	opened := &metaOp{ticket: q.ticket(), q: q} // from here on the counts of the lines are not to be trusted
	if err := q.submit(ctx, opened, opened.ticket); err != nil {
		return nil, errors.Join(err, q.Close(context.Background()))
	}
	q.every(time.Second, func() {
		q.writeMeta()
		q.writeMark()
	})
	q.every(250*time.Millisecond, func() { q.space.look(q) })
	q.every(q.opt.SweepEvery, q.sweep)
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
	was, err := verify(opt.Dir)
	if err = opt.forgive(err); err != nil {
		return nil, err
	}
	st, err := openStore(opt.Dir, opt.MemTable, opt.Cache, opt.Logger)
	if err != nil {
		return nil, err
	}
	if was != nil && st.visible < was.Version {
		behind := fmt.Errorf("%w: the last commit in %s is number %d, there was a number %d: the end of a log is damaged", ErrBehind, opt.Dir, st.visible, was.Version)
		if err := opt.forgive(behind); err != nil {
			return nil, errors.Join(err, st.db.Close()) // the mark stays, so that the next start says the same
		}
	}
	q := &Queue{
		opt: opt, store: st, failed: make(chan error, 1), closed: make(chan struct{}), finished: make(chan struct{}),
		claims: claims{held: map[identity]chan struct{}{}}, lines: map[string]*line{}, byID: map[uint32]*line{},
		maxBytes: int(st.db.MaxBatchSize()) - 64<<10,
	}
	q.batchBytes = min(maxBatchBytes, q.maxBytes)
	q.clock.start(opt)
	q.committer = newCommitter(q)
	trouble := func(err error) { _ = q.fail(err) }
	st.trouble.Store(&trouble)
	if err := q.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", opt.Dir, err), st.db.Close())
	}
	return q, nil
}

// recover reads the names, floors, retries and parked followers of all lines. Its time grows with the deliveries that
// wait for a retry or behind one, not with those that have ended; it grows with those that simply wait only after a
// kill, when they are counted by their keys.
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
			q.lines[name], q.byID[l.id] = l, l
			q.lineID = max(q.lineID, l.id)
			return f.done(key)
		})
		return true, err
	})
	if err != nil {
		return err
	}
	for _, l := range q.allLines() {
		if err := l.recover(snap.Txn, meta.clean); err != nil {
			return err
		}
		q.seq = max(q.seq, l.last, l.floorWas)
	}
	return nil
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

func (l *line) recover(txn *badger.Txn, clean bool) error {
	m := lineMeta{}
	key := appendMetaKey(nil, l.id)
	v, err := readValue(txn, key)
	if err != nil {
		return err
	}
	if v != nil {
		if m, err = decodeLineMeta(key, v); err != nil {
			return err
		}
	}
	l.floorWas = m.floor
	l.cursor = max(m.floor, 1) - 1
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
	if !clean {
		return l.recount(txn)
	}
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

// recount counts what is pending from the keys alone: the state stands beside them.
func (l *line) recount(txn *badger.Txn) error {
	l.pending = l.count[atTimer] + l.out
	for _, c := range l.chains {
		l.pending += c.disk
	}
	prefix, start := appendLine(nil, kindDelivery, l.id), appendDeliveryKey(nil, l.id, l.cursor+1)
	return scan(txn, prefix, start, false, false, func(key []byte, item *badger.Item) (bool, error) {
		if item.UserMeta() != byte(queue.Pending) {
			return true, nil
		}
		if l.followers {
			e := &entry{seq: seqOf(key)}
			if err := l.complete(txn, e); err != nil {
				return false, err
			}
			if e.hash = hashOf(e.record.key); l.parked(txn, e) {
				return true, nil
			}
		}
		l.pending++
		return true, nil
	})
}
