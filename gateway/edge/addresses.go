package edge

import (
	"net"
	"net/netip"
	"sync"
)

// addresses counts what each sender has under way, connections or requests, up to a bound. An IPv6 network of 64 bits
// counts as one sender, as anyone who has an address there has them all. It is safe for concurrent use.
type addresses struct {
	most int
	mu   sync.Mutex
	held map[netip.Prefix]int
}

func newAddresses(most int) *addresses { return &addresses{most: most, held: map[netip.Prefix]int{}} }

// network is the part of an address that tells senders apart.
func network(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr = addr.Unmap(); addr.Is6() {
		bits = 64
	}
	p, _ := addr.WithZone("").Prefix(bits) // fails for no address alone, and then all of those are one sender
	return p
}

func (a *addresses) take(of netip.Prefix) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held[of] >= a.most {
		return false
	}
	a.held[of]++
	return true
}

func (a *addresses) give(of netip.Prefix) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held[of]--; a.held[of] <= 0 {
		delete(a.held, of)
	}
}

// addressOf is a connection's other end; the zero Addr where that has none.
func addressOf(c net.Conn) netip.Addr {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}
