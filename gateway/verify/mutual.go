package verify

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

// mutual wants the connection's client certificate to come from an authority, and to be for one of the names. The check
// is the source's, not the handshake's: sources with other schemes share the listener.
//
// A certificate that was found good is good again without another look, until one of its chain ends: a look costs more
// than everything else about a request.
type mutual struct {
	authorities *x509.CertPool
	names       []string

	mu   sync.Mutex
	good map[*x509.Certificate]period
}

// period is when a certificate's whole chain is good.
type period struct{ from, until time.Time }

// maxGood bounds how many certificates are remembered; then all are looked at anew.
const maxGood = 1000

func newMutual(way config.Verify, _ Options) (scheme, error) {
	pool, err := authorities(way.CA)
	if err != nil {
		return nil, err
	}
	return &mutual{authorities: pool, names: way.Names, good: map[*x509.Certificate]period{}}, nil
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
	own := r.Peers[0]
	switch {
	case !m.known(own, r.Now) && !m.look(own, r.Peers[1:], r.Now):
		return &Error{Scheme: "mtls", What: "the client certificate is not one that the source's authority gives, or is out of date"}
	case len(m.names) > 0 && !slices.ContainsFunc(namesOf(own), func(n string) bool { return slices.Contains(m.names, n) }):
		return &Error{Scheme: "mtls", What: "the client certificate is for another name", Forbidden: true}
	}
	return nil
}

func (m *mutual) known(own *x509.Certificate, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.good[own]
	return ok && !now.Before(p.from) && !now.After(p.until)
}

// look follows the certificate to an authority, by others that came with it.
func (m *mutual) look(own *x509.Certificate, others []*x509.Certificate, now time.Time) bool {
	between := x509.NewCertPool()
	for _, c := range others {
		between.AddCert(c)
	}
	chains, err := own.Verify(x509.VerifyOptions{Roots: m.authorities, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return false
	}
	p := period{own.NotBefore, own.NotAfter}
	for _, c := range chains[0] {
		if c.NotBefore.After(p.from) {
			p.from = c.NotBefore
		}
		if c.NotAfter.Before(p.until) {
			p.until = c.NotAfter
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.good) >= maxGood {
		clear(m.good)
	}
	m.good[own] = p
	return true
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
