package edge

import (
	"context"
	"net/http"
	"time"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/queue"
)

// handWindow is how long such an event's id is remembered, as it is by default for sources.
const handWindow = 24 * time.Hour

// Handed is what became of events that were handed in.
type Handed struct {
	Status   int // 202, or as the edge would refuse
	Reason   string
	Receipts []queue.Receipt
}

// Hand takes in events that did not come from a vendor: CloudEvents, or any JSON, as a source without a plugin takes them.
// They are stored and routed as events of the source named; of event.Handed when none is. Whoever calls has let the sender in.
func (s *Server) Hand(source, contentType string, body []byte) Handed {
	p := acquire(&s.pipeline)
	if p == nil {
		return Handed{Status: http.StatusServiceUnavailable, Reason: errNotServing.Error()}
	}
	defer p.use.release()
	if reason := s.paused.Load(); reason != nil {
		return Handed{Status: http.StatusServiceUnavailable, Reason: *reason}
	}
	r := p.hand(source, contentType, body, s.now())
	s.tell(&r)
	if r.Refused() || len(r.Entries) == 0 {
		return Handed{Status: r.Status, Reason: r.Reason}
	}
	taken := s.echoes(p, &r)
	receipts, err := s.store.Enqueue(context.Background(), r.Entries...)
	s.echoed(&r, taken, receipts, err)
	if err != nil {
		status, reason := s.unstored(&r, err)
		return Handed{Status: status, Reason: reason}
	}
	s.noteAccepted(&r, receipts)
	return Handed{Status: http.StatusAccepted, Receipts: receipts}
}

func (p *Pipeline) hand(name, contentType string, body []byte, now time.Time) (r Reading) {
	if name == "" {
		name = event.Handed
	}
	r.Source = name
	for _, s := range p.sources {
		if s.name == name {
			r.source = s
		}
	}
	if r.source == nil {
		if name != event.Handed {
			r.refuse(http.StatusNotFound, "there is no source "+printable(name))
			return r
		}
		r.source = &source{name: name, vendor: name, window: handWindow, stored: event.NewFilter()}
	}
	req := &Request{Method: http.MethodPost, Path: "/v1/events", Headers: []event.Header{{Name: "content-type", Value: contentType}}, Body: body}
	events, err := event.ReadPlain(req.Headers, body, event.Defaults{Vendor: r.source.vendor, Account: r.source.account, Received: now})
	if err != nil {
		r.refuse(plainStatus(err), err.Error())
		return r
	}
	r.Status, r.Events = http.StatusAccepted, events
	if r.source.redact != nil {
		r.source.redactEvents(&r)
	}
	if r.Refused() || r.Aside != nil || len(r.Events) == 0 {
		return r
	}
	p.enter(req, now, &r)
	for i := range r.Entries {
		r.Entries[i].Event.Raw = nil // no vendor's request: there is nothing that its plugin could read again
	}
	return r
}
