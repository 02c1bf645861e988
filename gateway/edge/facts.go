package edge

import (
	"strings"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/event"
)

// facts answers what a plugin may ask about the request it reads. It is used for one call at a time and then again for
// another, so that answering allocates nothing.
type facts struct {
	source   *source
	req      *Request
	now      time.Time
	inflated bool
	answer   []byte // the last answer; read before the next question
}

var factPool = sync.Pool{New: func() any { return new(facts) }}

func factsOf(s *source, req *Request, body []byte, now time.Time) *facts {
	f := factPool.Get().(*facts)
	f.source, f.req, f.now = s, req, now
	f.inflated = len(req.Body) > 0 && (len(body) == 0 || &body[0] != &req.Body[0])
	return f
}

func (f *facts) release() {
	f.source, f.req = nil, nil
	factPool.Put(f)
}

// Fact implements wasm.Facts. The configuration is not among them: the plugin's host was given it when it was made.
func (f *facts) Fact(name string) ([]byte, bool) {
	switch name {
	case "function":
		return f.give("receive")
	case "source":
		return f.give(f.source.name)
	case "received_at":
		f.answer = f.now.UTC().AppendFormat(f.answer[:0], time.RFC3339Nano)
		return f.answer, true
	case "method":
		return f.give(f.req.Method)
	case "path":
		return f.give(f.req.Path)
	case "query":
		return f.give(f.req.Query)
	case "remote_addr":
		return f.give(f.req.RemoteAddr)
	}
	if header, ok := strings.CutPrefix(name, "header."); ok {
		return f.header(event.LowerName(header))
	}
	return nil, false
}

func (f *facts) give(text string) ([]byte, bool) {
	f.answer = append(f.answer[:0], text...)
	return f.answer, true
}

// header shows a header unless it carries a credential. Of a body that was decompressed the plugin learns nothing else.
func (f *facts) header(name string) ([]byte, bool) {
	if f.source.hidden[name] || f.inflated && (name == "content-encoding" || name == "content-length") {
		return nil, false
	}
	for i := range f.req.Headers {
		if h := &f.req.Headers[i]; h.Name == name {
			return f.give(h.Value)
		}
	}
	return nil, false
}
