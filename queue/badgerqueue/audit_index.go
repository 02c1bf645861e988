package badgerqueue

import (
	"encoding/binary"
	"fmt"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// pending reads the delivery that an index record points to; an error when it is not pending.
func (a *audit) pending(key []byte, line uint32, seq uint64) (*found, error) {
	d, err := a.q.readDelivery(a.txn, line, seq)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyString(key), err)
	}
	if d.record.state != queue.Pending {
		return nil, fmt.Errorf("%s: points to a delivery that is %s", keyString(key), d.record.state)
	}
	return d, nil
}

func (a *audit) timer(key []byte, item *badger.Item) error {
	if _, err := timerEntry(key, item); err != nil {
		return err
	}
	d, err := a.pending(key, lineOf(key), seqOf(key))
	if err == nil && d.record.due != dueOf(key) {
		err = fmt.Errorf("%s: the delivery is due at %d", keyString(key), d.record.due)
	}
	return err
}

func (a *audit) follower(key []byte, item *badger.Item) error {
	if _, err := a.fields(key, item); err != nil {
		return err
	}
	d, err := a.pending(key, lineOf(key), seqOf(key))
	if err == nil && (d.record.due != 0 || hashOf(d.record.key) != seqOf(key[:len(key)-8])) {
		err = fmt.Errorf("%s: the delivery is due at %d, with the key %q", keyString(key), d.record.due, d.record.key)
	}
	return err
}

func (a *audit) dead(key []byte, item *badger.Item) error {
	if _, err := a.fields(key, item); err != nil {
		return err
	}
	d, err := a.q.readDelivery(a.txn, lineOf(key), seqOf(key))
	if err == nil && d.record.state != queue.Dead {
		err = fmt.Errorf("%s: the delivery is %s", keyString(key), d.record.state)
	}
	return err
}

func (a *audit) attempt(key []byte, item *badger.Item) error {
	v, err := item.ValueCopy(nil)
	if err != nil {
		return corrupt(key, "%v", err)
	}
	if _, err := decodeAttempt(key, v); err != nil {
		return err
	}
	_, err = a.q.readDelivery(a.txn, lineOf(key), binary.BigEndian.Uint64(key[5:]))
	return err
}

func (a *audit) replay(key []byte, item *badger.Item) error {
	if _, err := a.fields(key, item); err != nil {
		return err
	}
	d, err := a.q.readDelivery(a.txn, binary.BigEndian.Uint32(key[9:]), seqOf(key))
	if event := binary.BigEndian.Uint64(key[1:]); err == nil && d.record.event != event {
		err = fmt.Errorf("%s: the delivery is of event %d", keyString(key), d.record.event)
	}
	return err
}

func (a *audit) identity(key []byte, item *badger.Item) error {
	v, err := item.ValueCopy(nil)
	if err != nil {
		return corrupt(key, "%v", err)
	}
	_, err = decodeIdentity(key, v)
	return err
}

// segment checks what is counted of a segment, when all events have been counted.
func (a *audit) segment(key []byte, item *badger.Item) error {
	v, err := item.ValueCopy(nil)
	if err != nil {
		return corrupt(key, "%v", err)
	}
	counted := a.stands[seqOf(key)]
	delete(a.stands, seqOf(key))
	stands, err := decodeSegment(key, v)
	if err == nil && stands != counted {
		err = fmt.Errorf("%s: says that %d bytes stand there, %d do", keyString(key), stands, counted)
	}
	return err
}

func (a *audit) rejected(key []byte, item *badger.Item) error {
	if isPart(key) {
		return nil
	}
	a.report.Rejected++
	v, err := item.ValueCopy(nil)
	if err != nil {
		return corrupt(key, "%v", err)
	}
	_, err = readRejected(a.txn, append([]byte(nil), key...), v)
	return err
}
