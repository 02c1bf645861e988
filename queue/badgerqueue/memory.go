package badgerqueue

import (
	"bytes"
	"cmp"
	"container/list"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// memories are what plugins remember, all of it in memory as well: it is bounded, and a plugin that reads it must not wait
// for a disk. What is committed is read under mu. The committer has books of its own, which are ahead of it by the batches
// that are not durable yet: by them it decides what has to go.
type memories struct {
	q *Queue

	mu     sync.RWMutex
	values map[string]map[string]remembered // by owner and key

	books map[string]*book // by owner; the committer's, as is
	last  int64            // when the last value was written: own time, and no two alike
}

// remembered is a value as it is committed.
type remembered struct {
	value []byte
	ends  int64 // own time; 0: never
}

// book is what an owner has, in the order of writing.
type book struct {
	entries map[string]*list.Element // of *bookEntry, by key
	order   list.List                // written longest ago first
	size    int64
	told    bool // that something had to go
}

type bookEntry struct {
	key  string
	size int64
	ends int64
}

const (
	entryCost = perWrite // what a key counts beside its bytes
	forgetMax = 256      // keys forgotten in one commit
)

func (m *memories) start(q *Queue) {
	m.q, m.values, m.books = q, map[string]map[string]remembered{}, map[string]*book{}
}

// recover reads what is remembered. What is over goes later, with forget.
func (m *memories) recover(txn *badger.Txn) error {
	type found struct {
		owner, key string
		value      remembered
		written    int64
	}
	var all []found
	err := scan(txn, []byte{kindState}, nil, false, true, func(key []byte, item *badger.Item) (bool, error) {
		v, err := item.ValueCopy(nil)
		if err != nil {
			return false, corrupt(key, "%v", err)
		}
		owner, name, ok := stateOf(key)
		if !ok {
			return false, corrupt(key, "it names no owner")
		}
		r, written, err := decodeState(key, v)
		if err != nil { // nothing is owed for it
			m.q.opt.Logger.Error("what a plugin remembered cannot be read; it is as if it were forgotten", "owner", owner, "err", err)
			return true, nil
		}
		all = append(all, found{owner: owner, key: name, value: r, written: written})
		return true, nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.written, b.written) })
	for i := range all {
		f := &all[i]
		m.last = f.written
		m.put(f.owner, f.key, f.value)
		m.book(f.owner).set(f.key, int64(len(f.value.value)), f.value.ends)
	}
	return nil
}

func (m *memories) put(owner, key string, r remembered) {
	if m.values[owner] == nil {
		m.values[owner] = map[string]remembered{}
	}
	m.values[owner][key] = r
}

func (m *memories) book(owner string) *book {
	b := m.books[owner]
	if b == nil {
		b = &book{entries: map[string]*list.Element{}}
		m.books[owner] = b
	}
	return b
}

func (b *book) set(key string, value, ends int64) {
	b.remove(key)
	e := &bookEntry{key, int64(len(key)) + value + entryCost, ends}
	b.entries[key] = b.order.PushBack(e)
	b.size += e.size
}

func (b *book) remove(key string) bool {
	at, ok := b.entries[key]
	if ok {
		b.size -= at.Value.(*bookEntry).size //nolint:forcetypeassert // only set puts anything there
		b.order.Remove(at)
		delete(b.entries, key)
	}
	return ok
}

// over says whether an owner has more than it may.
func (b *book) over(o *Options) bool { return b.size > o.StateBytes || len(b.entries) > o.StateKeys }

// Recall implements queue.Memory.
func (q *Queue) Recall(owner, key string) ([]byte, bool) {
	m := &q.memories
	m.mu.RLock()
	r, ok := m.values[owner][key]
	m.mu.RUnlock()
	if !ok || r.ends != 0 && r.ends <= q.clock.own() {
		return nil, false
	}
	return r.value, true
}

// Remember implements queue.Memory.
func (q *Queue) Remember(ctx context.Context, writes ...queue.StateWrite) error {
	if err := q.usable(); err != nil {
		return err
	}
	if err := validState(writes); err != nil {
		return err
	}
	o := &rememberOp{ticket: q.ticket(), writes: q.memories.prepare(writes)}
	return q.submit(ctx, o, o.ticket)
}

func validState(writes []queue.StateWrite) error {
	for i := range writes {
		if w := &writes[i]; w.Owner == "" || len(w.Owner)+len(w.Key) > maxHead || strings.IndexByte(w.Owner, 0) >= 0 {
			return fmt.Errorf("badgerqueue: %.100q is no owner, or its key is longer than %d bytes", w.Owner, maxHead)
		}
	}
	return nil
}

// rememberOp writes what belongs to nothing else, or forgets what is over.
type rememberOp struct {
	ticket
	writes stateWrites
}

func (o *rememberOp) weight() int { return o.writes.weight() + perWrite }
func (o *rememberOp) apply()      { o.writes.apply() }

func (o *rememberOp) build(b *batch) error {
	o.writes.build(b)
	return nil
}

// stateWrites ride the commit of an op.
type stateWrites []stateWrite

