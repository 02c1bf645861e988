package edge

import (
	"github.com/plugboard/plugboard/gateway/event"
)

// withheld is why a request of a source with `redact` was set aside. What its plugin says of it may hold just what must not be
// stored, so it is not.
const withheld = "the plugin could not read it; its own words are not kept, as the source has redact"

// redactEvents takes out of the events what is never stored, before anything is made of them: conditions, ordering keys, the
// queue, deliveries, notes and the answer know them so.
func (s *source) redactEvents(r *Reading) {
	for i := range r.Events {
		e, err := s.redact.Apply(r.Events[i])
		if err != nil {
			r.Events = nil
			r.refuse(500, "the event could not be redacted, so it is not stored: "+err.Error())
			return
		}
		r.Events[i] = e
	}
}

// redactRaw takes out of a request what is not kept of it. Of a packed body it keeps what is left unpacked.
func (s *source) redactRaw(r *event.Raw) {
	for _, h := range r.Headers {
		if h.Name != "content-encoding" {
			continue
		}
		body, err := inflate(event.LowerName(h.Value), r.Body, s.maxBody)
		if err != nil {
			body = []byte{0} // cannot be looked through, so it goes
		}
		r.Body = body
	}
	s.redact.Request.Apply(r)
}
