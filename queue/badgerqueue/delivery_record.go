package badgerqueue

import (
	"encoding/binary"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// deliveryRecord is what q|line|seq holds. It is small, so that ending a delivery rewrites a hundred bytes and no body.
type deliveryRecord struct {
	event                 uint64 // the event's seq; 0: the delivery's own (all but replays)
	state                 queue.State
	attempts, spared      int
	created, first, ended int64 // of the wall clock, in nanoseconds
	due                   int64 // of the queue's own time; set exactly while a t record exists
	since                 int64 // of the queue's own time: when the first attempt began; 0 before it and after the end
	route, key, reason    string
	memo                  []byte
	last                  *queue.Attempt // the attempt before the present moment; earlier ones are a records
}

// What a delivery's record may hold, in bytes: texts of an attempt are cut, a larger memo is refused.
const (
	maxText = 4 << 10
	maxMemo = 64 << 10
)

// timed marks, beside the state in Badger's user byte, a delivery that has a t record: both can be told without the value.
const timed = 0x80

// meta is the record's user byte.
func (r *deliveryRecord) meta() byte {
	if r.due != 0 {
		return byte(r.state) | timed
	}
	return byte(r.state)
}

func (r *deliveryRecord) encode() []byte {
	size := len(r.route) + len(r.key) + len(r.reason) + len(r.memo) + 64
	if r.last != nil {
		size += attemptSize(r.last)
	}
	b := append(newRecord(size), byte(r.state))
	b = binary.AppendUvarint(b, r.event)
	b = binary.AppendUvarint(b, uint64(r.attempts))
	b = appendTime(b, r.created)
	b = appendTime(b, r.first)
	b = appendTime(b, r.due)
	b = appendTime(b, r.ended)
	b = appendString(b, r.route)
	b = appendString(b, r.key)
	b = appendString(b, r.reason)
	b = appendString(b, r.memo)
	if r.last == nil {
		return append(b, 0)
	}
	b = appendAttempt(append(b, 2), r.last)
	if r.since != 0 || r.spared != 0 {
		b = appendTime(b, r.since)
	}
	if r.spared != 0 {
		b = binary.AppendUvarint(b, uint64(r.spared))
	}
	return b
}

func decodeDelivery(key, record []byte) (r deliveryRecord, err error) {
	f, err := unseal(key, record)
	if err != nil {
		return r, err
	}
	r.state = queue.State(f.byte())
	r.event = f.uint()
	r.attempts = int(f.uint())
	r.created = f.time()
	r.first = f.time()
	r.due = f.time()
	r.ended = f.time()
	r.route = f.string()
	r.key = f.string()
	r.reason = f.string()
	r.memo = f.bytes()
	switch f.byte() {
	case 1: // from before an attempt had a size and a hash
		r.last = readAttempt(&f)
		if len(f.rest) > 0 {
			r.since = f.time()
		}
	case 2:
		r.last = readAttempt(&f)
		f.attemptMore(r.last)
		if len(f.rest) > 0 {
			r.since = f.time()
		}
		if len(f.rest) > 0 {
			r.spared = int(f.uint())
		}
	}
	if err := f.done(key); err != nil {
		return r, err
	}
	if r.state != queue.Pending && !r.state.Ended() {
		return r, corrupt(key, "no such state: %d", r.state)
	}
	return r, nil
}

// eventSeq gives the event of the delivery that stands at seq.
func (r *deliveryRecord) eventSeq(seq uint64) uint64 {
	if r.event == 0 {
		return seq
	}
	return r.event
}

// why says why a delivery stands where it stands: what its last attempt said.
func (r *deliveryRecord) why() string {
	if r.last == nil {
		return ""
	}
	return r.last.Error
}

func attemptSize(a *queue.Attempt) int {
	return len(a.Result) + len(a.Request) + len(a.Response) + len(a.Error) + len(a.Plugin) + len(a.Sent) + 54
}

func appendAttempt(b []byte, a *queue.Attempt) []byte {
	b = binary.AppendUvarint(b, uint64(a.Number))
	b = appendTime(b, nanosOf(a.Started))
	b = binary.AppendVarint(b, int64(a.Duration))
	b = appendString(b, a.Result)
	b = binary.AppendVarint(b, int64(a.Status))
	b = appendString(b, a.Request)
	b = appendString(b, a.Response)
	b = appendString(b, a.Error)
	b = appendString(b, a.Plugin)
	b = binary.AppendUvarint(b, uint64(max(a.Size, 0)))
	return appendString(b, a.Sent)
}

// attemptMore reads what attempts have had since their records were first made.
func (f *fields) attemptMore(a *queue.Attempt) {
	a.Size = int(f.uint()) //nolint:gosec // as written
	a.Sent = f.bytes()
}

func readAttempt(f *fields) *queue.Attempt {
	return &queue.Attempt{
		Number: int(f.uint()), Started: timeOf(f.time()), Duration: time.Duration(f.int()), Result: f.string(),
		Status: int(f.int()), Request: f.string(), Response: f.bytes(), Error: f.string(), Plugin: f.string(),
	}
}

func encodeAttempt(a *queue.Attempt) []byte { return appendAttempt(newRecord(attemptSize(a)), a) }

func decodeAttempt(key, record []byte) (queue.Attempt, error) {
	f, err := unseal(key, record)
	if err != nil {
		return queue.Attempt{}, err
	}
	a := readAttempt(&f)
	if len(f.rest) > 0 {
		f.attemptMore(a)
	}
	return *a, f.done(key)
}

// toDelivery gives the record in the words of package queue.
func (r *deliveryRecord) toDelivery(l *line, seq uint64, ev queue.Event) queue.Delivery {
	return queue.Delivery{
		ID: deliveryID(ev.ID, l.name, seq, r.event), Destination: l.name, Route: r.route, Key: r.key,
		State: r.state, Attempts: r.attempts, Spared: r.spared, Created: timeOf(r.created), First: timeOf(r.first), Due: timeOf(l.q.clock.show(r.due)),
		Age: l.q.clock.age(r.created), Tried: l.q.clock.since(r.since), Ended: timeOf(r.ended), Reason: r.reason, Memo: r.memo, Event: ev,
	}
}
