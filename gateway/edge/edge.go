// Package edge is where a vendor's webhook enters.
//
//	bytes ──► wire check ──► fasthttp ──► Pipeline.Read ──► queue: one commit ──► answer
//	          (conn.go)                   │
//	                                      source by raw path, method, credentials,
//	                                      decompression, plugin, envelope, routes
//
// A Pipeline is what a configuration makes of a request: it has no network and no store, so that `plugboard try` runs the
// very same code. A Server speaks HTTP in front of it, commits what it read, and only then answers.
//
// What the sender's bytes mean is decided once. A connection is checked line by line before fasthttp sees it (wire.go),
// so that no framing on which two readers could differ gets in; a source is found by the path as it stands in the
// request line, so that %2F is no slash; and what is borrowed from fasthttp is copied once, into the stored request.
package edge

import (
	"context"
	"crypto/x509"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/verify"
	"github.com/plugboard/plugboard/queue"
)

// Store is the part of a queue.Queue that the edge uses.
type Store interface {
	Enqueue(ctx context.Context, entries ...queue.Entry) ([]queue.Receipt, error)
	SetAside(ctx context.Context, r queue.Rejected) (id string, err error)
}

// Feed is told what becomes of each request; a *feed.Hub is one.
type Feed interface {
	Busy() bool // false: nobody would read a note
	Publish(feed.Note)
}

// Request is a vendor's request as it came.
type Request struct {
	Method     string
	Path       string // raw, as it stands in the request line
	Query      string // raw, without the question mark
	Headers    []event.Header
	RemoteAddr string              // without port
	Body       []byte              // as received, perhaps compressed
	Peers      []*x509.Certificate // of the connection, its own first; nil: it showed none

	checked bool           // by the wire check: nothing in it can be malformed
	proof   verify.Request // room for what the scheme looks at
}

// header gives the value of the first header of that name; "" when there is none.
func (r *Request) header(name string) string {
	for i := range r.Headers {
		if r.Headers[i].Name == name {
			return r.Headers[i].Value
		}
	}
	return ""
}
