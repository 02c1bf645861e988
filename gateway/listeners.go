package gateway

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"

	"github.com/plugboard/plugboard/gateway/certificate"
	"github.com/plugboard/plugboard/gateway/config"
)

// adminConnections is how many the API may have open at once: strangers must not take the descriptors of the edge.
const adminConnections = 500

// certificates are what the two listeners show; nil: plain HTTP there.
type certificates struct{ edge, admin *tls.Certificate }

// readCertificates reads those that are configured; what cannot be read is a fault with its place.
func readCertificates(cfg *config.Config) (c certificates, err error) {
	read := func(setting string, files config.TLS) *tls.Certificate {
		if files.Cert == "" {
			return nil
		}
		pair, fault := certificate.Load(setting, files)
		if fault != nil {
			err = errors.Join(err, cfg.Fault(fault.Error(), "name the files of a certificate and of its private key, both in PEM and readable for this user", "server", setting))
		}
		return pair
	}
	c.edge = read("tls", cfg.Server.TLS)
	c.admin = read("admin_tls", cfg.Server.AdminTLS)
	return c, err
}

// keepers keep fresh what the listeners show; nil where that is nothing.
type keepers struct{ edge, admin *certificate.Keeper }

func keep(cfg *config.Config, c certificates, log *slog.Logger) (k keepers) {
	if c.edge != nil {
		k.edge = certificate.Keep("tls", cfg.Server.TLS, c.edge, log)
	}
	if c.admin != nil {
		k.admin = certificate.Keep("admin_tls", cfg.Server.AdminTLS, c.admin, log)
	}
	return k
}

// reload looks for new files, as handshakes do by themselves.
func (k keepers) reload() {
	for _, one := range []*certificate.Keeper{k.edge, k.admin} {
		if one != nil {
			one.Reload()
		}
	}
}

// adminNames are the names by which the API may be asked: those configured, the one it listens by, and those that its
// certificate is for, since whoever misuses a name has none for it.
func adminNames(cfg *config.Server, shown *certificate.Keeper) func() []string {
	names := slices.Clone(cfg.AdminHosts)
	if host, _, err := net.SplitHostPort(cfg.Admin); err == nil {
		names = append(names, host)
	}
	return func() []string {
		if shown == nil {
			return names
		}
		return append(shown.Names(), names...)
	}
}

// serveAdmin serves the API until it is shut down.
func (g *Gateway) serveAdmin() error {
	var err error
	if g.admin.TLSConfig == nil {
		err = g.admin.Serve(g.adminListener)
	} else {
		err = g.admin.ServeTLS(g.adminListener, "", "")
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// AdminURL is where the API is, as seen from this machine.
func (g *Gateway) AdminURL() string {
	addr := g.Admin()
	if host, port, err := net.SplitHostPort(addr); err == nil {
		if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
			addr = net.JoinHostPort("localhost", port)
		}
	}
	if g.keepers.admin != nil {
		return "https://" + addr
	}
	return "http://" + addr
}

// remote says whether an address is more than this machine's own.
func remote(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err != nil || !config.Loopback(host)
}
