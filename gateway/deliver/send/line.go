package send

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// line is a connection that is kept, and what goes with it.
type line struct {
	net.Conn
	read  *bufio.Reader
	write []byte // a request's bytes
	left  int64  // bytes that may still be read before the answer's body
	since time.Time
}

// exchange says whether the connection can be used again.
func (l *line) exchange(u *url.URL, r *Request, limit int) (_ *Response, again bool, err error) {
	l.write = appendRequest(l.write[:0], u, r)
	if _, err := l.Write(l.write); err != nil {
		// Whoever refuses a request before it was read whole says so and hangs up.
		_ = l.SetReadDeadline(time.Now().Add(lastWord)) // if it fails, so does the read
		if resp, _, late := l.answer(r, limit); late == nil {
			return resp, false, nil
		}
		return nil, false, err
	}
	return l.answer(r, limit)
}

// lastWord is how long an answer is waited for after a request could not be written.
const lastWord = 200 * time.Millisecond

// maxInterim bounds the answers (1xx) that come before the answer.
const maxInterim = 5

func (l *line) answer(r *Request, limit int) (_ *Response, again bool, err error) {
	asked := http.Request{Method: r.Method}
	for interim := 0; ; interim++ {
		l.left = maxHeader
		resp, err := http.ReadResponse(l.read, &asked) //nolint:bodyclose // the connection is ours; closing a body would only read on
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, false, errShort
		case err != nil:
			return nil, false, err
		case resp.StatusCode == http.StatusSwitchingProtocols:
			return nil, false, fmt.Errorf("%w: it switches protocols", errAnswer)
		case resp.StatusCode < http.StatusOK && interim < maxInterim:
			continue
		case resp.StatusCode < http.StatusOK:
			return nil, false, fmt.Errorf("%w: there is no end of interim answers", errAnswer)
		}
		l.left = -1
		body, whole, err := readAnswer(resp, limit)
		if err != nil {
			return nil, false, err
		}
		return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, whole && !resp.Close && l.read.Buffered() == 0, nil
	}
}

var errAnswer = errors.New("not an answer")

// readAnswer also says whether nothing of the body is left.
func readAnswer(resp *http.Response, limit int) (body []byte, whole bool, err error) {
	if resp.Body == http.NoBody { // which a HEAD has, whatever its Content-Length says
		return nil, true, nil
	}
	body, err = readUpTo(resp.Body, resp.ContentLength, limit)
	if err != nil || len(body) == limit {
		return body, false, err
	}
	var one [1]byte
	n, err := resp.Body.Read(one[:])
	return body, n == 0 && err == io.EOF, nil //nolint:errorlint // what a body ends with
}

// Read reads from the connection, of an answer's head no more than it may have.
func (l *line) Read(b []byte) (int, error) {
	switch {
	case l.left == 0:
		return 0, fmt.Errorf("%w: its headers are longer than %d bytes", errAnswer, maxHeader)
	case l.left > 0 && int64(len(b)) > l.left:
		b = b[:l.left]
	}
	n, err := l.Conn.Read(b)
	if l.left > 0 {
		l.left -= int64(n)
	}
	return n, err
}

// defaultAgent is what net/http says it is.
const defaultAgent = "Go-http-client/1.1"

// appendRequest writes what goes over the wire, as net/http would. Method, names and values have been checked.
func appendRequest(b []byte, u *url.URL, r *Request) []byte {
	b = append(append(b, r.Method...), ' ')
	b = append(append(b, u.RequestURI()...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, u.Host...), "\r\n"...)
	agent := defaultAgent
	if given, ok := r.Header["User-Agent"]; ok {
		agent = strings.Join(given[:min(1, len(given))], "")
	}
	if agent != "" {
		b = appendHeader(b, "User-Agent", agent)
	}
	if len(r.Body) > 0 || r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), int64(len(r.Body)), 10), "\r\n"...)
	}
	var room [16]string
	for _, name := range sorted(room[:0], r.Header) {
		for _, v := range r.Header[name] {
			b = appendHeader(b, name, v)
		}
	}
	return append(append(b, "\r\n"...), r.Body...)
}

func appendHeader(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	return append(append(b, textproto.TrimString(value)...), "\r\n"...)
}

// sorted appends the names of the headers that are not the connection's own.
func sorted(names []string, h http.Header) []string {
	for name := range h {
		switch name {
		case "Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer":
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
