package wasm

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// standardError is the level of what a guest writes to standard error.
const standardError = 2

// logBuffer gathers a call's log, in order: lines by the import log, and standard error, of which what comes in one piece
// is one entry: a panic's trace of a hundred lines is one thing that happened.
type logBuffer struct {
	lines  []LogLine
	piece  []byte // whole lines of standard error that are not among lines yet
	rest   []byte // the line of standard error that is not ended
	left   int64  // bytes
	last   string // last line of standard error that is not blank
	panic  string // what looks like a panic's text there
	follow bool   // the panic's text goes on in the next line
}

func (b *logBuffer) reset(limit int64) {
	*b = logBuffer{piece: b.piece[:0], rest: b.rest[:0], left: limit}
}

// take counts n bytes against the limit.
func (b *logBuffer) take(n int) bool {
	b.left -= int64(n)
	return b.left >= 0
}

// add appends a line, and says whether it was within the limit.
func (b *logBuffer) add(level int, text []byte) bool {
	if !b.take(len(text)) {
		return false
	}
	b.flush()
	b.lines = append(b.lines, LogLine{Level: level, Message: strings.ToValidUTF8(string(text), "\uFFFD")})
	return true
}

// write takes standard error.
func (b *logBuffer) write(p []byte) bool {
	if !b.take(len(p)) {
		return false
	}
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			b.rest = append(b.rest, p...)
			return true
		}
		b.rest = append(b.rest, p[:i]...)
		b.line()
		p = p[i+1:]
	}
}

// flush ends the piece of standard error that was begun.
func (b *logBuffer) flush() {
	if len(b.rest) > 0 {
		b.line()
	}
	if len(b.piece) > 0 {
		b.lines = append(b.lines, LogLine{Level: standardError, Message: string(b.piece)})
		b.piece = b.piece[:0]
	}
}

// line ends a line of standard error.
func (b *logBuffer) line() {
	text := string(bytes.TrimRight(b.rest, "\r \t"))
	b.rest = b.rest[:0]
	if text == "" {
		return
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	if len(b.piece) > 0 {
		b.piece = append(b.piece, '\n')
	}
	b.piece = append(b.piece, text...)
	b.last = text
	switch {
	case b.follow:
		b.panic, b.follow = b.panic+" "+text, false
	case b.panic != "":
	case strings.HasPrefix(text, "panic: "), strings.HasPrefix(text, "fatal error: "):
		b.panic = text
	case strings.HasPrefix(text, "thread '") && strings.Contains(text, "panicked at"):
		b.panic, b.follow = text, strings.HasSuffix(text, ":")
	}
}

// why is the best sentence that standard error has about a failure.
func (b *logBuffer) why() string {
	if b.panic != "" {
		return b.panic
	}
	return b.last
}
