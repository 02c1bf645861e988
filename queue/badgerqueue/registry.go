package badgerqueue

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// Limits of a record that was set up at run time.
const (
	maxRecordKey   = 200
	maxRecordValue = 64 << 10
)

// registry has what was set up at run time in memory, as it is committed. Nothing in it ends by itself: no retention, no
// expiry, no bound that makes room.
type registry struct {
	mu    sync.RWMutex
	kinds map[string]map[string][]byte // values by kind and key
}

// recover reads all records. One that cannot be read keeps the store closed: what somebody set up, a pause say, is not to
// be forgotten in silence.
func (g *registry) recover(o *Options, txn *badger.Txn) error {
	g.kinds = map[string]map[string][]byte{}
	return scan(txn, []byte{kindRecord}, nil, false, true, func(key []byte, item *badger.Item) (bool, error) {
		r, err := recordOf(key, item)
		if err != nil {
			return true, o.forgive(fmt.Errorf("%w: what was set up at run time: %w", ErrDamaged, err))
		}
		g.set(r)
		return true, nil
	})
}

// set is called with mu held, or before anybody else can see it.
func (g *registry) set(r queue.Record) {
	if r.Value == nil {
		delete(g.kinds[r.Kind], r.Key)
		return
	}
	if g.kinds[r.Kind] == nil {
		g.kinds[r.Kind] = map[string][]byte{}
	}
	g.kinds[r.Kind][r.Key] = r.Value
}

// Record implements queue.Registry.
func (q *Queue) Record(kind, key string) ([]byte, bool) {
	q.registry.mu.RLock()
	defer q.registry.mu.RUnlock()
	value, ok := q.registry.kinds[kind][key]
	return value, ok
}

// Records implements queue.Registry.
func (q *Queue) Records(kind string) []queue.Record {
	q.registry.mu.RLock()
	defer q.registry.mu.RUnlock()
	values := q.registry.kinds[kind]
	out := make([]queue.Record, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		out = append(out, queue.Record{Kind: kind, Key: key, Value: values[key]})
	}
	return out
}

// Put implements queue.Registry.
func (q *Queue) Put(ctx context.Context, records ...queue.Record) error {
	if err := q.usable(); err != nil {
		return err
	}
	o := &recordOp{ticket: q.ticket(), registry: &q.registry, records: slices.Clone(records)}
	for i := range o.records {
		r := &o.records[i]
		if err := validRecord(r); err != nil {
			return err
		}
		if r.Value != nil { // a copy that nobody else can change; empty is not nil
			r.Value = append(make([]byte, 0, len(r.Value)), r.Value...)
		}
	}
	if n := o.weight(); n > q.maxBytes {
		return fmt.Errorf("badgerqueue: %d records of %d bytes are too much for one commit (%d)", len(records), n, q.maxBytes)
	}
	return q.submit(ctx, o, o.ticket)
}

func validRecord(r *queue.Record) error {
	switch {
	case r.Kind == "" || len(r.Kind) > maxRecordKey || strings.Trim(r.Kind, "abcdefghijklmnopqrstuvwxyz-") != "":
		return fmt.Errorf("badgerqueue: %.100q is no kind of record; it wants small letters", r.Kind)
	case r.Key == "" || len(r.Key) > maxRecordKey:
		return fmt.Errorf("badgerqueue: %s: the key %.100q is empty or longer than %d bytes", r.Kind, r.Key, maxRecordKey)
	case len(r.Value) > maxRecordValue:
		return fmt.Errorf("badgerqueue: %s %q: %d bytes are more than a record holds (%d)", r.Kind, r.Key, len(r.Value), maxRecordValue)
	}
	return nil
}

// recordOp writes records.
type recordOp struct {
	ticket
	registry *registry
	records  []queue.Record
}

func (o *recordOp) weight() int {
	n := perWrite
	for i := range o.records {
		r := &o.records[i]
		n += perWrite + len(r.Kind) + len(r.Key) + len(r.Value)
	}
	return n
}

func (o *recordOp) build(b *batch) error {
	for _, r := range o.records {
		if key := appendRecordKey(b.key(), r.Kind, r.Key); r.Value == nil {
			b.delete(key)
		} else {
			b.put(key, append(newRecord(len(r.Value)), r.Value...), 0, 0)
		}
	}
	return nil
}

func (o *recordOp) apply() {
	o.registry.mu.Lock()
	defer o.registry.mu.Unlock()
	for _, r := range o.records {
		o.registry.set(r)
	}
}

// recordOf reads a record as build wrote it.
func recordOf(key []byte, item *badger.Item) (r queue.Record, err error) {
	kind, name, ok := bytes.Cut(key[1:], []byte{0})
	if r = (queue.Record{Kind: string(kind), Key: string(name)}); !ok || validRecord(&r) != nil {
		return r, corrupt(key, "it names no kind, or no key")
	}
	v, err := item.ValueCopy(nil)
	if err != nil {
		return r, corrupt(key, "%v", err)
	}
	f, err := unseal(key, v)
	r.Value = f.rest
	return r, err
}

// record checks and counts a record.
func (a *audit) record(key []byte, item *badger.Item) error {
	a.report.Records++
	_, err := recordOf(key, item)
	return err
}

var _ queue.Registry = (*Queue)(nil)
