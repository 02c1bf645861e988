package deliver

import (
	"bytes"
	"io"
	"net/http"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/plugboard/plugboard/gateway/deliver/send"
)

// minCompress is the length in bytes below which a body is sent as it is: it would save no packet.
const minCompress = 512

var gzipWriters = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

// compress puts a body in gzip, unless whoever wrote the request has given it a coding already, and says that an answer may
// come in gzip.
func compress(r *send.Request) {
	setDefault(r.Header, "Accept-Encoding", "gzip")
	if len(r.Body) < minCompress || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return
	}
	if _, coded := r.Header["Content-Encoding"]; coded {
		return
	}
	var out bytes.Buffer
	w := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(w)
	w.Reset(&out)
	_, _ = w.Write(r.Body) // a buffer takes everything
	_ = w.Close()
	if out.Len() < len(r.Body) {
		r.Body = out.Bytes()
		r.Header["Content-Encoding"] = []string{"gzip"}
	}
}
