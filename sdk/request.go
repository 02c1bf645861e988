package sdk

import (
	"unsafe"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Request is what a vendor sent. Its parts are fetched when they are asked for.
type Request struct {
	body   []byte
	read   bool
	doc    jsondoc.Doc
	fields jsondoc.Doc
}

// Body is the body as it came. It must not be changed.
func (r *Request) Body() []byte {
	if !r.read {
		r.body, r.read = input(), true
	}
	return r.body
}

// JSON reads the body as JSON. Its error is a *jsondoc.SyntaxError.
func (r *Request) JSON() (*jsondoc.Doc, error) {
	if err := read(&r.doc, r.Body()); err != nil {
		return nil, err
	}
	return &r.doc, nil
}

// Form reads a body of the type application/x-www-form-urlencoded as an object of strings, to be used like JSON: Get,
// Take and Rest work the same. Of a name that comes twice the last one counts. Malformed escapes stay as they are.
func (r *Request) Form() *jsondoc.Doc { return r.pairs(view(r.Body())) }

// QueryFields reads the query string as Form reads the body.
func (r *Request) QueryFields() *jsondoc.Doc { return r.pairs(r.Query()) }

func (r *Request) pairs(s string) *jsondoc.Doc {
	// Pairs can always be written as an object, and its text is new memory: values read from it may be kept.
	if err := r.fields.Reset(appendPairs(nil, s)); err != nil {
		panic("sdk: " + err.Error())
	}
	return &r.fields
}

// Method is the request's method: POST.
func (r *Request) Method() string { return fact("method") }

// Path is the request's path, as it came.
func (r *Request) Path() string { return fact("path") }

// Query is what stands behind the question mark, as it came.
func (r *Request) Query() string { return fact("query") }

// Header is the value of a header line; its name is in lower case. "" when there is none, or it is kept from plugins.
func (r *Request) Header(name string) string { return fact("header." + name) }

// ReceivedAt is the time of receipt, in canonical form (RFC 3339, UTC).
func (r *Request) ReceivedAt() string { return fact("received_at") }

// RemoteAddr is the sender's address, without port.
func (r *Request) RemoteAddr() string { return fact("remote_addr") }

// Source is the name of the source in the configuration.
func (r *Request) Source() string { return fact("source") }

// view is b as a string; b does not change.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
