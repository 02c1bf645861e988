package edge

import (
	"bytes"
	"net/http"

	"github.com/plugboard/plugboard/gateway/event"
)

// Bounds of a request's head. fasthttp has one for bytes, but none for lines.
const (
	maxHead    = 8 << 10 // bytes of request line and headers
	maxHeaders = 100
	maxChunk   = 8 // hexadecimal digits of a chunk's size
)

// wireError is a request that is refused before it is parsed; the connection is closed after the answer.
type wireError struct {
	status int
	what   string
}

func (e *wireError) Error() string { return e.what }

func malformed(what string) *wireError { return &wireError{http.StatusBadRequest, what} }

// phase is what a scanner expects next.
type phase uint8

const (
	requestLine phase = iota // or one empty line before it
	headerLine               // or the empty line that ends the head
	sizedBody
	chunkLine
	chunkData
	chunkEnd // the empty line behind a chunk
	trailer  // the empty line behind the last one: trailers are refused
)

// scanner follows the requests of one connection, line by line, ahead of the HTTP parser, and refuses what two parsers
// might read differently: the seams through which requests are smuggled. Where it agrees, RFC 9112 leaves one reading.
//
// fasthttp 1.77 itself takes bare line feeds, folded headers, chunk extensions, and Content-Length beside
// Transfer-Encoding (closing afterwards). The head that it keeps (RawHeaders) shows some of that, but neither the end of
// the request line nor chunk lines; and once it has parsed a body, the decision has been taken. So the check stands
// before it.
type scanner struct {
	phase   phase
	partial []byte // the beginning of a line whose end has not come
	skip    int64  // bytes of body to let pass
	head    int    // bytes of head so far
	lines   int    // headers so far
	blank   bool   // an empty line stood before the request line
	http10  bool
	sized   bool
	length  int64
	seen    seenHeaders
	hold    *hold // what bodies take of the budget; nil: nobody counts
}

// seenHeaders are those that may come once.
type seenHeaders struct{ host, length, coding, kind, encoding, credentials bool }

// scan looks at what was received. All of it may be passed on when err is nil; else only the first n bytes, which end
// before the end of the line at fault, so that no parser takes the request for whole.
func (s *scanner) scan(b []byte) (n int, err *wireError) {
	for n < len(b) {
		if s.skip > 0 {
			step := min(s.skip, int64(len(b)-n))
			n += int(step)
			if s.skip -= step; s.skip == 0 {
				s.bodyEnds()
			}
			continue
		}
		end := bytes.IndexByte(b[n:], '\n')
		if end < 0 {
			return len(b), s.keep(b[n:])
		}
		line := b[n : n+end]
		if err := s.count(len(line) + 1); err != nil {
			return n, err
		}
		if len(s.partial) > 0 {
			s.partial = append(s.partial, line...)
			line = s.partial
		}
		if err := s.line(line); err != nil {
			return n + end, err
		}
		s.partial = s.partial[:0]
		n += end + 1
	}
	return n, nil
}

// keep holds the beginning of a line until its end comes.
func (s *scanner) keep(b []byte) *wireError {
	if err := s.count(len(b)); err != nil {
		return err
	}
	s.partial = append(s.partial, b...)
	return nil
}

// count bounds what a sender may make us hold.
func (s *scanner) count(n int) *wireError {
	switch s.phase {
	case requestLine, headerLine:
		if s.head += n; s.head > maxHead {
			return &wireError{http.StatusRequestHeaderFieldsTooLarge, "request line and headers are longer than 8 KiB"}
		}
	default:
		if len(s.partial)+n > maxChunk+len("\r\n") {
			return malformed("a chunk's line is longer than its size can be; chunk extensions and trailers are not taken")
		}
	}
	return nil
}

func (s *scanner) bodyEnds() {
	if s.phase == chunkData {
		s.phase = chunkEnd
		return
	}
	s.begin()
}

// begin expects the next request.
func (s *scanner) begin() {
	*s = scanner{partial: s.partial[:0], hold: s.hold}
	if s.hold != nil {
		s.hold.body = 0
	}
	if cap(s.partial) > 1<<10 {
		s.partial = nil // an idle connection should not hold a long line's memory
	}
}

// idle says whether the connection is between two requests.
func (s *scanner) idle() bool { return s.phase == requestLine && s.head == 0 }

// line takes one line without its line feed.
func (s *scanner) line(line []byte) *wireError {
	if len(line) == 0 || line[len(line)-1] != '\r' {
		return malformed("a line ends with a line feed alone")
	}
	line = line[:len(line)-1]
	switch s.phase {
	case requestLine:
		return s.request(line)
	case headerLine:
		if len(line) == 0 {
			return s.headEnds()
		}
		return s.header(line)
	case chunkLine:
		return s.chunk(line)
	case chunkEnd:
		if len(line) != 0 {
			return malformed("a chunk is longer than its size")
		}
		s.phase = chunkLine
	case trailer:
		if len(line) != 0 {
			return malformed("trailers are not taken")
		}
		s.begin()
	}
	return nil
}

func (s *scanner) request(line []byte) *wireError {
	if len(line) == 0 {
		if s.blank {
			return malformed("more than one empty line before a request")
		}
		s.blank = true // RFC 9112 asks to bear one, for old senders
		return nil
	}
	method, rest, ok := bytes.Cut(line, []byte{' '})
	target, version, ok2 := bytes.Cut(rest, []byte{' '})
	if !ok || !ok2 {
		return malformed("the request line is not METHOD PATH VERSION")
	}
	for _, c := range method {
		if !event.IsToken(c) {
			return malformed("the method holds a character that no method has")
		}
	}
	if len(method) == 0 || len(target) == 0 || target[0] != '/' {
		return malformed("the request line is not METHOD PATH VERSION, the path beginning with a slash")
	}
	for _, c := range target {
		if c <= ' ' || c == 0x7F {
			return malformed("the path holds a control character")
		}
	}
	switch string(version) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		s.http10 = true
	default:
		return malformed("the version is neither HTTP/1.0 nor HTTP/1.1")
	}
	s.phase = headerLine
	return nil
}
