package edge

import (
	"crypto/tls"
	"crypto/x509"
	"net"

	"github.com/plugboard/plugboard/gateway/certificate"
)

// security makes TLS connections.
type security struct {
	keeper *certificate.Keeper

	plain *tls.Config
	peers *tls.Config // asks for a certificate; resumes no session, as that might be one that never was asked
}

func newSecurity(keeper *certificate.Keeper) *security {
	s := &security{keeper: keeper, plain: keeper.Config()}
	s.plain.NextProtos = []string{"http/1.1"}
	s.peers = s.plain.Clone()
	s.peers.ClientAuth, s.peers.SessionTicketsDisabled = tls.RequestClientCert, true
	return s
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
