package badgerqueue

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/plugboard/plugboard/queue"
)

// cursor is where a page ended: at a number and, within an event, after so many of its deliveries.
type cursor struct {
	seq  uint64
	skip uint16
}

func (c cursor) String() string {
	b := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint64(nil, c.seq), c.skip)
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor reads a filter's cursor; "" is the beginning, the highest number there is or the lowest.
func parseCursor(f *queue.Filter) (cursor, error) {
	s := f.Cursor
	if s == "" && f.OldestFirst {
		return cursor{}, nil
	}
	if s == "" {
		return cursor{seq: 1<<64 - 1}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 10 {
		return cursor{}, fmt.Errorf("badgerqueue: %q is no cursor; give one as a page before returned it", s)
	}
	return cursor{seq: binary.BigEndian.Uint64(b), skip: binary.BigEndian.Uint16(b[8:])}, nil
}

func limitOf(f *queue.Filter) int {
	if f.Limit <= 0 {
		return defaultLimit
	}
	return min(f.Limit, maxLimit)
}

// within says whether a time lies in the filter's span, and whether those behind it in the list cannot.
func within(f *queue.Filter, nanos int64) (in, over bool) {
	early := !f.Since.IsZero() && nanos < nanosOf(f.Since)
	late := !f.Until.IsZero() && nanos > nanosOf(f.Until)
	if f.OldestFirst {
		return !early && !late, late
	}
	return !early && !late, early
}

func wantsEvent(f *queue.Filter, ev *queue.Event) bool {
	return (f.Source == "" || f.Source == ev.Source) && (f.Type == "" || f.Type == ev.Type) &&
		(f.Subject == "" || f.Subject == ev.Subject) && (f.EventID == "" || f.EventID == ev.ID)
}

func wantsDelivery(f *queue.Filter, d *found) bool {
	return (f.Destination == "" || f.Destination == d.l.name) && (f.State == 0 || f.State == d.record.state)
}
