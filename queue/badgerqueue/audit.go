package badgerqueue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/plugboard/plugboard/queue"
)

// maxFaults is how many faults a report lists; it counts them all.
const maxFaults = 100

// audit recounts a store, kind of record after kind, and compares what must agree.
type audit struct {
	ctx    context.Context
	q      *Queue
	txn    *badger.Txn
	report queue.AuditReport
	floors map[uint32]uint64
	stands map[uint64]int64 // bytes of events, by segment of the journal
}

// Audit recounts everything from disk, as it stood at one moment. See queue.Inspector.
func (q *Queue) Audit(ctx context.Context) (queue.AuditReport, error) {
	var report queue.AuditReport
	err := q.view(ctx, func(txn *badger.Txn) (err error) {
		report, err = q.audit(ctx, txn)
		return err
	})
	return report, err
}

// AuditDir recounts a store that no gateway has open, and changes nothing but what Badger does when it opens. key is as in
// Options.
func AuditDir(ctx context.Context, dir string, key []byte) (queue.AuditReport, error) {
	q, err := load(Options{Dir: dir, Key: key, Logger: slog.New(slog.DiscardHandler)}.withDefaults())
	if err != nil {
		return queue.AuditReport{}, err
	}
	snap := q.store.snapshot()
	report, err := q.audit(ctx, snap.Txn)
	snap.release()
	return report, errors.Join(err, q.store.close(dir, q.pending()))
}

func (q *Queue) audit(ctx context.Context, txn *badger.Txn) (queue.AuditReport, error) {
	a := &audit{ctx: ctx, q: q, txn: txn, floors: map[uint32]uint64{}, stands: map[uint64]int64{}}
	a.report.States = map[string]int{}
	steps := []struct {
		kind  byte
		check func(key []byte, item *badger.Item) error
	}{
		{kindMeta, a.meta}, {kindEvent, a.event}, {kindDelivery, a.delivery}, {kindTimer, a.timer},
		{kindFollower, a.follower}, {kindDead, a.dead}, {kindAttempt, a.attempt}, {kindNewest, a.newestRecord}, {kindReplay, a.replay},
		{kindIdentity, a.identity}, {kindRejected, a.rejected}, {kindState, a.state}, {kindRecord, a.record}, {kindSegment, a.segment},
	}
	for _, step := range steps {
		n := 0
		err := scan(txn, []byte{step.kind}, nil, false, true, func(key []byte, item *badger.Item) (bool, error) {
			if n++; n%1024 == 0 && ctx.Err() != nil {
				return false, ctx.Err()
			}
			if err := step.check(key, item); err != nil {
				a.fault("%v", err)
			}
			return true, nil
		})
		if err != nil {
			return a.report, err
		}
	}
	for number, bytes := range a.stands {
		a.fault("%s: missing, though %d bytes of events stand there", keyString(appendSegmentKey(nil, number)), bytes)
	}
	return a.report, nil
}

func (a *audit) fault(format string, args ...any) {
	a.report.FaultCount++
	if len(a.report.Faults) < maxFaults {
		a.report.Faults = append(a.report.Faults, fmt.Sprintf(format, args...))
	}
}

// fields reads and checks a record.
func (a *audit) fields(key []byte, item *badger.Item) (fields, error) {
	v, err := item.ValueCopy(nil)
	if err != nil {
		return fields{}, corrupt(key, "%v", err)
	}
	return unseal(key, v)
}

// exists says whether a key is there.
func (a *audit) exists(key []byte) bool {
	_, err := a.txn.Get(key)
	return err == nil
}

func (a *audit) meta(key []byte, item *badger.Item) error {
	v, err := item.ValueCopy(nil)
	if err != nil {
		return corrupt(key, "%v", err)
	}
	if lineOf(key) == 0 {
		_, err := decodeQueueMeta(key, v)
		return err
	}
	m, err := decodeLineMeta(key, v)
	a.floors[lineOf(key)] = m.floor
	return err
}

// event checks that an event is whole and that every delivery it owes has a record.
func (a *audit) event(key []byte, item *badger.Item) error {
	a.report.Events++
	v, err := item.ValueCopy(nil)
	if err != nil {
		return corrupt(key, "%v", err)
	}
	r, err := decodeEvent(key, v)
	if err != nil {
		return err
	}
	a.stands[r.place.Segment] += int64(r.place.Length)
	if _, err := a.q.store.readEvent(a.txn, seqOf(key), true); err != nil {
		return err
	}
	for _, owed := range r.owed {
		a.report.Owed++
		if _, err := a.q.readDelivery(a.txn, owed.line, r.seq); err != nil {
			a.fault("event %q of source %q: %v", r.event.ID, r.event.Source, err)
		}
	}
	return nil
}

// delivery checks a delivery's record, that its event owes it, and that it will be found: by the scan from the floor, by
// its t record, or by its k record.
func (a *audit) delivery(key []byte, item *badger.Item) error {
	line, seq := lineOf(key), seqOf(key)
	v, err := item.ValueCopy(nil)
	if err != nil {
		return corrupt(key, "%v", err)
	}
	r, err := decodeDelivery(key, v)
	if err != nil {
		return err
	}
	a.report.States[r.state.String()]++
	if item.UserMeta() != r.meta() {
		a.fault("%s: is %s, but marked %d", keyString(key), r.state, item.UserMeta())
	}
	if err := a.owed(key, line, seq, &r); err != nil {
		return err
	}
	switch {
	case r.state == queue.Dead && !a.exists(appendDeadKey(nil, line, seq)):
		return fmt.Errorf("%s: a dead letter that is not in the list of them", keyString(key))
	case r.state.Ended() && r.due != 0:
		return fmt.Errorf("%s: has ended and is due", keyString(key))
	case r.due != 0 && !a.exists(appendTimerKey(nil, line, r.due, seq)):
		return fmt.Errorf("%s: waits for a retry that nothing will start", keyString(key))
	case r.state == queue.Pending && r.due == 0 && seq < a.floors[line]:
		if r.key == "" || !a.exists(appendFollowerKey(nil, line, hashOf(r.key), seq)) {
			return fmt.Errorf("%s: pending below the floor %d, where nothing looks", keyString(key), a.floors[line])
		}
	}
	return nil
}

func (a *audit) owed(key []byte, line uint32, seq uint64, r *deliveryRecord) error {
	if r.event != 0 {
		if !a.exists(appendEventKey(nil, r.event)) {
			return fmt.Errorf("%s: replays event %d, which is missing", keyString(key), r.event)
		}
		if !a.exists(appendReplayKey(nil, r.event, line, seq)) {
			return fmt.Errorf("%s: a replay that its event %d does not know", keyString(key), r.event)
		}
		return nil
	}
	ev, err := a.q.store.readEvent(a.txn, seq, false)
	if err != nil {
		return nil // told already, with the event
	}
	if ev != nil {
		for _, o := range ev.owed {
			if o.line == line {
				return nil
			}
		}
	}
	return fmt.Errorf("%s: no event owes it", keyString(key))
}
