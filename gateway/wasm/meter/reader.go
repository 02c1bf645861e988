package meter

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// reader reads the binary format. Its first fault stays in err and makes every later read answer zero, so that callers
// look once, after a run of reads; a loop over a count taken from the file must look each time round.
type reader struct {
	b   []byte
	pos int
	off int // of b within the file, for messages
	err error
}

func (r *reader) fail(format string, a ...any) {
	if r.err == nil {
		r.err = &Error{Offset: r.off + r.pos, What: fmt.Sprintf(format, a...)}
	}
}

func (r *reader) more() bool { return r.err == nil && r.pos < len(r.b) }

func (r *reader) byte() byte {
	if r.err != nil || r.pos >= len(r.b) {
		r.fail("unexpected end")
		return 0
	}
	c := r.b[r.pos]
	r.pos++
	return c
}

// u32 reads an unsigned LEB128 of at most 32 bits.
func (r *reader) u32() uint32 {
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		c := r.byte()
		if r.err != nil {
			return 0
		}
		if shift == 28 && c > 0x0f {
			break
		}
		v |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.fail("a number of more than 32 bits")
	return 0
}

// skipLEB passes over a LEB128 of at most max bytes, signed or not. Its value is the engine's to check.
func (r *reader) skipLEB(max int) {
	for range max {
		if r.byte() < 0x80 {
			return
		}
	}
	r.fail("a number of more than %d bytes", max)
}

// take gives the next n bytes, as a view.
func (r *reader) take(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.b)-r.pos {
		r.fail("unexpected end")
		return nil
	}
	b := r.b[r.pos : r.pos+n : r.pos+n]
	r.pos += n
	return b
}

func (r *reader) name() string {
	n := r.u32()
	b := r.take(int(n))
	if r.err == nil && !utf8.Valid(b) {
		r.fail("a name that is not UTF-8")
	}
	return string(b)
}

// count reads how many items follow, each of which takes at least a byte.
func (r *reader) count() int {
	n := r.u32()
	if r.err == nil && int64(n) > int64(len(r.b)-r.pos) {
		r.fail("more items than bytes")
		return 0
	}
	return int(n)
}

// countOf is count for what may be at most so many.
func (r *reader) countOf(what string, most int) int {
	n := r.count()
	if r.err == nil && n > most {
		r.fail("%d %s; at most %d are taken", n, what, most)
		return 0
	}
	return n
}

func (r *reader) end(what string) error {
	if r.err == nil && r.pos != len(r.b) {
		r.fail("bytes are left at the end of the %s", what)
	}
	return r.err
}

func appendU32(b []byte, v uint32) []byte { return binary.AppendUvarint(b, uint64(v)) }

// appendS32 appends a signed LEB128.
func appendS32(b []byte, v int32) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if (v == 0 && c&0x40 == 0) || (v == -1 && c&0x40 != 0) {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

func appendName(b []byte, s string) []byte { return append(appendU32(b, uint32(len(s))), s...) }

func appendSection(b []byte, id byte, body []byte) []byte {
	b = append(b, id)
	b = appendU32(b, uint32(len(body)))
	return append(b, body...)
}
