package badgerqueue

import (
	"container/heap"
	"math"
	"slices"
	"time"

	badger "github.com/dgraph-io/badger/v4"
)

var never = moment{wake: math.MaxInt64, seq: math.MaxUint64}

// sleep puts an entry that has a t record among the timers, or leaves it to the disk if it is due later than those in
// memory.
func (l *line) sleep(e *entry) {
	if e.place != atTimer {
		l.move(e, atTimer)
	}
	if l.out > 0 && l.edge.before(e.wakes()) {
		if l.loading { // the read under way may not see it, and may move the edge beyond it
			l.limbo = append(l.limbo, e)
		} else {
			l.evict(e)
		}
		return
	}
	heap.Push(&l.timers, e)
	if len(l.timers) > 2*l.timerRoom() && !l.loading {
		l.trimTimers()
	}
	l.setAlarm()
}

func (l *line) timerRoom() int {
	if l.q.entries.Load() >= int64(l.q.opt.MaxEntries) {
		return minWindow
	}
	return l.q.window()
}

// evict leaves a timer to the disk. Its key stays taken.
func (l *line) evict(e *entry) {
	l.move(e, nowhere)
	l.out++
	if c := l.chains[e.hash]; c != nil && c.head == e {
		c.head = nil
	}
}

func (l *line) trimTimers() {
	slices.SortFunc(l.timers, func(a, b *entry) int {
		if a.wakes().before(b.wakes()) {
			return -1
		}
		return 1
	})
	keep := l.timerRoom()
	l.edge = l.timers[keep-1].wakes()
	for i, e := range l.timers[keep:] {
		l.evict(e)
		l.timers[keep+i] = nil
	}
	l.timers = l.timers[:keep]
}

// wantTimers reads the next timers when few are left in memory.
func (l *line) wantTimers() {
	if l.out == 0 || l.loading || len(l.timers) > l.timerRoom()/4 {
		return
	}
	l.loading = true
	l.beginLoad()
	edge, room := l.edge, l.timerRoom()
	ok := l.q.background(func() {
		found, all, err := l.readTimers(edge, room)
		l.mu.Lock()
		defer l.mu.Unlock()
		defer l.endLoad()
		if err != nil {
			l.q.opt.Logger.Error("retries are stuck until a restart", "destination", l.name, "err", err)
			return
		}
		l.loading = false
		l.addTimers(found, all)
	})
	if !ok {
		l.endLoad()
	}
}

// addTimers takes what was read from the edge on; all says that there was no more.
func (l *line) addTimers(found []*entry, all bool) {
	if all {
		l.edge = never
	} else if n := len(found); n > 0 {
		l.edge = found[n-1].wakes()
	}
	for _, e := range found {
		if l.gone(e.seq) {
			continue
		}
		l.out--
		l.move(e, atTimer)
		heap.Push(&l.timers, e)
		if c := l.chains[e.hash]; c != nil && c.head == nil && c.retry {
			c.head = e
		}
	}
	limbo := l.limbo
	l.limbo = nil
	for _, e := range limbo {
		if e.place == atTimer {
			l.sleep(e)
		}
	}
	l.setAlarm()
}

func (l *line) readTimers(after moment, n int) (found []*entry, all bool, err error) {
	snap := l.q.store.snapshot()
	defer snap.release()
	all = true
	start := appendTimerKey(nil, l.id, after.wake, after.seq+1)
	err = scan(snap.Txn, appendLine(nil, kindTimer, l.id), start, false, true, func(key []byte, item *badger.Item) (bool, error) {
		e, err := timerEntry(key, item)
		found = append(found, e)
		all = len(found) < n
		return all, err
	})
	return found, all, err
}

// timerEntry makes an entry of a t record.
func timerEntry(key []byte, item *badger.Item) (*entry, error) {
	e := &entry{seq: seqOf(key), retried: true}
	e.due = dueOf(key)
	e.wake = e.due
	err := item.Value(func(v []byte) error {
		f, err := unseal(key, v)
		if err != nil {
			return err
		}
		e.hash = f.uint()
		e.event = f.uint()
		e.created = f.time()
		return f.done(key)
	})
	return e, err
}

// setAlarm wakes the line when the next timer or delay is over.
func (l *line) setAlarm() {
	next := int64(math.MaxInt64)
	if len(l.timers) > 0 {
		next = l.timers[0].wake
	}
	if len(l.delays) > 0 {
		next = min(next, l.delays[0].wake)
	}
	if next == math.MaxInt64 || l.alarm != nil && l.alarmAt != 0 && l.alarmAt <= next {
		return
	}
	l.alarmAt = next
	wait := time.Duration(max(0, next-l.q.clock.own()))
	if l.alarm == nil {
		l.alarm = time.AfterFunc(wait, l.ring)
	} else {
		l.alarm.Reset(wait)
	}
}

// ring makes ready what is due.
func (l *line) ring() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.alarmAt = 0
	if l.q.closing.Load() {
		return
	}
	now := l.q.clock.own()
	for len(l.delays) > 0 && l.delays[0].wake <= now {
		l.first(heap.Pop(&l.delays).(*entry))
	}
	for len(l.timers) > 0 && l.timers[0].wake <= now {
		l.fall(heap.Pop(&l.timers).(*entry))
	}
	l.wantTimers()
	l.setAlarm()
}

// fall makes a retry ready.
func (l *line) fall(e *entry) {
	l.move(e, atReady)
	heap.Push(&l.due, e)
	l.wakeOne()
}

// stop silences the alarm when the queue closes.
func (l *line) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alarm != nil {
		l.alarm.Stop()
	}
}