type stateWrite struct {
	m      *memories
	owner  string
	key    string
	value  []byte
	ends   int64    // own time; 0: never
	over   bool     // only to be forgotten, if it is over by then
	stands bool     // what build decided: the value is there after it
	gone   []string // and what had to go for it
}

// prepare takes writes as an op carries them. A TTL begins here, which is just before the commit.
func (m *memories) prepare(writes []queue.StateWrite) stateWrites {
	if len(writes) == 0 || validState(writes) != nil {
		return nil
	}
	out := make(stateWrites, len(writes))
	for i, w := range writes {
		out[i] = stateWrite{m: m, owner: w.Owner, key: w.Key, value: w.Value}
		if w.TTL > 0 {
			out[i].ends = m.q.clock.own() + int64(w.TTL)
		}
	}
	return out
}

// weight counts the record, and as many keys gone as it can push out.
func (s stateWrites) weight() (n int) {
	for i := range s {
		w := &s[i]
		size := len(w.owner) + len(w.key) + len(w.value) + 2*perWrite
		n += 3 * size
	}
	return n
}

func (s stateWrites) build(b *batch) {
	for i := range s {
		s[i].build(b)
	}
}

func (w *stateWrite) build(b *batch) {
	book := w.m.book(w.owner)
	switch at := book.entries[w.key]; {
	case w.over: // it may have been written again meanwhile
		if at == nil || at.Value.(*bookEntry).ends == 0 || at.Value.(*bookEntry).ends > w.m.q.clock.own() { //nolint:forcetypeassert // see remove
			w.stands = true
			return
		}
		book.remove(w.key)
		b.delete(appendStateKey(b.key(), w.owner, w.key))
	case w.value == nil:
		if book.remove(w.key) {
			b.delete(appendStateKey(b.key(), w.owner, w.key))
		}
	default:
		w.stands = true
		w.m.last = max(w.m.last+1, w.m.q.clock.own())
		record := appendTime(appendTime(newRecord(32+len(w.value)), w.ends), w.m.last)
		b.put(appendStateKey(b.key(), w.owner, w.key), append(record, w.value...), 0, 0)
		book.set(w.key, int64(len(w.value)), w.ends)
		w.pushOut(b, book)
	}
}

// pushOut forgets what was written longest ago, where an owner has more than it may: at most as much as has come.
func (w *stateWrite) pushOut(b *batch, k *book) {
	room := int64(len(w.key)+len(w.value)) + 2*entryCost
	for k.over(&w.m.q.opt) && room > 0 {
		oldest := k.order.Front().Value.(*bookEntry) //nolint:forcetypeassert // see remove
		if !k.told {
			k.told = true
			w.m.q.opt.Logger.Warn("a plugin remembers more than it may; what it wrote longest ago is forgotten", "owner", w.owner,
				"keys", len(k.entries), "bytes", k.size)
		}
		room -= oldest.size
		k.remove(oldest.key)
		b.delete(appendStateKey(b.key(), w.owner, oldest.key))
		w.gone = append(w.gone, oldest.key)
	}
}

func (s stateWrites) apply() {
	if len(s) == 0 {
		return
	}
	m := s[0].m
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range s {
		w := &s[i]
		switch {
		case w.over && w.stands:
		case w.stands:
			m.put(w.owner, w.key, remembered{w.value, w.ends})
		default:
			delete(m.values[w.owner], w.key)
		}
		for _, key := range w.gone {
			delete(m.values[w.owner], key)
		}
	}
}

// forget removes what is over.
func (q *Queue) forget() {
	now := q.clock.own()
	m := &q.memories
	var over stateWrites
	m.mu.RLock()
	for owner, values := range m.values {
		for key, r := range values {
			if r.ends != 0 && r.ends <= now {
				over = append(over, stateWrite{m: m, owner: owner, key: key, over: true})
			}
		}
	}
	m.mu.RUnlock()
	for some := range slices.Chunk(over, forgetMax) {
		o := &rememberOp{ticket: q.ticket(), writes: some}
		if q.submit(context.Background(), o, o.ticket) != nil {
			return
		}
	}
}

// forgetEvery is how often what is over is looked for; until then it takes room, but nobody sees it.
const forgetEvery = time.Minute

func appendStateKey(b []byte, owner, key string) []byte {
	b = append(append(b, kindState), owner...)
	return append(append(b, 0), key...)
}

func stateOf(key []byte) (owner, name string, ok bool) {
	before, after, ok := bytes.Cut(key[1:], []byte{0})
	return string(before), string(after), ok && len(before) > 0
}

func decodeState(key, record []byte) (r remembered, written int64, err error) {
	f, err := unseal(key, record)
	if err != nil {
		return r, 0, err
	}
	r.ends, written = f.time(), f.time()
	if f.bad {
		return r, 0, corrupt(key, "cut short")
	}
	r.value = f.rest
	return r, written, nil
}

func (a *audit) state(key []byte, item *badger.Item) error {
	v, err := item.ValueCopy(nil)
	if err != nil {
		return corrupt(key, "%v", err)
	}
	if _, _, ok := stateOf(key); !ok {
		return corrupt(key, "it names no owner")
	}
	_, _, err = decodeState(key, v)
	return err
}

var _ queue.Memory = (*Queue)(nil)
