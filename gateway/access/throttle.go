package access

import (
	"net/netip"
	"sync"
	"time"
)

const (
	mostFailures  = 5
	failureWindow = time.Minute
	mostAddresses = 10_000 // that are remembered at once
)

// Throttle stops addresses that guess tokens: after five wrong ones within a minute an address is told to wait, whatever
// it brings. Memory is bounded: when too many addresses fail at once, some are forgotten. It is safe for concurrent use; its
// zero value is ready.
type Throttle struct {
	Now func() time.Time // nil: time.Now

	mu     sync.Mutex
	failed map[netip.Prefix]*failures
}

type failures struct {
	count int
	until time.Time // when they are forgotten
}

// Wait is how long the address has to wait before it may try again; 0: it may now.
func (t *Throttle) Wait(addr netip.Addr) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.failed[network(addr)]
	if f == nil || f.count < mostFailures {
		return 0
	}
	return max(f.until.Sub(t.now()), 0)
}

// Failed notes a wrong token.
func (t *Throttle) Failed(addr netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		t.failed = map[netip.Prefix]*failures{}
	}
	now, from := t.now(), network(addr)
	f := t.failed[from]
	if f == nil || !now.Before(f.until) {
		t.makeRoom(now)
		f = &failures{until: now.Add(failureWindow)}
		t.failed[from] = f
	}
	f.count++
}

// makeRoom forgets what is over, and if that is too little a quarter of all, so that it is seldom needed: whoever fails
// from ten thousand addresses gains nothing by being forgotten at some.
func (t *Throttle) makeRoom(now time.Time) {
	if len(t.failed) < mostAddresses {
		return
	}
	for from, f := range t.failed {
		if !now.Before(f.until) {
			delete(t.failed, from)
		}
	}
	for from := range t.failed {
		if len(t.failed) <= mostAddresses*3/4 {
			return
		}
		delete(t.failed, from)
	}
}

func (t *Throttle) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

// network is what counts as one caller: an IPv4 address, or the /64 that one IPv6 host has to itself.
func network(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // fails only for no address at all, which is then one caller
	return p
}
