package badgerqueue

import (
	"context"
	"encoding/binary"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// deliveryPage is a page of deliveries that is being filled.
type deliveryPage struct {
	q     *Queue
	txn   *badger.Txn
	f     *queue.Filter
	limit int
	out   queue.Page[queue.Delivery]
}

// Deliveries lists deliveries. See queue.Inspector. Of one destination they come in the order of its line;
// over all destinations in the order of their events, replays beside the event they repeat.
func (q *Queue) Deliveries(ctx context.Context, f queue.Filter) (queue.Page[queue.Delivery], error) {
	from, err := parseCursor(&f)
	if err != nil {
		return queue.Page[queue.Delivery]{}, err
	}
	p := &deliveryPage{q: q, f: &f, limit: limitOf(&f)}
	err = q.view(ctx, func(txn *badger.Txn) error {
		p.txn = txn
		switch {
		case f.EventID != "":
			return p.ofEvent(from)
		case f.Destination != "":
			return p.ofLine(from)
		default:
			return p.ofAll(ctx, from)
		}
	})
	return p.out, err
}

func (p *deliveryPage) ofEvent(from cursor) error {
	r, err := p.q.findEventOf(p.txn, p.f.Source, p.f.EventID)
	if err != nil || r == nil || !wantsEvent(p.f, &r.event) {
		return err
	}
	_, err = p.group(r, from)
	return err
}

func (p *deliveryPage) ofAll(ctx context.Context, from cursor) error {
	next, err := p.q.eachEvent(ctx, p.txn, p.f, from, func(r *eventRecord) (bool, error) { return p.group(r, from) })
	if p.out.Next == "" {
		p.out.Next = next
	}
	return err
}

// group adds the deliveries of one event, in the filter's order; false when the page is full.
func (p *deliveryPage) group(r *eventRecord, from cursor) (bool, error) {
	ds, err := p.q.deliveriesOf(p.txn, r)
	if err != nil {
		return false, err
	}
	skip := 0
	if r.seq == from.seq {
		skip = int(from.skip)
	}
	for i := skip; i < len(ds); i++ {
		d := ds[i]
		if !p.f.OldestFirst {
			d = ds[len(ds)-1-i]
		}
		if !wantsDelivery(p.f, d) {
			continue
		}
		if len(p.out.Items) == p.limit {
			p.out.Next = cursor{seq: r.seq, skip: uint16(i)}.String()
			return false, nil
		}
		p.out.Items = append(p.out.Items, d.record.toDelivery(d.l, d.seq, r.event))
	}
	return true, nil
}

// ofLine goes down one destination's line; dead letters by their index, other states by what stands beside the key.
func (p *deliveryPage) ofLine(from cursor) error {
	l := p.q.known(p.f.Destination)
	if l == nil {
		return nil
	}
	kind := byte(kindDelivery)
	if p.f.State == queue.Dead {
		kind = kindDead
	}
	start := binary.BigEndian.AppendUint64(appendLine(nil, kind, l.id), from.seq)
	passed := 0
	return scan(p.txn, appendLine(nil, kind, l.id), start, !p.f.OldestFirst, false, func(key []byte, item *badger.Item) (bool, error) {
		seq := seqOf(key)
		if passed++; passed > maxPassed {
			p.out.Next = cursor{seq: seq}.String()
			return false, nil
		}
		state := queue.State(item.UserMeta() &^ timed)
		if kind == kindDelivery && p.f.State != 0 && p.f.State != state {
			return true, nil
		}
		return p.add(l, seq)
	})
}

func (p *deliveryPage) add(l *line, seq uint64) (bool, error) {
	d, err := p.q.readDelivery(p.txn, l.id, seq)
	if err != nil {
		return false, err
	}
	in, over := within(p.f, d.record.created)
	if over {
		return false, nil
	}
	if !in || !wantsDelivery(p.f, d) {
		return true, nil
	}
	r, err := p.q.store.readEvent(p.txn, d.record.eventSeq(seq), false)
	if err != nil {
		return false, err
	}
	if r == nil {
		return false, corrupt(appendEventKey(nil, d.record.eventSeq(seq)), "missing, though %s/%d delivers it", l.name, seq)
	}
	if !wantsEvent(p.f, &r.event) {
		return true, nil
	}
	if len(p.out.Items) == p.limit {
		p.out.Next = cursor{seq: seq}.String()
		return false, nil
	}
	p.out.Items = append(p.out.Items, d.record.toDelivery(l, seq, r.event))
	return true, nil
}

// Rejected lists requests set aside. See queue.Inspector.
func (q *Queue) Rejected(ctx context.Context, f queue.Filter) (page queue.Page[queue.Rejected], err error) {
	from, err := parseCursor(&f)
	if err != nil {
		return page, err
	}
	limit, passed := limitOf(&f), 0
	err = q.view(ctx, func(txn *badger.Txn) error {
		start := appendRejectedKey(nil, from.seq)
		return scan(txn, []byte{kindRejected}, start, !f.OldestFirst, false, func(key []byte, item *badger.Item) (bool, error) {
			if isPart(key) {
				return true, nil
			}
			if passed++; passed > maxPassed || len(page.Items) == limit {
				page.Next = cursor{seq: seqOf(key)}.String()
				return false, nil
			}
			v, err := item.ValueCopy(nil)
			if err != nil {
				return false, corrupt(key, "%v", err)
			}
			r, err := readRejected(txn, append([]byte(nil), key...), v)
			if err != nil {
				return false, err
			}
			in, over := within(&f, nanosOf(r.Received))
			if in && (f.Source == "" || f.Source == r.Source) && (f.EventID == "" || f.EventID == r.ID) {
				page.Items = append(page.Items, r)
			}
			return !over, nil
		})
	})
	return page, err
}
