package badgerqueue

import (
	"encoding/binary"

	"github.com/plugboard/plugboard/queue"
)

// eventRecord is what e|seq holds: the event once, however many destinations it has, and what it owes.
type eventRecord struct {
	seq   uint64
	event queue.Event
	owed  []owedRecord
	more  int // further parts
}

type owedRecord struct {
	line       uint32
	route, key string
}

// encodeEvent makes the parts of an event, the first with its head. The checksums are missing still: the key is not known
// before the committer has numbered the event.
func encodeEvent(ev *queue.Event, owed []owedItem) (parts [][]byte) {
	work := scratches.Get().(*scratch)
	defer work.free()
	payload := work.payload(ev)
	size := len(ev.Source) + len(ev.ID) + len(ev.Type) + len(ev.Subject) + len(payload) + 40
	for i := range owed {
		size += len(owed[i].record.route) + len(owed[i].record.key) + 12
	}
	b, more := newParted(size)
	b = appendString(b, ev.Source)
	b = appendString(b, ev.ID)
	b = appendString(b, ev.Type)
	b = appendString(b, ev.Subject)
	b = appendTime(b, nanosOf(ev.Received))
	b = binary.AppendUvarint(b, uint64(len(owed)))
	for i := range owed {
		b = binary.AppendUvarint(b, uint64(owed[i].line.id))
		b = appendString(b, owed[i].record.route)
		b = appendString(b, owed[i].record.key)
	}
	return split(append(b, payload...), more)
}

// decodeHead reads an event without its body from its first part, and says how many more parts there are. What is left
// in f is the body's beginning.
func decodeHead(key []byte, f *fields) (r eventRecord, more int, err error) {
	more = f.parts()
	r.event.Source = f.string()
	r.event.ID = f.string()
	r.event.Type = f.string()
	r.event.Subject = f.string()
	r.event.Received = timeOf(f.time())
	n := f.uint()
	if n > uint64(len(f.rest)) {
		f.fail()
	}
	for ; n > 0 && !f.bad; n-- {
		r.owed = append(r.owed, owedRecord{line: uint32(f.uint()), route: f.string(), key: f.string()})
	}
	if f.bad {
		return eventRecord{}, 0, corrupt(key, "cut short")
	}
	r.seq, r.more = binary.BigEndian.Uint64(key[1:]), more
	return r, more, nil
}

// decodeBody reads the rest of an event, once all its parts stand one behind the other in f.
func decodeBody(key []byte, r *eventRecord, f *fields) error {
	f.payload(&r.event)
	return f.done(key)
}
