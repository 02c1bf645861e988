package edge

import (
	"bytes"
	"net/http"

	"github.com/plugboard/plugboard/gateway/event"
)

// header takes one header line.
func (s *scanner) header(line []byte) *wireError {
	if s.lines++; s.lines > maxHeaders {
		return &wireError{http.StatusRequestHeaderFieldsTooLarge, "more than 100 headers"}
	}
	if line[0] == ' ' || line[0] == '\t' {
		return malformed("a header is folded over two lines")
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return malformed("a header has no name")
	}
	name, value := line[:colon], line[colon+1:]
	for _, c := range name {
		if !event.IsToken(c) {
			if c == '_' {
				return malformed("a header's name holds an underscore, which some readers take for a hyphen")
			}
			return malformed("a header's name holds a character that no name has")
		}
	}
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7F {
			return malformed("a header's value holds a control character")
		}
	}
	return s.known(name, trim(value))
}

// known notes the headers that say where a request ends, and those that may stand there once.
func (s *scanner) known(name, value []byte) *wireError {
	switch len(name) { // the comparison below is dear; most names have another length
	case len("host"):
		if equalFold(name, "host") {
			return once(&s.seen.host, "host")
		}
	case len("content-type"):
		if equalFold(name, "content-type") {
			return once(&s.seen.kind, "content-type")
		}
	case len("authorization"):
		if equalFold(name, "authorization") {
			return once(&s.seen.credentials, "authorization")
		}
	case len("content-length"):
		if equalFold(name, "content-length") {
			return s.contentLength(value)
		}
	case len("content-encoding"):
		if equalFold(name, "content-encoding") {
			return once(&s.seen.encoding, "content-encoding")
		}
	case len("transfer-encoding"):
		if equalFold(name, "transfer-encoding") {
			return s.transferEncoding(value)
		}
	}
	return nil
}

func once(seen *bool, name string) *wireError {
	if *seen {
		return malformed("header " + name + " is sent more than once")
	}
	*seen = true
	return nil
}

func (s *scanner) contentLength(value []byte) *wireError {
	if err := once(&s.seen.length, "content-length"); err != nil {
		return err
	}
	n := int64(0)
	for _, c := range value {
		if c < '0' || c > '9' {
			return malformed("content-length is not a number")
		}
		n = n*10 + int64(c-'0')
	}
	if len(value) == 0 || len(value) > 15 {
		return malformed("content-length is not a number, or an absurd one")
	}
	s.sized, s.length = true, n
	return nil
}

func (s *scanner) transferEncoding(value []byte) *wireError {
	if err := once(&s.seen.coding, "transfer-encoding"); err != nil {
		return err
	}
	if s.http10 || !equalFold(value, "chunked") {
		return malformed("transfer-encoding is not chunked")
	}
	return nil
}

// headEnds decides where the body ends.
func (s *scanner) headEnds() *wireError {
	if !s.http10 && !s.seen.host {
		return malformed("header host is missing")
	}
	switch {
	case s.sized && s.seen.coding:
		return malformed("content-length and transfer-encoding contradict each other")
	case s.seen.coding:
		s.phase = chunkLine
	case s.length > 0:
		s.phase, s.skip = sizedBody, s.length
		return s.hold.grow(s.length, s.seen.encoding)
	default:
		s.begin()
	}
	return nil
}

func (s *scanner) chunk(line []byte) *wireError {
	n := int64(0)
	for _, c := range line {
		digit, ok := hexDigit(c)
		if !ok {
			return malformed("a chunk's size is not a hexadecimal number; chunk extensions are not taken")
		}
		n = n<<4 | digit
	}
	switch {
	case len(line) == 0:
		return malformed("a chunk has no size")
	case n == 0:
		s.phase = trailer
	default:
		s.phase, s.skip = chunkData, n
		return s.hold.grow(n, s.seen.encoding)
	}
	return nil
}

func hexDigit(c byte) (int64, bool) {
	switch {
	case c >= '0' && c <= '9':
		return int64(c - '0'), true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int64(c|0x20-'a') + 10, true
	}
	return 0, false
}

// trim takes spaces and tabs off both ends; bytes.Trim would build a set for the two on each call.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// equalFold compares with a name in lower case, ASCII only.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
