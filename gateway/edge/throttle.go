package edge

import (
	"net/netip"
	"sync"
	"time"
)

// What one sender may get wrong before it has to wait.
const (
	mistakesAllowed = 5
	mistakesWindow  = time.Minute
	mistakesSenders = 10_000 // remembered at most
)

// throttle slows down who guesses credentials: after five mistakes within a minute a sender is not listened to until a
// minute after the first. It is safe for concurrent use.
type throttle struct {
	mu      sync.Mutex
	senders map[netip.Prefix]*mistakes
}

type mistakes struct {
	count int
	since time.Time
}

// wait is how long the sender has to; 0 when it may try.
func (t *throttle) wait(of netip.Prefix, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.senders[of]
	if m == nil || m.count < mistakesAllowed {
		return 0
	}
	return max(0, min(mistakesWindow, m.since.Add(mistakesWindow).Sub(now)))
}

// mistake counts one.
func (t *throttle) mistake(of netip.Prefix, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.senders[of]
	if m == nil || now.Sub(m.since) >= mistakesWindow {
		t.makeRoom(now)
		m = &mistakes{since: now}
		t.senders[of] = m
	}
	m.count++
}

// makeRoom forgets who has waited long enough, and when all are waiting, everybody: the memory is bounded, and so many
// addresses would get by anyway.
func (t *throttle) makeRoom(now time.Time) {
	if t.senders == nil {
		t.senders = map[netip.Prefix]*mistakes{}
	}
	if len(t.senders) < mistakesSenders {
		return
	}
	for of, m := range t.senders {
		if now.Sub(m.since) >= mistakesWindow {
			delete(t.senders, of)
		}
	}
	if len(t.senders) >= mistakesSenders {
		clear(t.senders)
	}
}
