package deliver

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/plugboard/plugboard/gateway/auth"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver/send"
)

// NetworkOptions are what a destination's own configuration does not say.
type NetworkOptions struct {
	Dev      string           // host:port of the demo destination, the one loopback address that may always be reached; "" for none
	Resolver *net.Resolver    // nil: the system's
	TLS      *tls.Config      // nil: the system's roots
	Now      func() time.Time // nil: time.Now
}

// Network is the Exchanger that goes over the network, with connections and a token of its own.
type Network struct {
	exchanger
	client *send.Client
}

// NewNetwork makes the Exchanger of a destination: its guarded client, its credentials, its secrets. Nothing is sent
// yet. Close it when it is no longer needed.
func NewNetwork(c *config.Destination, o NetworkOptions) (*Network, error) {
	guard := &send.Guard{AllowPrivate: c.AllowPrivate}
	if o.Dev != "" {
		dev, err := netip.ParseAddrPort(o.Dev)
		if err != nil {
			return nil, fmt.Errorf("deliver: dev address %q is not an address and port: %w", o.Dev, err)
		}
		guard.Exempt = dev
	}
	client := send.NewClient(send.Options{
		Timeout: c.Timeout, Connections: c.Concurrency, AllowHTTP: c.AllowHTTP, Guard: guard, Resolver: o.Resolver, TLS: o.TLS,
	})
	a, err := auth.New(c.Auth, auth.Options{Sender: client, Now: o.Now})
	if err != nil {
		return nil, fmt.Errorf("deliver: destination %s: %w", c.Name, err)
	}
	return &Network{exchanger{vault: c.Vault, auth: a, sender: client}, client}, nil
}

// Close gives up the connections that are kept. Exchanges that are running go on.
func (n *Network) Close() { n.client.Close() }
