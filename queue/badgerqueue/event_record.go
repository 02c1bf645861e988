package badgerqueue

import (
	"encoding/binary"

	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue/journal"
)

// eventRecord is what e|seq holds: the event once, however many destinations it has, and what it owes.
type eventRecord struct {
	seq   uint64
	event queue.Event
	owed  []owedRecord
	place journal.Place // of its body and request
}

// placeAt is where the place stands in an e record: it is filled in when the commit's own is known.
const placeAt = crcSize + 1

type owedRecord struct {
	line       uint32
	route, key string
}

// encodeEvent makes the record of an event. Its place and checksum are missing still: they are not known before the
// committer has numbered the event.
func encodeEvent(ev *queue.Event, owed []owedItem) []byte {
	size := len(ev.Source) + len(ev.ID) + len(ev.Type) + len(ev.Subject) + journal.PlaceSize + 40
	for i := range owed {
		size += len(owed[i].record.route) + len(owed[i].record.key) + 12
	}
	b := newRecord(size)
	b = b[:len(b)+journal.PlaceSize]
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
	return b
}

// decodeEvent reads an event without its body.
func decodeEvent(key, record []byte) (r eventRecord, err error) {
	f, err := unseal(key, record)
	if err != nil {
		return r, err
	}
	if len(f.rest) < journal.PlaceSize {
		return r, corrupt(key, "cut short")
	}
	r.place, f.rest = journal.PlaceFrom(f.rest), f.rest[journal.PlaceSize:]
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
	r.seq = binary.BigEndian.Uint64(key[1:])
	return r, f.done(key)
}
