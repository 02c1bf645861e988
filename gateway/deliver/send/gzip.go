package send

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// gunzip reads a compressed body up to limit bytes, whatever it would become: neither what comes in nor what comes out may
// be longer. What is broken ends where it breaks: the status has arrived, and the bytes before may tell why.
func gunzip(body []byte, limit int) (out []byte, truncated bool) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, true
	}
	out, err = io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(out) > limit {
		return out[:limit], true
	}
	return out, err != nil
}

// isGzip says whether a response says so of its body.
func isGzip(h http.Header) bool {
	switch coding := h.Get("Content-Encoding"); len(coding) {
	case len("gzip"), len("x-gzip"):
		return strings.EqualFold(strings.TrimPrefix(strings.ToLower(coding), "x-"), "gzip")
	}
	return false
}
