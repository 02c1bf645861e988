package send

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// Error says why no response arrived. It never holds a URL, a header or a body: those may carry secrets.
type Error struct {
	// Permanent says that the same request cannot succeed however often it is tried: the address or the scheme is
	// refused, or it is not a request at all.
	Permanent bool
	Timeout   bool
	What      string // a clause without a full stop
	cause     error
}

func (e *Error) Error() string { return e.What }

// Unwrap gives the cause, whose text may hold the host's name and address but nothing of the URL behind them.
func (e *Error) Unwrap() error { return e.cause }

// Denied is the cause of an Error when the Guard refused an address.
type Denied struct{ Addr netip.Addr }

func (d *Denied) Error() string {
	return fmt.Sprintf("address %s is private or reserved; set allow_private = true on the destination if it is meant", d.Addr)
}

func refuse(format string, args ...any) *Error {
	return &Error{Permanent: true, What: fmt.Sprintf(format, args...)}
}

// explain turns an error of the transport into an Error. Only errors of known kinds are quoted, because the text of
// others is not known to be free of secrets.
func explain(ctx context.Context, err error) *Error {
	var (
		denied *Denied
		dns    *net.DNSError
		op     *net.OpError
		cert   *tls.CertificateVerificationError
		alert  tls.AlertError
		record tls.RecordHeaderError
		proxy  *errProxy
	)
	e := &Error{cause: err}
	switch {
	case errors.As(err, &denied):
		e.Permanent, e.What = true, denied.Error()
	case errors.Is(ctx.Err(), context.Canceled):
		e.What = "interrupted"
	case ctx.Err() != nil || isTimeout(err):
		e.Timeout, e.What = true, "no answer in time"
	case errors.As(err, &proxy):
		e.What = proxy.Error()
	case errors.As(err, &dns):
		e.What = "name lookup of " + dns.Name + ": " + dns.Err
	case errors.As(err, &cert):
		e.What = "certificate not accepted: " + cert.Err.Error()
		if errors.As(err, new(x509.UnknownAuthorityError)) {
			e.What += "; where it is one of your own, name that in tls = { ca = \"ca.pem\" }"
		}
	case errors.As(err, &alert), errors.As(err, &record):
		e.What = "TLS handshake failed: " + err.Error()
	case errors.As(err, &op):
		e.What = op.Op + ": " + op.Err.Error()
	default:
		e.What = "connection failed or was closed before an answer"
	}
	return e
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
