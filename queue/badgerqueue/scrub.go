package badgerqueue

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4/table"

	"github.com/plugboard/plugboard/queue/badgerqueue/journal"
)

// verifyAtOnce is how large a store may be, in bytes of tables and of the journal, to be read through before it is used. A larger one is read
// through while it is used: or a start would take as long as the disk needs for all that waits.
const verifyAtOnce = 256 << 20

// scrubPause is what lies between two tables, so that reading leaves the disk and the processors to what is urgent.
const scrubPause = 100 * time.Millisecond

func damagedPath(dir string) string { return filepath.Join(dir, "damaged") }

// verifiesAtOnce says whether the files are few enough. Whoever accepts a loss waits for all of them: what is damaged
// cannot be left where Badger will come across it.
func (o *Options) verifiesAtOnce() bool {
	if o.AcceptLoss || o.verifyLater {
		return o.AcceptLoss
	}
	names, _ := filepath.Glob(filepath.Join(storePath(o.Dir), "*.sst")) // the pattern is good
	segments, _ := filepath.Glob(filepath.Join(journalPath(o.Dir), "*.seg"))
	var total int64
	for _, name := range append(names, segments...) {
		if st, err := os.Stat(name); err == nil {
			total += st.Size()
		}
	}
	return total <= verifyAtOnce
}

// scrub checks all tables that were there at opening, once. What it finds fails the queue and is noted, so that no later
// start overlooks it.
func (q *Queue) scrub(r *tables) {
	for level := range r.levels {
		failed := r.eachSlowly(level, func(t *table.Table) error {
			if !q.pause(scrubPause) {
				return errStopped
			}
			return t.VerifyChecksum()
		})
		if errors.Is(failed, errStopped) || q.usable() != nil {
			return
		}
		if failed != nil {
			q.damaged(failed)
			return
		}
	}
	q.scrubJournal()
}

// scrubJournal does the same with the segments of the journal, but for the one that is being written.
func (q *Queue) scrubJournal() {
	for _, s := range q.store.journal.Removable(q.store.version()) {
		if slices.Contains(q.store.known, s.Number) {
			continue
		}
		if !q.pause(scrubPause) || q.usable() != nil {
			return
		}
		err := q.store.journal.Walk(s.Number, func(*journal.Record) error { return nil })
		if errors.Is(err, journal.ErrDamaged) {
			q.damaged(err)
			return
		}
	}
}

var errStopped = errors.New("badgerqueue: closing")

func (q *Queue) damaged(found error) {
	err := fmt.Errorf("%w: a file is damaged: %w", ErrBehind, found)
	if q.opt.AcceptLoss {
		q.opt.Logger.Error("goes on in spite of a loss", "err", err)
		return
	}
	if werr := os.WriteFile(damagedPath(q.opt.Dir), []byte(found.Error()), 0o600); werr != nil {
		q.opt.Logger.Error("the damage could not be noted", "err", werr)
	}
	_ = q.fail(err)
}

// knownDamage gives what an earlier scrub found; nil when nothing.
func knownDamage(dir string) error {
	b, err := os.ReadFile(damagedPath(dir))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("badgerqueue: %w", err)
	}
	return fmt.Errorf("%w: a file in %s was found damaged: %s", ErrBehind, dir, b)
}
