// Package send makes one HTTP exchange with a system outside, and nothing more: no redirect is followed, nothing is
// repeated, nothing is read beyond a bound, and no connection is opened to an address that the Guard refuses, whatever
// name or spelling led to it, also through a proxy. What the exchange means is for package deliver to say, which credentials it carries for
// package auth.
package send

import (
	"context"
	"net/http"
)

// Request is one request as it goes over the wire, secrets and all: it must not be logged.
type Request struct {
	Method string
	URL    string // absolute
	Header http.Header
	Body   []byte
}

// Response is what came back.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte // at most Options.MaxResponse bytes, decompressed where it came in gzip
	Truncated bool   // there was more, or what came in gzip was broken
}

// Sender makes one exchange. Client is the real one. Implementations are safe for concurrent use.
type Sender interface {
	// Send returns an error when no response arrived: an *Error. A response of any status is not an error.
	Send(ctx context.Context, r *Request) (*Response, error)
}
