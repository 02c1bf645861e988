package deliver

import (
	"bytes"
	"strings"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/trace"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// traceOf finds the trace that an event belongs to: that of the request it came with, else that of its own distributed
// tracing extension (CloudEvents). A header that came twice is none, as the recommendation has it.
func traceOf(raw, body []byte) trace.Context {
	if parents := event.RawHeader(raw, "traceparent"); len(parents) == 1 {
		if c, ok := trace.Parse(parents[0], strings.Join(event.RawHeader(raw, "tracestate"), ",")); ok {
			return c
		}
	}
	if !bytes.Contains(body, []byte(`"traceparent"`)) {
		return trace.Context{}
	}
	r := readers.Get().(*jsondoc.Doc)
	defer forget(r)
	if r.Reset(body) != nil {
		return trace.Context{}
	}
	c, _ := trace.Parse(r.Root().Member("traceparent").Str(), r.Root().Member("tracestate").Str())
	return c
}
