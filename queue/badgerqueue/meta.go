package badgerqueue

import (
	"encoding/binary"
	"slices"
)

// lineMeta is what m|line holds, so that opening need not look at what has ended.
type lineMeta struct {
	floor   uint64 // below it everything has ended or is parked
	timers  int64  // no t record is due before it
	pending int    // exactly as of the commit that wrote this
	last    uint64 // the highest number given out in that commit or before it, in any line
}

func (m lineMeta) encode() []byte {
	b := binary.AppendUvarint(newRecord(32), m.floor)
	b = appendTime(b, m.timers)
	b = binary.AppendUvarint(b, uint64(max(0, m.pending)))
	return binary.AppendUvarint(b, m.last)
}

func decodeLineMeta(key, record []byte) (m lineMeta, err error) {
	f, err := unseal(key, record)
	if err != nil {
		return m, err
	}
	m = lineMeta{floor: f.uint(), timers: f.time(), pending: int(f.uint()), last: f.uint()}
	return m, f.done(key)
}

// queueMeta is what m|0 holds.
type queueMeta struct {
	seq   uint64 // the highest number given out when it was written
	sweep uint64 // no event stands below it
	since uint64 // no line has changed in commits up to this one without saying so in its own record
	clock reading
}

func (m queueMeta) encode() []byte {
	b := binary.AppendUvarint(newRecord(32), m.seq)
	b = binary.AppendUvarint(b, m.sweep)
	b = binary.AppendUvarint(b, m.since)
	return appendTime(appendTime(b, m.clock.own), m.clock.wall)
}

func decodeQueueMeta(key, record []byte) (m queueMeta, err error) {
	f, err := unseal(key, record)
	if err != nil {
		return m, err
	}
	m = queueMeta{seq: f.uint(), sweep: f.uint(), since: f.uint()}
	m.clock = reading{own: f.time(), wall: f.time()}
	return m, f.done(key)
}

func encodeName(id uint32) []byte { return binary.AppendUvarint(newRecord(5), uint64(id)) }

// metaOp writes the floors and counts of lines. It rides a batch about once a second and is the last op of all.
type metaOp struct {
	ticket
	q     *Queue
	lines []*line
}

func (o *metaOp) weight() int { return (1 + 2*len(o.lines)) * perWrite }

func (o *metaOp) build(b *batch) error {
	for _, l := range o.lines {
		b.name(l)
	}
	b.metas, b.meta = append(b.metas, o.lines...), true
	return nil
}

func (o *metaOp) apply() {}

// stale is a line that has changed since its own record was written.
type stale struct {
	l     *line
	since uint64 // the first commit that changed it
}

// owe counts what a line owes as the records of this batch say: by more, or less.
func (b *batch) owe(l *line, by int) {
	l.owes += by
	if l.staleSince == 0 {
		l.staleSince = b.q.committer.version + 1
		b.q.stale = append(b.q.stale, stale{l, l.staleSince})
	}
}

// putMetas writes the records of the lines that were asked for, and the queue's own, when all else is in the batch: so they
// say what stands on disk after this very commit, and after a crash only later commits have to be looked at.
func (b *batch) putMetas(version uint64) {
	q := b.q
	for _, l := range b.metas {
		b.put(appendMetaKey(b.key(), l.id), l.meta().encode(), 0, 0)
		l.staleSince = 0
	}
	for len(q.stale) > 0 && q.stale[0].l.staleSince != q.stale[0].since {
		q.stale = q.stale[1:]
	}
	m := queueMeta{seq: q.seq, sweep: q.sweeper.floor.Load(), since: version, clock: q.clock.read()}
	if len(q.stale) > 0 {
		m.since = q.stale[0].since - 1
	}
	b.put(appendMetaKey(b.key(), 0), m.encode(), 0, 0)
}

// meta gives the line's floors as they are on disk after all commits so far. Called by the committer: it alone knows what
// is parked.
func (l *line) meta() lineMeta {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := lineMeta{floor: l.last + 1, pending: l.owes, timers: never.wake, last: l.q.seq}
	if l.spilled {
		m.floor = l.cursor + 1
	}
	if l.out > 0 {
		m.timers = l.edge.wake
	}
	for _, e := range l.live {
		if e.unparked() {
			m.floor = min(m.floor, e.seq)
		}
		if e.due != 0 {
			m.timers = min(m.timers, e.due)
		}
	}
	return m
}

// metaLines bounds one metaOp.
const metaLines = 1024

// writeMeta writes the floors of the lines that changed, in as many ops as it takes, and notes when the wall clock was
// set: what it said last is what the next opening goes by.
func (q *Queue) writeMeta() {
	var changed []*line
	set := q.clock.wasSet()
	for _, l := range q.allLines() {
		l.mu.Lock()
		if l.changed {
			l.changed = false
			changed = append(changed, l)
		}
		l.mu.Unlock()
	}
	ops := slices.Collect(slices.Chunk(changed, metaLines))
	if set && len(ops) == 0 {
		ops = append(ops, nil)
	}
	for _, some := range ops {
		o := &metaOp{ticket: q.ticket(), q: q, lines: some}
		if q.committer.add(o) != nil || <-o.result != nil {
			return
		}
	}
}
