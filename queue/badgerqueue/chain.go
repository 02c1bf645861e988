package badgerqueue

import (
	"slices"

	badger "github.com/dgraph-io/badger/v4"
)

// chainLoad is how many follower records are read at a time.
const chainLoad = 32

// chain is an ordering key that is taken. Its head is leased, ready or waits for a retry; everything else of the key
// waits behind it, the next ones in memory, the others in k records. A key that is free has no chain.
type chain struct {
	head    *entry   // nil while it is only on disk (retry), or while followers are being loaded
	list    []*entry // followers in memory, by seq
	disk    int      // k records that are not in memory, with those about to be written
	from    uint64   // k records up to here have been loaded
	retry   bool     // the head waits for a retry
	loading bool
}

// parkable says whether a chain's followers may leave memory to make room for other keys: its head will take long, or
// the chain has taken a quarter of the window.
func (l *line) parkable(c *chain) bool {
	return c.retry || c.disk > 0 || len(c.list) >= l.q.window()/4
}

// release ends a head's turn: the key goes to its next follower, or becomes free.
func (l *line) release(e *entry) {
	if e.hash == 0 {
		return
	}
	if c := l.chains[e.hash]; c != nil && c.head == e {
		c.head, c.retry = nil, false
		l.promote(e.hash, c)
	}
}

// promote gives the turn to a chain's first follower. A follower in memory must not pass one on disk.
func (l *line) promote(hash uint64, c *chain) {
	for c.head == nil && !c.retry && !c.loading {
		if c.disk > 0 && (len(c.list) == 0 || c.list[0].seq > c.from) {
			l.loadChain(hash, c)
			return
		}
		if len(c.list) == 0 {
			delete(l.chains, hash)
			return
		}
		e := c.list[0]
		c.list[0] = nil
		c.list = c.list[1:]
		if e.place != atWaiting { // cancelled
			continue
		}
		c.head = e
		l.first(e)
	}
}

// loadChain reads the next followers of a chain. When there are none to be seen although there should be, they are being
// written: parkOp.apply promotes then.
func (l *line) loadChain(hash uint64, c *chain) {
	c.loading = true
	from := c.from
	l.beginLoad()
	ok := l.q.background(func() {
		found, err := l.readFollowers(hash, from+1)
		l.mu.Lock()
		defer l.mu.Unlock()
		defer l.endLoad()
		c.loading = false
		if err != nil {
			l.q.opt.Logger.Error("deliveries of a key are stuck until a restart", "destination", l.name, "err", err)
			c.loading = true
			return
		}
		for _, e := range found {
			if o := l.live[e.seq]; o != nil && o.place == atParking {
				break // written, but parkOp.apply is still to come
			}
			c.from = e.seq
			if l.gone(e.seq) {
				continue
			}
			i, _ := slices.BinarySearchFunc(c.list, e.seq, func(o *entry, seq uint64) int { return compare(o.seq, seq) })
			c.list = slices.Insert(c.list, i, e)
			c.disk--
			l.move(e, atWaiting)
		}
		if len(found) > 0 {
			l.promote(hash, c)
		}
	})
	if !ok {
		l.endLoad()
	}
}

func (l *line) readFollowers(hash, from uint64) ([]*entry, error) {
	snap := l.q.store.snapshot()
	defer snap.release()
	var out []*entry
	prefix := appendChainKey(nil, l.id, hash)
	start := appendFollowerKey(nil, l.id, hash, from)
	err := scan(snap.Txn, prefix, start, false, false, func(key []byte, _ *badger.Item) (bool, error) {
		out = append(out, &entry{seq: seqOf(key), hash: hash, follower: true, loaded: true})
		return len(out) < chainLoad, nil
	})
	for _, e := range out {
		if err == nil {
			err = l.complete(snap.Txn, e)
		}
	}
	return out, err
}

// complete fills in what a delivery's record says. Called without l.mu.
func (l *line) complete(txn *badger.Txn, e *entry) error {
	key := appendDeliveryKey(nil, l.id, e.seq)
	v, err := readValue(txn, key)
	if err != nil {
		return err
	}
	if v == nil {
		return corrupt(key, "missing, though the line knows of it")
	}
	r, err := decodeDelivery(key, v)
	if err != nil {
		return err
	}
	l.mu.Lock() // whoever counts looks at entries that are leased, too
	defer l.mu.Unlock()
	e.event, e.created, e.record = r.eventSeq(e.seq), r.created, &r
	return nil
}

// beginLoad and endLoad stand around a read of the disk made without l.mu: what an operator ended meanwhile must not come
// back by it.
func (l *line) beginLoad() {
	if l.loads++; l.loads == 1 {
		l.touched = map[uint64]struct{}{}
	}
}

func (l *line) endLoad() {
	if l.loads--; l.loads == 0 {
		l.touched = nil
	}
}

// gone says whether a delivery just read is in memory already, or was and has left.
func (l *line) gone(seq uint64) bool {
	if _, in := l.live[seq]; in {
		return true
	}
	_, left := l.touched[seq]
	return left
}

func compare(a, b uint64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}
