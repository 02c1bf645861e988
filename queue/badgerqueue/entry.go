package badgerqueue

import (
	"container/heap"

	"github.com/plugboard/plugboard/queue"
)

// place is where an entry is in memory.
type place uint8

const (
	nowhere    place = iota // ended, or only on disk
	atReady                 // may be leased: it is its key's turn
	atWaiting               // behind another entry of its key
	atLeased                //
	atTimer                 // waits for its retry
	atDelay                 // given back until a time; nothing on disk says so
	atParking               // on its way to a follower record
	atReserved              // an operator's change is under way
	atStuck                 // its record cannot be read; the audit names it
	places
)

// entry is a delivery that is in memory: what is leased, what waits in front, what is due next. All others are only on
// disk. The line's mutex guards it, but for the last group.
type entry struct {
	seq, event uint64
	hash       uint64 // of the ordering key; 0: none
	created    int64
	wake       int64           // atTimer and atDelay: due then
	record     *deliveryRecord // as stored; nil: read it
	body       *queue.Event    // the event; nil: read it
	held       int64           // bytes of body charged to the queue's budget
	place      place
	retried    bool   // has failed before: takes turns with fresh entries
	cancelled  bool   // by an operator, while it was leased
	why        string // what the operator said
	loaded     bool   // came back from a k record
	onDisk     bool   // counted among its chain's k records that are not in memory
	operated   bool   // an operator's change brought it into memory

	// Only the committer's goroutine touches these once the entry is in a line.
	over     bool  // ended on disk
	follower bool  // has a k record
	due      int64 // has a t record for this time; 0: none
}

// unparked says whether only a scan of the line's deliveries would find the entry after a restart.
func (e *entry) unparked() bool { return !e.over && !e.follower && e.due == 0 }

// bySeq is a heap of ready entries, the oldest first.
type bySeq []*entry

func (h bySeq) Len() int           { return len(h) }
func (h bySeq) Less(i, j int) bool { return h[i].seq < h[j].seq }
func (h bySeq) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *bySeq) Push(x any)        { *h = append(*h, x.(*entry)) }
func (h *bySeq) Pop() any          { return popLast((*[]*entry)(h)) }

// pop takes the first entry that is still ready; nil when there is none.
func (h *bySeq) pop() *entry {
	for len(*h) > 0 {
		if e := heap.Pop(h).(*entry); e.place == atReady {
			return e
		}
	}
	return nil
}

// byWake is a heap of entries, the first to wake first.
type byWake []*entry

func (h byWake) Len() int           { return len(h) }
func (h byWake) Less(i, j int) bool { return h[i].wakes().before(h[j].wakes()) }
func (h byWake) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byWake) Push(x any)        { *h = append(*h, x.(*entry)) }
func (h *byWake) Pop() any          { return popLast((*[]*entry)(h)) }

// drop takes e out.
func (h *byWake) drop(e *entry) {
	for i := range *h {
		if (*h)[i] == e {
			heap.Remove(h, i)
			return
		}
	}
}

// moment is the place of a t record in its line.
type moment struct {
	wake int64
	seq  uint64
}

func (e *entry) wakes() moment { return moment{e.wake, e.seq} }

func (m moment) before(o moment) bool { return m.wake < o.wake || m.wake == o.wake && m.seq < o.seq }

func popLast(s *[]*entry) *entry {
	n := len(*s) - 1
	e := (*s)[n]
	(*s)[n] = nil
	*s = (*s)[:n]
	return e
}

// fifo holds ready entries in the order they came in.
type fifo struct {
	items []*entry
	head  int
}

func (f *fifo) push(e *entry) { f.items = append(f.items, e) }

// pop takes the first entry that is still ready; nil when there is none.
func (f *fifo) pop() *entry {
	for f.head < len(f.items) {
		e := f.items[f.head]
		f.items[f.head] = nil
		f.head++
		if f.head == len(f.items) {
			f.items, f.head = f.items[:0], 0
		} else if f.head >= 1024 && f.head*2 >= len(f.items) {
			n := copy(f.items, f.items[f.head:])
			clear(f.items[n:])
			f.items, f.head = f.items[:n], 0
		}
		if e.place == atReady {
			return e
		}
	}
	return nil
}
