// Package trace carries the W3C trace context (traceparent, tracestate) from what came in to what goes out: the same
// trace, a new span for each request. Nothing is begun where nothing came in: nobody would be recording it.
//
// What is not valid by the recommendation (https://www.w3.org/TR/trace-context/) is as if it were not there, tracestate
// with it. A traceparent of a later version is read as version 00 is, as far as that goes, and passed on as 00.
package trace

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
)

const (
	length   = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	maxState = 512 // bytes of tracestate that are passed on, the least that the recommendation asks for
	maxList  = 32  // members of it
)

// Context is a trace that something belongs to. The zero Context is none.
type Context struct {
	ID    string // 32 hex digits; "" for none
	Flags byte
	State string // tracestate, as it came
}

// Parse reads the two headers; false when there is no valid traceparent. The strings are kept, not copied.
func Parse(traceparent, tracestate string) (Context, bool) {
	h := traceparent
	if len(h) < length || h[2] != '-' || h[35] != '-' || h[52] != '-' {
		return Context{}, false
	}
	version, id, parent, flags := h[:2], h[3:35], h[36:52], h[53:55]
	if !isHex(version) || !isHex(id) || !isHex(parent) || !isHex(flags) || zero(id) || zero(parent) {
		return Context{}, false
	}
	switch {
	case version == "ff":
		return Context{}, false
	case len(h) > length && (version == "00" || h[length] != '-'):
		return Context{}, false
	}
	var bits [1]byte
	_, _ = hex.Decode(bits[:], []byte(flags)) // it is hex
	c := Context{ID: id, Flags: bits[0] & 3}  // sampled, and random; the others have no meaning yet
	if validState(tracestate) {
		c.State = tracestate
	}
	return c, true
}

// Valid says whether there is a trace.
func (c Context) Valid() bool { return c.ID != "" }

// Child gives the traceparent of a new span in the trace.
func (c Context) Child() string {
	var out [length]byte
	copy(out[:], "00-")
	copy(out[3:], c.ID)
	out[35], out[52] = '-', '-'
	span := rand.Uint64()
	for span == 0 {
		span = rand.Uint64()
	}
	var raw [8]byte
	for i := range raw {
		raw[i] = byte(span >> (8 * i))
	}
	hex.Encode(out[36:52], raw[:])
	hex.Encode(out[53:], []byte{c.Flags})
	return string(out[:])
}

// isHex takes small letters alone, as the recommendation does.
func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func zero(s string) bool { return strings.Trim(s, "0") == "" }

// validState looks at the whole, not at each member: those are other systems' own, and this one adds none.
func validState(s string) bool {
	if s == "" || len(s) > maxState || strings.Count(s, ",") >= maxList {
		return false
	}
	for i := range len(s) {
		if (s[i] < ' ' || s[i] > '~') && s[i] != '\t' {
			return false
		}
	}
	return true
}
