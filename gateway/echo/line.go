package echo

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/plugboard/plugboard/queue"
)

const (
	mostSame = 8      // effects of the same key and value that may be expected at once, at one destination
	most     = 50_000 // effects expected at one destination: some ten megabytes; beyond it the oldest go
)

// Expected is an effect that was announced.
type Expected struct {
	Delivery    string
	Destination string
	At          time.Time // when it was put down: just before the request

	hash    hash
	slot    int
	expires time.Time
	over    bool // taken, withdrawn or replaced
}

// expectations are the effects expected at one destination.
type expectations struct {
	g           *Guard
	destination string
	owner       string // in the queue's memory

	mu      sync.Mutex
	waiting map[hash][]*Expected
	order   []*Expected     // by the time of their announcement; those that are over among them
	held    int             // in waiting
	next    int             // slot
	found   map[string]bool // records from before this process that were recalled, by key
}

// Line is where one destination's deliveries say what they will cause. It is safe for concurrent use.
type Line struct {
	l      *expectations
	window time.Duration
}

// Expect puts an effect down, and returns when that is on disk: the request may be sent then. An attempt that is made again
// takes the place of the one before. After an error nothing is expected.
func (l *Line) Expect(ctx context.Context, delivery string, e Effect) (*Expected, error) {
	x := l.l.add(&Expected{Delivery: delivery, Destination: l.l.destination, At: l.l.g.now(), hash: hashOf(e)}, l.window)
	m := l.l.g.memory.Load()
	if m == nil {
		return x, nil
	}
	write := queue.StateWrite{Owner: l.l.owner, Key: x.key(), Value: x.encode(), TTL: l.window}
	if err := (*m).Remember(ctx, write); err != nil {
		l.Withdraw(x)
		return nil, fmt.Errorf("the echo to expect could not be stored: %w", err)
	}
	return x, nil
}

// Withdraw takes an effect back that did not come about. The writes are to be committed with the attempt; there are none
// when the effect is not expected any more.
func (l *Line) Withdraw(x *Expected) []queue.StateWrite {
	l.l.mu.Lock()
	defer l.l.mu.Unlock()
	if x.over {
		return nil
	}
	l.l.remove(x)
	return []queue.StateWrite{l.l.forget(x)}
}

// key is the record's name in the queue's memory. There are mostSame for an effect, so that two deliveries that cause the
// same do not write over one another.
func (x *Expected) key() string { return hex.EncodeToString(x.hash[:]) + "/" + strconv.Itoa(x.slot) }

func (x *Expected) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(x.At.UnixNano()))
	return append(b, x.Delivery...)
}

func (l *expectations) forget(x *Expected) queue.StateWrite {
	return queue.StateWrite{Owner: l.owner, Key: x.key()}
}

func (l *expectations) add(x *Expected, window time.Duration) *Expected {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire(x.At)
	l.recall(x.hash, window)
	x.expires = x.At.Add(window)
	same := l.waiting[x.hash]
	if i := slices.IndexFunc(same, func(s *Expected) bool { return s.Delivery == x.Delivery }); i >= 0 {
		l.remove(same[i])
	} else if len(same) == mostSame {
		l.remove(same[0])
	}
	// The next slot, not the first free one: its record may still be on the way out, in the commit of an echo.
	for l.next = (l.next + 1) % mostSame; slices.ContainsFunc(l.waiting[x.hash], func(s *Expected) bool { return s.slot == l.next }); {
		l.next = (l.next + 1) % mostSame
	}
	x.slot = l.next
	l.put(x)
	for l.held > most {
		l.remove(l.oldest())
	}
	return x
}

func (l *expectations) put(x *Expected) {
	x.over = false
	l.waiting[x.hash] = append(l.waiting[x.hash], x)
	l.order = append(l.order, x)
	l.held++
}

// remove is nothing for what is over.
func (l *expectations) remove(x *Expected) {
	if x.over {
		return
	}
	x.over = true
	l.held--
	if rest := slices.DeleteFunc(l.waiting[x.hash], func(s *Expected) bool { return s == x }); len(rest) > 0 {
		l.waiting[x.hash] = rest
	} else {
		delete(l.waiting, x.hash)
	}
}

// oldest passes over what is over; there is one that is not.
func (l *expectations) oldest() *Expected {
	for l.order[0].over {
		l.order = l.order[1:]
	}
	return l.order[0]
}

// expire lets go of what no event can be the echo of any more.
func (l *expectations) expire(now time.Time) {
	for len(l.order) > 0 && (l.order[0].over || !l.order[0].expires.After(now)) {
		l.remove(l.order[0])
		l.order[0] = nil
		l.order = l.order[1:]
	}
	if len(l.order) == 0 {
		l.order = nil
	}
}

// recall finds what was expected before this process began, as long as that can matter: once.
func (l *expectations) recall(h hash, window time.Duration) {
	m := l.g.memory.Load()
	now := l.g.now()
	if m == nil || now.Sub(l.g.started) >= window {
		clear(l.found)
		return
	}
	for slot := range mostSame {
		x := &Expected{Destination: l.destination, hash: h, slot: slot}
		value, ok := (*m).Recall(l.owner, x.key())
		if !ok || len(value) < 8 || l.found[x.key()] {
			continue
		}
		x.Delivery, x.At = string(value[8:]), time.Unix(0, int64(binary.BigEndian.Uint64(value)))
		if !x.At.Before(l.g.started) {
			continue // of this process
		}
		l.found[x.key()] = true
		if x.expires = x.At.Add(window); x.expires.After(now) {
			l.put(x)
		}
	}
}
