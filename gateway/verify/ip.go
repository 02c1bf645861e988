package verify

import (
	"errors"
	"net/netip"

	"github.com/plugboard/plugboard/gateway/config"
)

// allowed wants the sender's address to be in one of the ranges. It proves where a request comes from, not who sent it:
// it is best beside another scheme.
type allowed struct{ ranges []netip.Prefix }

func newAllowed(way config.Verify, _ Options) (scheme, error) {
	if len(way.Allow) == 0 {
		return nil, errors.New("verify: scheme ip allows no address; list some")
	}
	return allowed{way.Allow}, nil
}

func (a allowed) Verify(r *Request) error {
	if addr, err := netip.ParseAddr(r.Remote); err == nil {
		addr = addr.Unmap()
		for _, p := range a.ranges {
			if p.Contains(addr) {
				return nil
			}
		}
	}
	return &Error{Scheme: "ip", What: "the sender's address is not allowed here", Forbidden: true}
}

func (allowed) sign(*Request) error { return errNothing }
