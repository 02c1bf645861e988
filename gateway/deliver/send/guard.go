package send

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// denied are the ranges that no destination on the open internet has: private, loopback, link-local (with the clouds'
// metadata services), shared, documentation, benchmarking, multicast, reserved, and the IPv6 forms that carry an IPv4
// address inside (NAT64, 6to4, Teredo), which would otherwise lead around the IPv4 half of the list.
var denied = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4",
	"::/128", "::1/128", "fc00::/7", "fe80::/10", "ff00::/8", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16",
	"2001::/32", "2001:db8::/32", "3fff::/20", "100::/64", "5f00::/16",
	"::/96", "fec0::/10", // IPv4-compatible and site-local: long withdrawn, still understood by some stacks
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Guard decides which addresses may be connected to. It looks at the address that the kernel is about to connect to,
// after name resolution, so no spelling of a literal and no changing DNS answer gets around it. The zero Guard refuses
// every private and reserved address and this machine's own. It is safe for concurrent use.
type Guard struct {
	AllowPrivate bool           // lets everything through
	Exempt       netip.AddrPort // let through besides: the demo destination of the dev command
	// Interfaces lists this machine's own addresses; nil: net.InterfaceAddrs.
	Interfaces func() ([]net.Addr, error)

	mu   sync.Mutex
	own  []netip.Addr
	read time.Time
}

// ownAge is how long the list of this machine's addresses is believed.
const ownAge = 30 * time.Second

// Check returns a *Denied when the address must not be connected to.
func (g *Guard) Check(to netip.AddrPort) error {
	to = netip.AddrPortFrom(to.Addr().Unmap().WithZone(""), to.Port())
	if g.AllowPrivate || g.Exempt.IsValid() && to == g.Exempt {
		return nil
	}
	for _, p := range denied {
		if p.Contains(to.Addr()) {
			return &Denied{to.Addr()}
		}
	}
	for _, own := range g.ownAddrs() {
		if own == to.Addr() {
			return &Denied{to.Addr()}
		}
	}
	return nil
}

// ownAddrs lists this machine's addresses. When they cannot be read the last list stands: the ranges above are checked
// in any case.
func (g *Guard) ownAddrs() []netip.Addr {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := time.Now(); now.Sub(g.read) > ownAge {
		list := g.Interfaces
		if list == nil {
			list = net.InterfaceAddrs
		}
		if addrs, err := list(); err == nil {
			g.own = g.own[:0:0]
			for _, a := range addrs {
				if p, err := netip.ParsePrefix(a.String()); err == nil {
					g.own = append(g.own, p.Addr().Unmap().WithZone(""))
				}
			}
			g.read = now
		}
	}
	return g.own
}

// control is called by the dialer for each address, between making the socket and connecting it.
func (g *Guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("network %s is not used here", network)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %s cannot be read: %w", address, err)
	}
	return g.Check(to)
}
