package badgerqueue

import (
	"context"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

const (
	refillLoad = 512  // deliveries loaded at a time
	refillScan = 8192 // records passed at a time
)

// wantRefill loads what lies beyond the cursor when few entries are ready and there is, or can be made, room for it.
func (l *line) wantRefill() {
	if !l.spilled || l.refilling || l.count[atReady] > l.q.window()/4 {
		return
	}
	if l.room() == 0 && !l.canPark() {
		return
	}
	l.refilling = true
	l.beginLoad()
	ok := l.q.background(func() {
		err := l.refill()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.endLoad()
		if err != nil {
			l.q.opt.Logger.Error("the line is stuck until a restart", "destination", l.name, "err", err)
			return
		}
		l.refilling = false
	})
	if !ok {
		l.endLoad()
	}
}

// refill loads until enough is ready, or nothing is left to load, or no room can be made.
func (l *line) refill() error {
	for {
		l.mu.Lock()
		room, cursor := l.room(), l.cursor
		enough := !l.spilled || l.count[atReady] > l.q.window()/4
		var park *parkOp
		if room == 0 && !enough {
			park = l.park(nil)
			enough = park == nil
		}
		l.mu.Unlock()
		if enough || l.q.usable() != nil {
			return nil
		}
		if park == nil {
			want := min(room, refillLoad)
			l.q.entries.Add(int64(want)) // others that load meanwhile find that much less room
			found, reached, err := l.readDeliveries(cursor+1, want)
			l.q.entries.Add(-int64(want))
			if err != nil {
				return err
			}
			l.mu.Lock()
			park = l.takeIn(found, reached)
			l.mu.Unlock()
		}
		if park != nil {
			if err := l.q.submit(context.Background(), park, park.ticket); err != nil {
				return nil // the queue is closed or broken; both are told elsewhere
			}
		}
	}
}

// readDeliveries finds up to n pending deliveries, not parked, from a seq on. What it passed reaches up to reached.
func (l *line) readDeliveries(from uint64, n int) (found []*entry, reached uint64, err error) {
	snap := l.q.store.snapshot()
	defer snap.release()
	reached, passed := from-1, 0
	prefix, start := appendLine(nil, kindDelivery, l.id), appendDeliveryKey(nil, l.id, from)
	err = scan(snap.Txn, prefix, start, false, false, func(key []byte, item *badger.Item) (bool, error) {
		reached = seqOf(key)
		passed++
		if item.UserMeta() != byte(queue.Pending) { // ended, or in a t record
			return passed < refillScan, nil
		}
		record, err := item.ValueCopy(nil)
		if err != nil {
			return false, corrupt(key, "%v", err)
		}
		r, err := decodeDelivery(key, record)
		if err != nil {
			return false, err
		}
		e := &entry{seq: reached, event: r.eventSeq(reached), hash: hashOf(r.key), created: r.created, record: &r}
		if !l.parked(snap.Txn, e) {
			found = append(found, e)
		}
		return len(found) < n && passed < refillScan, nil
	})
	return found, reached, err
}

// parked says whether a delivery has a k record. Only those from before the opening, between the floor on disk and the
// true one, need the look.
func (l *line) parked(txn *badger.Txn, e *entry) bool {
	if !l.followers || e.hash == 0 || e.seq > l.recovered {
		return false
	}
	_, err := txn.Get(appendFollowerKey(nil, l.id, e.hash, e.seq))
	return err == nil
}

// takeIn lets in what was read. What cannot stay in memory because its key will take long is returned to be parked.
func (l *line) takeIn(found []*entry, reached uint64) *parkOp {
	var park *parkOp
	for _, e := range found {
		if l.gone(e.seq) {
			continue
		}
		if l.stale(e) {
			l.overtake(e)
			continue
		}
		if c := l.chains[e.hash]; c != nil && e.hash != 0 && l.parkable(c) {
			park = l.park(park, e)
			continue
		}
		l.admit(e)
	}
	l.cursor = max(l.cursor, reached)
	if l.cursor >= l.last {
		l.spilled = false
	}
	return park
}
