package verify

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/plugboard/plugboard/gateway/config"
)

// mutual wants the connection's client certificate to come from an authority, and to be for one of the names. The check
// is the source's, not the handshake's: sources with other schemes share the listener.
type mutual struct {
	authorities *x509.CertPool
	names       []string
}

func newMutual(way config.Verify, _ Options) (scheme, error) {
	pool, err := authorities(way.CA)
	if err != nil {
		return nil, err
	}
	return &mutual{pool, way.Names}, nil
}

// WantsPeers says whether one of the ways looks at client certificates.
func WantsPeers(ways []config.Verify) bool {
	return slices.ContainsFunc(ways, func(w config.Verify) bool { return w.Scheme == "mtls" || WantsPeers(w.All) })
}

// authorities reads a file of certificates in PEM.
func authorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("verify: scheme mtls: ca: %w; name a file of certificates in PEM", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("verify: scheme mtls: ca: " + file + " holds no certificate; name a file of certificates in PEM")
	}
	return pool, nil
}

func (m *mutual) Verify(r *Request) error {
	if len(r.Peers) == 0 {
		return &Error{Scheme: "mtls", What: "the connection has no client certificate"}
	}
	between := x509.NewCertPool()
	for _, c := range r.Peers[1:] {
		between.AddCert(c)
	}
	own := r.Peers[0]
	_, err := own.Verify(x509.VerifyOptions{Roots: m.authorities, Intermediates: between, CurrentTime: r.Now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	switch {
	case err != nil:
		return &Error{Scheme: "mtls", What: "the client certificate is not one that the source's authority gives, or is out of date"}
	case len(m.names) > 0 && !slices.ContainsFunc(namesOf(own), func(n string) bool { return slices.Contains(m.names, n) }):
		return &Error{Scheme: "mtls", What: "the client certificate is for another name", Forbidden: true}
	}
	return nil
}

// namesOf are the names that a certificate is for.
func namesOf(c *x509.Certificate) []string {
	names := append(slices.Clone(c.DNSNames), c.EmailAddresses...)
	for _, u := range c.URIs {
		names = append(names, u.String())
	}
	if c.Subject.CommonName != "" {
		names = append(names, c.Subject.CommonName)
	}
	return names
}

func (m *mutual) sign(*Request) error { return errNothing }
