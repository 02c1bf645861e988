package badgerqueue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/plugboard/plugboard/queue/badgerqueue/journal"
)

// verify looks at a store's files before Badger does, which deletes what its list has lost, and panics where nobody can
// catch it on a table that was cut. Until verify is content nothing has been changed.
func (o *Options) verify() (was *mark, err error) {
	release, err := lockStore(o.Dir)
	if err != nil {
		return was, err
	}
	defer release()
	if err := o.sealedAsWanted(); err != nil {
		return was, err
	}
	if was = new(mark); !o.unchecked {
		if was, err = o.verifyFiles(); err != nil {
			return was, err
		}
	}
	if err := roomToOpen(storePath(o.Dir)); err != nil {
		return was, err
	}
	return was, removeLogs(storePath(o.Dir))
}

// verifyFiles is verify once nobody else changes the files.
func (o *Options) verifyFiles() (was *mark, err error) {
	was, err = readMark(o.Dir)
	if err := o.forgive(err); err != nil {
		return was, err
	}
	path := storePath(o.Dir)
	list, err := readTables(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && was == nil:
		return was, nil // a new store
	case errors.Is(err, fs.ErrNotExist):
		if err := o.forgive(fmt.Errorf("%w: %s has no MANIFEST", ErrBehind, path)); err != nil {
			return was, err
		}
		return was, keepAside(o.Dir, new(tableList).others(path))
	case err != nil:
		return was, fmt.Errorf("%w: the MANIFEST of %s: %w", ErrDamaged, path, err)
	}
	if was != nil {
		if err := o.forgive(was.check(path, list)); err != nil {
			return was, err
		}
	}
	if err := o.verifyTables(list); err != nil {
		return was, err
	}
	if err := o.verifyJournal(was, list.newest); err != nil {
		return was, err
	}
	if o.AcceptLoss { // Badger would delete them
		if err := keepAside(o.Dir, list.others(path)); err != nil {
			return was, err
		}
	}
	return was, was.unclean(o.Dir)
}

// verifyJournal reads the journal, as far as the tables do not have it, or all of it.
func (o *Options) verifyJournal(was *mark, newest uint64) error {
	how := o.follow(was, newest)
	found, err := how.Read(journalPath(o.Dir), func(*journal.Record) error { return nil })
	if err != nil {
		return journalError(o.Dir, err)
	}
	if was != nil && found.None() {
		return o.forgive(fmt.Errorf("%w: %s has no journal: it was removed, or a version wrote the store that had none", ErrBehind, o.Dir))
	}
	if o.AcceptLoss && len(found.Damaged) > 0 {
		_ = o.forgive(fmt.Errorf("%w: segments %v of the journal", ErrDamaged, found.Damaged))
	}
	return nil
}

// verifyTables reads tables. Those that are damaged are taken out when that is wanted, and no scrub need say so again.
func (o *Options) verifyTables(list *tableList) error {
	keys, err := o.tableKeys()
	if err != nil {
		return err
	}
	defer keys.release()
	bad, err := list.check(storePath(o.Dir), o.verifiesAtOnce(), keys)
	if err != nil {
		if err := o.forgive(err); err != nil {
			return err
		}
		if err := list.drop(o.Dir, bad); err != nil {
			return err
		}
	}
	if err := os.Remove(damagedPath(o.Dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	return nil
}

// compare holds what was opened against the mark.
func (q *Queue) compare(was *mark) error {
	noted, err := q.store.read(markedKey)
	if err != nil {
		return err
	}
	switch {
	case was == nil && noted != nil:
		return fmt.Errorf("%w: %s is gone, so nobody knows what should be there", ErrBehind, markPath(q.opt.Dir))
	case was == nil:
		return nil
	case q.store.visible < was.Version:
		return fmt.Errorf("%w: the last commit in %s is number %d, there was a number %d: the end of the journal is missing", ErrBehind, q.opt.Dir, q.store.visible, was.Version)
	default:
		if err := q.store.segments.missing(q.store.journal.Segments()); err != nil {
			return err
		}
		pending := q.pending()
		for _, name := range slices.Sorted(maps.Keys(was.Pending)) {
			if want := was.Pending[name]; pending[name] != want {
				return fmt.Errorf("%w: %d deliveries wait for %s in %s, there were %d", ErrBehind, pending[name], name, q.opt.Dir, want)
			}
		}
	}
	return nil
}

// pending counts what waits, by destination.
func (q *Queue) pending() map[string]int {
	counts := map[string]int{}
	for _, l := range q.allLines() {
		l.mu.Lock()
		if l.pending > 0 {
			counts[l.name] = l.pending
		}
		l.mu.Unlock()
	}
	return counts
}

// begin makes the first commits of a queue that was opened: from here on the counts of the lines are not to be trusted.
// The mark comes before them: it knows how many waited, and its place is noted in the store.
func (q *Queue) begin(ctx context.Context) error {
	noted, err := q.store.read(markedKey)
	if err != nil {
		return err
	}
	if err := q.writeMark(); err != nil {
		return fmt.Errorf("badgerqueue: the mark of the store cannot be written: %w", err)
	}
	if noted == nil {
		noted := markedOp{q.ticket()}
		if err := q.submit(ctx, noted, noted.ticket); err != nil {
			return err
		}
	}
	if q.opt.AcceptLoss {
		o, err := q.recountSegments()
		if err == nil {
			err = q.submit(ctx, o, o.ticket)
		}
		if err != nil {
			return err
		}
	}
	opened := &metaOp{ticket: q.ticket(), q: q}
	return q.submit(ctx, opened, opened.ticket)
}

// markedKey stands in the store from the moment that a mark stands beside it.
var markedKey = []byte{kindMarked}

// markedOp notes that there is a mark.
type markedOp struct{ ticket }

func (markedOp) weight() int { return perWrite }
func (markedOp) apply()      {}
func (markedOp) build(b *batch) error {
	b.put(append(b.key(), markedKey...), newRecord(0), 0, 0)
	return nil
}
