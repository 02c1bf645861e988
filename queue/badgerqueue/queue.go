package badgerqueue

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Queue is the engine. All methods are safe for concurrent use.
type Queue struct {
	opt        Options
	store      *store
	committer  *committer
	claims     claims
	seen       seen
	space      space
	clock      clock
	maxBytes   int // of one op
	batchBytes int // of one commit, unless one op alone is larger

	marking    sync.Mutex // held by who writes the mark
	marked     [2]uint64  // Version and Flushed of the last mark
	seq        uint64     // last number given out; only the committer changes it
	stale      []stale    // in the order of since; those that were written meanwhile have another in their line; committer only
	results    sync.Pool  // of channels for tickets
	heldNow    atomic.Int64
	entries    atomic.Int64 // in memory, over all lines
	broken     atomic.Pointer[error]
	failed     chan error
	closing    atomic.Bool
	closed     chan struct{} // closed with the first Close
	finished   chan struct{} // closed when it is done
	closeErr   error         // once finished is closed
	life       sync.RWMutex  // held for reading by whoever reads the store: Close waits for them
	work       sync.WaitGroup
	workMu     sync.Mutex   // orders work.Add before work.Wait
	retiring   sync.RWMutex // retention against replays: no event goes while one is queued again
	sweeper    sweeper
	memories   memories
	registry   registry
	replacing  replacing
	newestKeys atomic.Int64 // in memory, over all lines

	mu     sync.RWMutex
	lines  map[string]*line
	byID   map[uint32]*line
	lineID uint32
	share  atomic.Int64 // of MaxEntries, for each line
}

var (
	_ queue.Queue     = (*Queue)(nil)
	_ queue.Inspector = (*Queue)(nil)
)

// Failed gives the error of a commit that failed, once. Every later call fails with it; what is on disk is known only
// after a restart, so the process should end.
func (q *Queue) Failed() <-chan error { return q.failed }

// Receive leases deliveries. See queue.Queue. What a lease's event holds is shared with other destinations: read only.
func (q *Queue) Receive(ctx context.Context, destination string, max int) ([]queue.Lease, error) {
	return q.line(destination).receive(ctx, max)
}

// line gives the line of a destination, new if need be. A new line is written with the first delivery in it.
func (q *Queue) line(name string) *line {
	q.mu.RLock()
	l := q.lines[name]
	q.mu.RUnlock()
	if l != nil {
		return l
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if l := q.lines[name]; l != nil {
		return l
	}
	q.lineID++
	l = newLine(q, q.lineID, name)
	q.add(l)
	return l
}

// add takes a line into the books. Called with q.mu held, or before anybody else has q.
func (q *Queue) add(l *line) {
	q.lines[l.name], q.byID[l.id] = l, l
	q.share.Store(int64(min(max(q.opt.MaxEntries/len(q.lines), minShare), q.opt.Window)))
}

// window is how many entries a line may hold in memory: less the more lines there are, so that all of them find room.
func (q *Queue) window() int { return int(q.share.Load()) }

// known gives the line of a destination, nil if nothing ever named it.
func (q *Queue) known(name string) *line {
	q.mu.RLock()
	defer q.mu.RUnlock()
	return q.lines[name]
}

func (q *Queue) lineByID(id uint32) *line {
	q.mu.RLock()
	defer q.mu.RUnlock()
	return q.byID[id]
}

// allLines lists the lines by number.
func (q *Queue) allLines() []*line {
	q.mu.RLock()
	defer q.mu.RUnlock()
	out := make([]*line, 0, len(q.lines))
	for id := uint32(1); id <= q.lineID; id++ {
		if l := q.byID[id]; l != nil {
			out = append(out, l)
		}
	}
	return out
}

// background runs fn beside the callers; Close waits for it. After Close has begun fn is not run.
func (q *Queue) background(fn func()) bool {
	q.workMu.Lock()
	defer q.workMu.Unlock()
	if q.closing.Load() {
		return false
	}
	q.work.Go(fn)
	return true
}

// every runs fn each time d has passed until Close.
func (q *Queue) every(d time.Duration, fn func()) {
	q.background(func() {
		t := time.NewTicker(d)
		defer t.Stop()
		for {
			select {
			case <-q.closed:
				return
			case <-t.C:
				fn()
			}
		}
	})
}

// pause waits; false when the queue is closed meanwhile.
func (q *Queue) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-q.closed:
		return false
	case <-t.C:
		return true
	}
}

// now gives the wall clock's time in nanoseconds, for records. What the queue decides goes by clock.
func (q *Queue) now() int64 { return q.opt.Now().UnixNano() }

// enter lets a caller read the store; false after Close. Every true wants one leave.
func (q *Queue) enter() bool {
	q.life.RLock()
	if q.closing.Load() {
		q.life.RUnlock()
		return false
	}
	return true
}

func (q *Queue) leave() { q.life.RUnlock() }

// Close waits until what was handed in is committed, writes the floors, and closes the store. Receive returns ErrClosed;
// open leases are given back: their deliveries are due when the queue is opened again. After a failed commit nothing is
// written any more, and the folder can be opened again when the process has ended.
func (q *Queue) Close(ctx context.Context) error {
	if q.beginClose() {
		close(q.closed)
		go q.shutDown()
	}
	select {
	case <-q.finished:
		return q.closeErr
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *Queue) beginClose() bool {
	q.workMu.Lock()
	defer q.workMu.Unlock()
	return q.closing.CompareAndSwap(false, true)
}

func (q *Queue) shutDown() {
	defer close(q.finished)
	q.work.Wait()
	err := q.committer.close(q.allLines())
	for _, l := range q.allLines() {
		l.stop()
	}
	q.life.Lock() // the readers that are left finish; new ones are turned away
	defer q.life.Unlock()
	if broken := q.usableNow(); broken != nil {
		// Closing Badger writes its buffer into a table, and tries that until it succeeds. What is on disk is what the
		// next start goes by; the folder stays locked until this process ends.
		q.closeErr = broken
		return
	}
	if cerr := q.store.close(q.opt.Dir, q.pending()); err == nil {
		err = cerr
	}
	q.closeErr = err
}
