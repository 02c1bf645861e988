package badgerqueue

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// minWindow is what a line may hold in memory even when all lines together hold too much.
const minWindow = 16

// minShare is a line's share of what all may hold, however many there are.
const minShare = 32

// line is what one destination has in memory: a window on its deliveries, never all of them.
//
//	on disk, in order of seq:   ended… │ ended, parked, pending │ pending …
//	                                 floor                    cursor      last
//	                                   └──── the window: live ────┘└ spilled ┘
//
// Below the floor everything has ended or is parked: in a t record until its retry, or in a k record behind others of
// its key. What lies beyond the cursor is loaded when the window has room.
type line struct {
	q     *Queue
	id    uint32
	name  string
	named bool // the n record is on disk; committer only

	owes       int    // pending as the batch being put together leaves them; committer only
	staleSince uint64 // the first commit that its m record does not know of; 0: none; committer only

	mu      sync.Mutex
	live    map[uint64]*entry // all that is in memory
	count   [places]int
	pending int // not ended, in memory or not

	front  bySeq // given back, or promoted in its key: before all others
	due    bySeq // retries whose time has come
	fresh  fifo
	turn   bool // whose turn it is, of due and fresh
	chains map[uint64]*chain
	newest map[uint64]newest // by key, of what replaces; nil: nothing ever did

	cursor, last uint64 // loaded up to; highest that arrived
	spilled      bool   // something lies beyond the cursor
	refilling    bool
	followers    bool   // at opening there were k records
	recovered    uint64 // last at opening
	marked       uint64 // at opening: version of the m record
	markedLast   uint64 // and the highest number that it knew of

	timers   byWake
	delays   byWake
	edge     moment // t records up to here are in memory
	out      int    // t records beyond the edge
	loading  bool   // of timers
	limbo    []*entry
	alarm    *time.Timer
	alarmAt  int64
	loads    int                 // reads of the disk under way
	touched  map[uint64]struct{} // what operators ended during them
	waiters  []chan struct{}
	changed  bool // since the last m record
	floorWas uint64
}

func newLine(q *Queue, id uint32, name string) *line {
	return &line{q: q, id: id, name: name, live: map[uint64]*entry{}, chains: map[uint64]*chain{}}
}

// move puts an entry in its place. Called with l.mu held, like everything here that does not lock.
func (l *line) move(e *entry, to place) {
	from := e.place
	e.place = to
	l.count[from]--
	l.count[to]++
	if from == nowhere {
		l.live[e.seq] = e
		l.q.entries.Add(1)
	}
	if to == nowhere {
		delete(l.live, e.seq)
		l.q.entries.Add(-1)
		l.letGo(e)
	}
}

// end takes an entry out of memory for good.
func (l *line) end(e *entry) {
	if e.operated && l.loads > 0 {
		l.touched[e.seq] = struct{}{}
	}
	l.move(e, nowhere)
}

// letGo forgets an event's body; it is read again when it is needed.
func (l *line) letGo(e *entry) {
	if e.held > 0 {
		l.q.heldNow.Add(-e.held)
	}
	e.body, e.record, e.held = nil, nil, 0
}

// room is how many more entries the window takes.
func (l *line) room() int {
	n := l.count[atReady] + l.count[atWaiting] + l.count[atDelay]
	limit := l.q.window()
	if l.q.entries.Load() >= int64(l.q.opt.MaxEntries) {
		limit = min(limit, minWindow)
	}
	return max(0, limit-n)
}

// arrive takes a delivery that has just been committed; replaces is its ID if it replaces those before it, else "".
func (l *line) arrive(e *entry, replaces string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if replaces != "" {
		l.replace(e.hash, e.seq, replaces)
	}
	l.pending++
	l.changed = true
	l.last = max(l.last, e.seq)
	if l.spilled || e.seq <= l.cursor || l.gone(e.seq) { // it is found on disk, or was
		l.letGo(e)
		return
	}
	if l.room() == 0 {
		l.spilled, l.cursor = true, e.seq-1
		l.letGo(e)
		l.wantRefill()
		return
	}
	l.cursor = e.seq
	l.admit(e)
}

// admit lets an entry that is not parked into the window: to the ready ones if its key is free, else behind its key.
func (l *line) admit(e *entry) {
	if e.hash != 0 {
		if c := l.chains[e.hash]; c != nil {
			c.list = append(c.list, e)
			l.move(e, atWaiting)
			return
		}
		l.chains[e.hash] = &chain{head: e}
	}
	l.move(e, atReady)
	l.fresh.push(e)
	l.wakeOne()
}

// first makes an entry ready before all others.
func (l *line) first(e *entry) {
	l.move(e, atReady)
	heap.Push(&l.front, e)
	l.wakeOne()
}

// pick leases up to n entries.
func (l *line) pick(n int) []*entry {
	var out []*entry
	for len(out) < n {
		e := l.front.pop()
		if e == nil {
			e = l.pickTurn()
		}
		if e == nil {
			break
		}
		if l.stale(e) {
			l.overtake(e)
			continue
		}
		l.move(e, atLeased)
		out = append(out, e)
	}
	if l.count[atReady] > 0 {
		l.wakeOne()
	}
	l.wantRefill()
	l.wantTimers()
	return out
}

// pickTurn takes retries and fresh deliveries in turn, so that neither many failures nor many arrivals starve the other.
func (l *line) pickTurn() *entry {
	l.turn = !l.turn
	if l.turn {
		if e := l.due.pop(); e != nil {
			return e
		}
		return l.fresh.pop()
	}
	if e := l.fresh.pop(); e != nil {
		return e
	}
	return l.due.pop()
}

// wakeOne tells one Receive to look again.
func (l *line) wakeOne() {
	if len(l.waiters) == 0 {
		return
	}
	w := l.waiters[0]
	l.waiters = slices.Delete(l.waiters, 0, 1)
	w <- struct{}{}
}

func (l *line) receive(ctx context.Context, n int) ([]queue.Lease, error) {
	for {
		if err := l.q.usable(); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l.mu.Lock()
		picked := l.pick(max(1, n))
		var w chan struct{}
		if len(picked) == 0 {
			w = make(chan struct{}, 1)
			l.waiters = append(l.waiters, w)
		}
		l.mu.Unlock()
		if w == nil {
			leases, err := l.lease(picked)
			if len(leases) > 0 || err != nil {
				return leases, err
			}
			continue
		}
		select {
		case <-w:
		case <-ctx.Done():
			l.leave(w)
			return nil, ctx.Err()
		case <-l.q.closed:
			return nil, queue.ErrClosed
		}
	}
}

// leave takes a waiter back, and passes on what it may have been told meanwhile.
func (l *line) leave(w chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.waiters, w); i >= 0 {
		l.waiters = slices.Delete(l.waiters, i, i+1)
		return
	}
	l.wakeOne()
}
