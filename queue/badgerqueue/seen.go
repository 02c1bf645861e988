package badgerqueue

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"time"

	badger "github.com/dgraph-io/badger/v4"
)

// seen knows of most events that they cannot have come before: a look at the store for each would cost an accepted event a
// fifteenth of its processor time. It is a row of Bloom filters, each for the identities of a while; one goes when the last
// of its windows has ended. What it cannot rule out is looked up in the store.
//
// Source: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters" (blocked filters).
type seen struct {
	each, most int // identities in a filter, and filters

	mu      sync.RWMutex
	filters []*filter // the last one is filled
	loading bool      // identities from before the opening are missing still
	lost    int64     // until then, in the queue's own time, identities may be missing that had no room
}

// A filter takes 1.5 MiB and rules out all but 1 in 200 new identities when it is full. Sixteen of them are room for the
// events of a day at 180 a second; beyond that the store is asked, as it was without them.
const (
	seenEach = 1 << 20
	seenMost = 16

	seenPause = 4096 // identities are taken in at opening between two pauses
	seenBits  = 12   // for each identity
	seenProbe = 6    // of which so many are set
)

type filter struct {
	blocks []filterBlock
	n      int
	until  int64 // when the last window ends
}

// filterBlock is a cache line: all bits of an identity are in one.
type filterBlock [8]uint64

func newSeen(each, most int) seen { return seen{each: each, most: most, loading: true} }

// place says which block an identity has and gives the bits in it, nine of probes for each.
func (f *filter) place(id identity) (block *filterBlock, probes uint64) {
	h := binary.LittleEndian.Uint64(id.hash[:8])
	for i := range len(id.source) {
		h = (h ^ uint64(id.source[i])) * 0x100000001b3 // FNV: two sources with equal ids are two identities
	}
	h ^= h >> 32
	at, _ := bits.Mul64(h*0x9e3779b97f4a7c15, uint64(len(f.blocks)))
	return &f.blocks[at], binary.LittleEndian.Uint64(id.hash[8:]) ^ h<<7
}

func (f *filter) add(id identity) {
	block, probes := f.place(id)
	for range seenProbe {
		block[probes>>6&7] |= 1 << (probes & 63)
		probes >>= 9
	}
}

func (f *filter) has(id identity) bool {
	block, probes := f.place(id)
	for range seenProbe {
		if block[probes>>6&7]&(1<<(probes&63)) == 0 {
			return false
		}
		probes >>= 9
	}
	return true
}

// maybe is false for an identity that certainly has no window open.
func (s *seen) maybe(id identity, now int64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.loading || now < s.lost {
		return true
	}
	for i := len(s.filters) - 1; i >= 0; i-- {
		if s.filters[i].has(id) {
			return true
		}
	}
	return false
}

// add takes an identity whose window ends then.
func (s *seen) add(id identity, ends, now int64) {
	if ends <= now {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.filters)
	if n == 0 || s.filters[n-1].n == s.each {
		s.turn(now)
		n = len(s.filters)
	}
	f := s.filters[n-1]
	f.add(id)
	f.n++
	f.until = max(f.until, ends)
}

// turn begins a filter, and lets those go that no longer matter or for which there is no room.
func (s *seen) turn(now int64) {
	kept := s.filters[:0]
	for i, f := range s.filters {
		switch {
		case f.until <= now:
		case len(s.filters)-i >= s.most:
			s.lost = max(s.lost, f.until)
		default:
			kept = append(kept, f)
		}
	}
	clear(s.filters[len(kept):])
	s.filters = append(kept, &filter{blocks: make([]filterBlock, s.each*seenBits/512+1)})
}

// load takes in what the store has from before. Until that is done the store is asked about every event.
func (s *seen) load(q *Queue) {
	if !q.enter() {
		return
	}
	defer q.leave()
	snap := q.store.snapshot()
	defer snap.release()
	n, began := 0, time.Now()
	err := scan(snap.Txn, []byte{kindIdentity}, nil, false, true, func(key []byte, item *badger.Item) (bool, error) {
		if n++; n%seenPause == 0 { // callers first: a quarter of one processor
			if !q.pause(3 * time.Since(began)) {
				return false, nil
			}
			began = time.Now()
		}
		return true, item.Value(func(v []byte) error {
			r, err := decodeIdentity(key, v)
			if err == nil {
				s.add(identity{hash: [16]byte(key[1:17]), source: string(key[17:])}, r.ends, q.clock.own())
			}
			return err
		})
	})
	if err != nil {
		q.opt.Logger.Warn("every event will be looked up in the store, which costs time", "err", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loading = q.closing.Load()
}
