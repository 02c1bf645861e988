package deliver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
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
	clients []*send.Client
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
	if o.Now == nil {
		o.Now = time.Now
	}
	opts := send.Options{Timeout: c.Timeout, Connections: c.Concurrency, AllowHTTP: c.AllowHTTP, Guard: guard, Resolver: o.Resolver}
	var err error
	if opts.Proxy, err = newProxy(c.Proxy); err != nil {
		return nil, &SettingError{"proxy", err}
	}
	if opts.TLS, err = newTLS(c.TLS, o.TLS); err != nil {
		return nil, &SettingError{"tls", err}
	}
	n := &Network{exchanger: exchanger{vault: c.Vault, redirects: c.Redirects, compress: c.Compress == "gzip"}}
	if n.signer, err = newSigner(c.Sign, o.Now); err != nil {
		return nil, &SettingError{"sign", err}
	}
	client := n.client(opts)
	n.sender, n.abroad = client, client
	tokens := client
	if name := c.TLS.ServerName; name != "" { // what is expected of the destination is not what others have
		others := opts
		others.TLS = opts.TLS.Clone()
		others.TLS.ServerName = ""
		tokens = n.client(others)
	}
	if c.TLS.Cert != "" || c.TLS.ServerName != "" {
		others := opts
		others.TLS = opts.TLS.Clone()
		others.TLS.ServerName, others.TLS.Certificates = "", nil
		n.abroad = n.client(others)
	}
	if n.auth, err = auth.New(c.Auth, auth.Options{Sender: tokens, Now: o.Now}); err != nil {
		return nil, &SettingError{"auth", err}
	}
	return n, nil
}

// SettingError blames a setting of a destination.
type SettingError struct {
	Key string // "sign", "tls", "proxy", "auth"
	Err error
}

func (e *SettingError) Error() string { return e.Err.Error() }

// Unwrap gives the fault itself.
func (e *SettingError) Unwrap() error { return e.Err }

// client makes a client that Close closes.
func (n *Network) client(o send.Options) *send.Client {
	c := send.NewClient(o)
	n.clients = append(n.clients, c)
	return c
}

func newProxy(c config.Proxy) (*send.Proxy, error) {
	if c.URL == "" {
		return nil, nil
	}
	return send.NewProxy(c.URL, c.Username, c.Password.Reveal())
}

// newTLS gives nil where nothing is set.
func newTLS(c config.ClientTLS, base *tls.Config) (*tls.Config, error) {
	if c == (config.ClientTLS{}) {
		return base, nil
	}
	out := base.Clone()
	if out == nil {
		out = &tls.Config{}
	}
	out.ServerName = c.ServerName
	if c.Cert != "" {
		pair, err := tls.X509KeyPair([]byte(c.Cert), []byte(c.Key.Reveal()))
		if err != nil {
			return nil, err
		}
		out.Certificates = []tls.Certificate{pair}
	}
	if c.CA != "" {
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM([]byte(c.CA)) {
			return nil, errors.New("ca has no certificate in it that can be read")
		}
	}
	return out, nil
}

// Close gives up the connections that are kept. Exchanges that are running go on.
func (n *Network) Close() {
	for _, c := range n.clients {
		c.Close()
	}
}
