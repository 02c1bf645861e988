package badgerqueue

import (
	"bytes"
	"context"
	"errors"

	"github.com/plugboard/plugboard/queue/badgerqueue/journal"
)

// moveOp writes the payloads of some events again, at the end of the journal. Whoever makes it holds q.retiring until it is
// committed: no event goes meanwhile, and nobody else writes the record of one that stands.
type moveOp struct {
	ticket
	events []moved
	size   int
	said   int
}

type moved struct {
	key, record, payload []byte
	from                 journal.Place
}

func (o *moveOp) weight() int  { return o.size + perWrite }
func (o *moveOp) payload() int { return o.said }
func (o *moveOp) apply()       {}

func (o *moveOp) build(b *batch) error {
	for _, e := range o.events {
		b.putEvent(append(b.key(), e.key...), e.record, e.payload, e.from.Sum)
		b.gone = append(b.gone, e.from)
	}
	return nil
}

// moveOld empties the old segments of which less than half stands, so that what waits for long holds up no more room than
// its own. One that is being retired from is left until that is over, unless room is wanted at once.
func (q *Queue) moveOld(atOnce bool) error {
	stood := q.sweeper.stood
	q.sweeper.stood = map[uint64]int64{}
	for _, s := range q.store.journal.Removable(q.store.version()) {
		stands := q.store.segments.of(s.Number)
		q.sweeper.stood[s.Number] = stands
		if stands == 0 || stands > s.Size/2 || !atOnce && stood[s.Number] != stands || q.usable() != nil {
			continue
		}
		if err := q.move(s.Number); err != nil {
			return err
		}
	}
	return nil
}

// errLater ends a walk through a segment: it goes on behind what was met.
var errLater = errors.New("badgerqueue: enough for one commit")

// move empties a segment. It goes through the events that were written there, and moves those whose record still points to it.
func (q *Queue) move(number uint64) error {
	after := uint32(0)
	for {
		more, err := q.moveSome(number, &after)
		if err != nil || !more {
			return err
		}
	}
}

func (q *Queue) moveSome(number uint64, after *uint32) (more bool, err error) {
	q.retiring.Lock()
	defer q.retiring.Unlock()
	o := &moveOp{ticket: q.ticket()}
	err = q.store.journal.Walk(number, func(r *journal.Record) error {
		if r.Offset < *after {
			return nil
		}
		if len(o.events) > 0 && (o.said >= maxBatchBytes/2 || o.size+2*len(r.Changes) >= q.maxBytes/2) {
			*after = r.Offset
			return errLater
		}
		return q.collect(o, r)
	})
	if more = errors.Is(err, errLater); err != nil && !more {
		return false, err
	}
	if len(o.events) == 0 {
		return more, nil
	}
	return more, q.submit(context.Background(), o, o.ticket)
}

// collect adds the events of a commit that still stand there.
func (q *Queue) collect(o *moveOp, r *journal.Record) error {
	f := fields{rest: r.Changes}
	for len(f.rest) > 0 && !f.bad {
		c := f.change()
		if len(c.Key) == 0 || c.Key[0] != kindEvent || len(c.Value) == 0 {
			continue
		}
		record, err := q.store.read(c.Key)
		if err != nil {
			return err
		}
		if !bytes.Equal(record, c.Value) { // it has gone, or was moved
			continue
		}
		e, err := decodeEvent(c.Key, record)
		if err != nil {
			return err
		}
		payload := r.Payload(e.place)
		if payload == nil {
			return corrupt(c.Key, "it does not stand at %v", e.place)
		}
		o.events = append(o.events, moved{key: bytes.Clone(c.Key), record: record, payload: bytes.Clone(payload), from: e.place})
		o.size += len(record) + 2*perWrite
		o.said += len(payload)
	}
	return nil
}
