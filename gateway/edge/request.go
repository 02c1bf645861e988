package edge

import (
	"bytes"
	"net"
	"sync"
	"unsafe"

	"github.com/valyala/fasthttp"

	"github.com/plugboard/plugboard/gateway/event"
)

var requests = sync.Pool{New: func() any { return new(Request) }}

// readRequest gives the request in fasthttp's context. Its strings are copies; Body is borrowed until the handler returns.
func readRequest(ctx *fasthttp.RequestCtx) *Request {
	req := requests.Get().(*Request)
	method, uri, lines := ctx.Request.Header.Method(), ctx.Request.Header.RequestURI(), ctx.Request.Header.RawHeaders()
	head := make([]byte, 0, len(method)+len(uri)+len(lines))
	head = append(append(append(head, method...), uri...), lines...)
	uri, lines = head[len(method):len(method)+len(uri)], head[len(method)+len(uri):]
	path, query, _ := bytes.Cut(uri, []byte{'?'})
	req.Method, req.Path, req.Query = text(head[:len(method)]), text(path), text(query)
	req.Headers = appendHeaders(req.Headers[:0], lines)
	req.RemoteAddr = host(ctx.RemoteAddr())
	req.Body = ctx.Request.Body()
	req.Peers = peersOf(ctx.Conn())
	req.checked = true
	return req
}

func (r *Request) free() {
	clear(r.Headers)
	*r = Request{Headers: r.Headers[:0]}
	requests.Put(r)
}

// appendHeaders splits lines that passed the wire check, and puts their names in lower case where they stand.
func appendHeaders(dst []event.Header, lines []byte) []event.Header {
	for {
		end := bytes.IndexByte(lines, '\n')
		if end < 2 { // the empty line, or nothing
			return dst
		}
		line := lines[:end-1]
		lines = lines[end+1:]
		colon := bytes.IndexByte(line, ':')
		name, value := line[:colon], trim(line[colon+1:])
		for i, c := range name {
			if c >= 'A' && c <= 'Z' {
				name[i] = c | 0x20
			}
		}
		dst = append(dst, event.Header{Name: text(name), Value: text(value)})
	}
}

// text is b as a string without another copy: b is part of a head that nobody changes any more.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func host(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return ""
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("").String()
}
