package badgerqueue

import (
	"context"
	"fmt"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// asideOp writes a request that could not be read.
type asideOp struct {
	ticket
	q        *Queue
	rejected queue.Rejected
	expires  int64
	size     int
}

// SetAside stores a request that could not be read. See queue.Queue. It is kept for Options.Retain; its ID is made here
// unless it has one.
func (q *Queue) SetAside(ctx context.Context, r queue.Rejected) (string, error) {
	if err := q.usable(); err != nil {
		return "", err
	}
	if q.space.full.Load() {
		return "", queue.ErrFull
	}
	if r.Received.IsZero() {
		r.Received = timeOf(q.now())
	}
	o := &asideOp{ticket: q.ticket(), q: q, rejected: r, expires: expiry(q.opt.Retain)}
	o.size = rejectedSize(&r)
	if o.weight() > q.maxBytes {
		return "", fmt.Errorf("%w: %d bytes, %d are possible", queue.ErrTooLarge, o.size, q.maxBytes)
	}
	if err := q.space.admit(o.weight()); err != nil {
		return "", err
	}
	defer q.space.release(o.weight())
	if err := q.submit(ctx, o, o.ticket); err != nil {
		return "", err
	}
	return o.rejected.ID, nil
}

func (o *asideOp) weight() int { return o.size + (o.size/partSize+2)*perWrite }

func (o *asideOp) build(b *batch) error {
	seq := o.q.nextSeq()
	if o.rejected.ID == "" {
		o.rejected.ID = fmt.Sprintf("rejected-%d", seq)
	}
	b.putParts(appendRejectedKey(b.key(), seq), encodeRejected(&o.rejected), o.expires)
	return nil
}

func (o *asideOp) apply() {}

func rejectedSize(r *queue.Rejected) int {
	return len(r.ID) + len(r.Source) + len(r.Reason) + len(r.Raw) + 64
}

func encodeRejected(r *queue.Rejected) [][]byte {
	b, more := newParted(rejectedSize(r))
	b = appendString(b, r.ID)
	b = appendString(b, r.Source)
	b = appendTime(b, nanosOf(r.Received))
	b = appendString(b, r.Reason)
	return split(appendString(b, r.Raw), more)
}

// readRejected reads the request whose first part is record.
func readRejected(txn *badger.Txn, key, record []byte) (r queue.Rejected, err error) {
	f, err := unseal(key, record)
	if err != nil {
		return r, err
	}
	if err := f.join(txn, key, f.parts()); err != nil {
		return r, err
	}
	r = queue.Rejected{ID: f.string(), Source: f.string(), Received: timeOf(f.time()), Reason: f.string(), Raw: f.bytes()}
	return r, f.done(key)
}
