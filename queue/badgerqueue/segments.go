package badgerqueue

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sync"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue/badgerqueue/journal"
)

// segments knows how many bytes of payloads stand in each segment of the journal. Of each there is a j record, written
// in the commit that changes it.
type segments struct {
	mu      sync.Mutex
	stands  map[uint64]int64
	emptied map[uint64]uint64 // by which commit
}

func encodeSegment(stands int64) []byte {
	return binary.AppendUvarint(newRecord(8), uint64(stands)) //nolint:gosec // never negative
}

func decodeSegment(key, record []byte) (stands int64, err error) {
	f, err := unseal(key, record)
	if err != nil {
		return 0, err
	}
	stands = int64(f.uint()) //nolint:gosec // as encoded
	return stands, f.done(key)
}

// load reads the j records.
func (s *segments) load(txn *badger.Txn) error {
	s.stands, s.emptied = map[uint64]int64{}, map[uint64]uint64{}
	return scan(txn, []byte{kindSegment}, nil, false, true, func(key []byte, item *badger.Item) (bool, error) {
		return true, item.Value(func(v []byte) (err error) {
			s.stands[seqOf(key)], err = decodeSegment(key, v)
			return err
		})
	})
}

// count adds to a segment what a commit writes, takes away what goes with it, and gives all that changed.
func (s *segments) count(version, head uint64, added int, gone []journal.Place) (changed map[uint64]int64) {
	if added == 0 && len(gone) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changed = map[uint64]int64{}
	add := func(number uint64, by int64) {
		if s.stands[number] = max(0, s.stands[number]+by); by != 0 {
			changed[number] = s.stands[number]
		}
		if s.stands[number] == 0 {
			delete(s.stands, number)
			s.emptied[number] = version
		}
	}
	add(head, int64(added))
	for _, p := range gone {
		add(p.Segment, -int64(p.Length))
	}
	return changed
}

// empty says whether nothing has stood in a segment since a commit.
func (s *segments) empty(number, version uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stands[number] == 0 && s.emptied[number] <= version
}

func (s *segments) of(number uint64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stands[number]
}

// highest gives the highest number of a segment in which something stands.
func (s *segments) highest() (number uint64) {
	for n := range s.stands {
		number = max(number, n)
	}
	return number
}

// missing says which segments are not there, of which something should stand.
func (s *segments) missing(there []journal.Info) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, number := range slices.Sorted(maps.Keys(s.stands)) {
		if !slices.ContainsFunc(there, func(i journal.Info) bool { return i.Number == number }) {
			return fmt.Errorf("%w: segment %d of the journal is missing, and %d bytes of events with it", ErrDamaged, number, s.stands[number])
		}
	}
	return nil
}

// recountOp writes the j records anew, once a part of the store is lost: from the events that are left, and of the segments
// that are.
type recountOp struct {
	ticket
	numbers []uint64
	q       *Queue
}

func (o *recountOp) weight() int { return len(o.numbers) * perWrite }
func (o *recountOp) apply()      {}

func (o *recountOp) build(b *batch) error {
	for _, number := range o.numbers {
		b.putSegment(number, o.q.store.segments.of(number))
	}
	return nil
}

// recount counts again, and gives the op that writes what was found.
func (q *Queue) recountSegments() (*recountOp, error) {
	s, there := &q.store.segments, map[uint64]int64{}
	for _, i := range q.store.journal.Segments() {
		there[i.Number] = 0
	}
	snap := q.store.snapshot()
	defer snap.release()
	err := scan(snap.Txn, []byte{kindEvent}, nil, false, false, func(key []byte, item *badger.Item) (bool, error) {
		if r, err := headOf(key, item); err == nil { // else the audit names it
			if _, ok := there[r.place.Segment]; ok {
				there[r.place.Segment] += int64(r.place.Length)
			}
		}
		return true, nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	o := &recountOp{ticket: q.ticket(), q: q, numbers: slices.Collect(maps.Keys(s.stands))}
	s.stands = map[uint64]int64{}
	for number, stands := range there {
		if stands > 0 {
			s.stands[number] = stands
			o.numbers = append(o.numbers, number)
		}
	}
	return o, err
}
