package badgerqueue

import (
	"context"
	"encoding/binary"
	"sync"

	badger "github.com/dgraph-io/badger/v4"
)

// claims keeps two Enqueues of the same event apart: the second waits for the first and then finds it on disk. The look
// at the disk is made by the callers, side by side, and costs the committer nothing.
type claims struct {
	mu   sync.Mutex
	held map[identity]chan struct{} // closed when the claim ends; nil until someone waits for it
}

// take claims all of ids or, if another holds one of them, waits until it has let go and tries again. All or none: so no
// two callers can wait for each other.
func (c *claims) take(ctx context.Context, ids []identity) error {
	for {
		busy := c.try(ids)
		if busy == nil {
			return nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *claims) try(ids []identity) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if busy, ok := c.held[id]; ok {
			if busy == nil {
				busy = make(chan struct{})
				c.held[id] = busy
			}
			return busy
		}
	}
	for _, id := range ids {
		c.held[id] = nil
	}
	return nil
}

func (c *claims) drop(ids []identity) {
	if len(ids) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if busy := c.held[id]; busy != nil {
			close(busy)
		}
		delete(c.held, id)
	}
}

// identityRecord is what an i record holds.
type identityRecord struct {
	seq  uint64
	ends int64 // of its window, in nanoseconds of the queue's own time: from then on it is no repeat
	owed int
}

func (r identityRecord) encode() []byte {
	b := binary.AppendUvarint(newRecord(24), r.seq)
	return binary.AppendUvarint(appendTime(b, r.ends), uint64(r.owed))
}

func decodeIdentity(key, record []byte) (r identityRecord, err error) {
	f, err := unseal(key, record)
	if err != nil {
		return r, err
	}
	r = identityRecord{seq: f.uint(), ends: f.time(), owed: int(f.uint())}
	return r, f.done(key)
}

// readIdentity finds the last event with an identity; ok is false when there is none.
func readIdentity(txn *badger.Txn, id identity) (r identityRecord, ok bool, err error) {
	key := id.appendKey(make([]byte, 0, 64))
	v, err := readValue(txn, key)
	if v == nil || err != nil {
		return r, false, err
	}
	r, err = decodeIdentity(key, v)
	return r, err == nil, err
}
