package badgerqueue

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// found is a delivery read from disk.
type found struct {
	l      *line
	seq    uint64
	record deliveryRecord
}

func deliveryID(event, destination string, seq, replayOf uint64) string {
	if replayOf == 0 {
		return event + "/" + destination
	}
	return fmt.Sprintf("%s/%s#%d", event, destination, seq)
}

// keys lists every record of a delivery.
func (d *found) keys(event uint64) [][]byte {
	keys := [][]byte{appendDeliveryKey(nil, d.l.id, d.seq)}
	if d.record.state == queue.Dead {
		keys = append(keys, appendDeadKey(nil, d.l.id, d.seq))
	}
	if d.record.last != nil {
		for n := 1; n < d.record.last.Number; n++ {
			keys = append(keys, appendAttemptKey(nil, d.l.id, d.seq, n))
		}
	}
	if d.seq != event {
		keys = append(keys, appendReplayKey(nil, event, d.l.id, d.seq))
	}
	return keys
}

func (q *Queue) readDelivery(txn *badger.Txn, line uint32, seq uint64) (*found, error) {
	key := appendDeliveryKey(nil, line, seq)
	l := q.lineByID(line)
	if l == nil {
		return nil, corrupt(key, "no destination has the number %d", line)
	}
	v, err := readValue(txn, key)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, corrupt(key, "missing, though its event owes it")
	}
	r, err := decodeDelivery(key, v)
	return &found{l: l, seq: seq, record: r}, err
}

// deliveriesOf reads all deliveries of an event: what it owes, in the order it was given, then replays.
func (q *Queue) deliveriesOf(txn *badger.Txn, r *eventRecord) ([]*found, error) {
	out := make([]*found, 0, len(r.owed))
	for _, owed := range r.owed {
		d, err := q.readDelivery(txn, owed.line, r.seq)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	prefix := binary.BigEndian.AppendUint64([]byte{kindReplay}, r.seq)
	err := scan(txn, prefix, nil, false, false, func(key []byte, _ *badger.Item) (bool, error) {
		d, err := q.readDelivery(txn, binary.BigEndian.Uint32(key[9:]), seqOf(key))
		out = append(out, d)
		return true, err
	})
	return out, err
}

// findEvent finds the newest event with an ID, whatever its source. nil when there is none.
func (q *Queue) findEvent(txn *badger.Txn, id string, body bool) (*eventRecord, error) {
	seqs, err := namesakes(txn, id)
	if err != nil {
		return nil, err
	}
	for _, seq := range seqs {
		if r, err := q.store.readEvent(txn, seq, body); r != nil || err != nil {
			return r, err
		}
	}
	return q.findOverdue(txn, id, body)
}

// namesakes gives the numbers of the events with an ID, one for each source, the newest first.
func namesakes(txn *badger.Txn, id string) (seqs []uint64, err error) {
	hash := identityOf("", id).hash
	prefix := append([]byte{kindIdentity}, hash[:]...)
	err = scan(txn, prefix, nil, false, true, func(key []byte, item *badger.Item) (bool, error) {
		return true, item.Value(func(v []byte) error {
			r, err := decodeIdentity(key, v)
			seqs = append(seqs, r.seq)
			return err
		})
	})
	slices.Sort(seqs)
	slices.Reverse(seqs)
	return seqs, err
}

// findEventOf finds the newest event with an ID from a source, whose body is not read; without a source, whatever it is.
func (q *Queue) findEventOf(txn *badger.Txn, source, id string) (*eventRecord, error) {
	if source == "" {
		return q.findEvent(txn, id, false)
	}
	if was, ok, err := readIdentity(txn, identityOf(source, id)); err != nil {
		return nil, err
	} else if ok {
		if r, err := q.store.readEvent(txn, was.seq, false); r != nil || err != nil {
			return r, err
		}
	}
	r, err := q.findOverdue(txn, id, false)
	if r != nil && r.event.Source != source {
		r = nil
	}
	return r, err
}

// findOverdue looks for an event among those older than their identity record: what still waits after Retain.
func (q *Queue) findOverdue(txn *badger.Txn, id string, body bool) (*eventRecord, error) {
	now := q.now() // as Badger's clock, by which identities expire
	until := now - int64(q.opt.Retain)
	var seq uint64
	start := appendEventKey(nil, q.sweeper.floor.Load())
	err := scan(txn, []byte{kindEvent}, start, false, false, func(key []byte, _ *badger.Item) (bool, error) {
		r, err := q.store.readEvent(txn, seqOf(key), false)
		if err != nil || r == nil {
			return false, err
		}
		if received := nanosOf(r.event.Received); received > until {
			return received > now, nil // from before the clock was set back
		}
		if r.event.ID == id {
			seq = r.seq
		}
		return true, nil
	})
	if err != nil || seq == 0 {
		return nil, err
	}
	return q.store.readEvent(txn, seq, body)
}

// findDelivery finds a delivery by its ID, with its event. Event IDs may hold slashes and destinations may hold #: each
// way to read the ID is tried, the longest event ID first. Of events of several sources with that ID, the newest that has
// such a delivery. ErrNotFound.
func (q *Queue) findDelivery(txn *badger.Txn, id string, body bool) (*found, *eventRecord, error) {
	for cut := strings.LastIndexByte(id, '/'); cut > 0; cut = strings.LastIndexByte(id[:cut], '/') {
		seqs, err := namesakes(txn, id[:cut])
		if err != nil {
			return nil, nil, err
		}
		for _, seq := range seqs {
			r, err := q.store.readEvent(txn, seq, body)
			if err != nil {
				return nil, nil, err
			}
			if d, err := q.deliveryOf(txn, r, id); d != nil || err != nil {
				return d, r, err
			}
		}
		r, err := q.findOverdue(txn, id[:cut], body)
		if err != nil {
			return nil, nil, err
		}
		if d, err := q.deliveryOf(txn, r, id); d != nil || err != nil {
			return d, r, err
		}
	}
	return nil, nil, fmt.Errorf("%w: delivery %q", queue.ErrNotFound, id)
}

// deliveryOf finds the delivery with an ID among those of an event, which may be nil. nil when there is none.
func (q *Queue) deliveryOf(txn *badger.Txn, r *eventRecord, id string) (*found, error) {
	if r == nil {
		return nil, nil
	}
	ds, err := q.deliveriesOf(txn, r)
	for _, d := range ds {
		if deliveryID(r.event.ID, d.l.name, d.seq, d.record.event) == id {
			return d, nil
		}
	}
	return nil, err
}
