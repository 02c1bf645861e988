package edge

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

// LoadCertificate reads the certificate of the edge and its key, which have to belong together.
func LoadCertificate(c config.TLS) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fmt.Errorf("edge: the certificate of [server] tls: %w", err)
	}
	return &pair, nil
}

// lookAgain is how often the certificate's files are looked at, at most.
const lookAgain = time.Second

// security makes TLS connections. Its certificate is read again when a handshake finds its files changed, so that whatever
// renews it need not tell anybody; one that cannot be read is refused with a word in the log, and the old one goes on.
type security struct {
	files config.TLS
	log   *limitedLog

	plain *tls.Config
	peers *tls.Config // asks for a certificate; resumes no session, as that might be one that never was asked

	mu      sync.Mutex
	current *tls.Certificate
	state   string // of the files
	looked  time.Time
}

// newSecurity takes over a certificate that LoadCertificate has read.
func newSecurity(files config.TLS, first *tls.Certificate, log *limitedLog) *security {
	s := &security{files: files, log: log, current: first, state: filesState(files)}
	s.plain = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: s.certificate}
	s.peers = s.plain.Clone()
	s.peers.ClientAuth, s.peers.SessionTicketsDisabled = tls.RequestClientCert, true
	return s
}

func (s *security) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.looked) >= lookAgain {
		s.looked = now
		s.refresh()
	}
	return s.current, nil
}

// refresh is called with the lock held.
func (s *security) refresh() {
	state := filesState(s.files)
	if state == s.state {
		return
	}
	s.state = state
	fresh, err := LoadCertificate(s.files)
	if err != nil {
		s.log.log.Error("the new certificate cannot be used; the old one goes on", "err", err)
		return
	}
	s.current = fresh
	s.log.log.Info("certificate loaded", "until", fresh.Leaf.NotAfter)
}

// filesState changes when one of the files does.
func filesState(c config.TLS) (state string) {
	for _, name := range []string{c.Cert, c.Key} {
		if info, err := os.Stat(name); err == nil {
			state += fmt.Sprintf("%d %d ", info.ModTime().UnixNano(), info.Size())
		}
	}
	return state
}

// reload looks at the files now.
func (s *security) reload() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh()
}

// secureConn is a checked connection under TLS. fasthttp calls Handshake before it reads, under the read timeout.
type secureConn struct {
	*conn
	tls   *tls.Conn
	known bool // peers is set
	peers []*x509.Certificate
}

// secure puts TLS over a connection; ask: for the client's certificate.
func (s *security) secure(c net.Conn, ask bool, wrap func(net.Conn) *conn) net.Conn {
	with := s.plain
	if ask {
		with = s.peers
	}
	over := tls.Server(c, with)
	return &secureConn{conn: wrap(over), tls: over}
}

// Handshake implements what fasthttp takes for TLS.
func (c *secureConn) Handshake() error { return c.tls.Handshake() }

// ConnectionState implements what fasthttp takes for TLS.
func (c *secureConn) ConnectionState() tls.ConnectionState { return c.tls.ConnectionState() }

// peersOf are the certificates that the client of a connection has shown and has the keys of, once it has sent a request.
func peersOf(c net.Conn) []*x509.Certificate {
	secure, ok := c.(*secureConn)
	if !ok {
		return nil
	}
	if !secure.known {
		secure.known, secure.peers = true, secure.tls.ConnectionState().PeerCertificates
	}
	return secure.peers
}
