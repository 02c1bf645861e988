package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/redact"
	"github.com/plugboard/plugboard/gateway/shadow"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// Diff plays stored deliveries with the plugins and the configuration as they are on disk now, whether they run or not, and
// says where that parts from what was stored and sent. Nothing is sent, stored or remembered.
func (g *Gateway) Diff(ctx context.Context, f queue.Filter) (records []admin.DiffRecord, next string, err error) {
	a, err := g.beside(ctx)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, a.close(context.WithoutCancel(ctx))) }()
	page, err := g.store.Deliveries(ctx, f)
	if err != nil {
		return nil, "", err
	}
	for _, item := range page.Items {
		d, attempts, err := g.store.Delivery(ctx, item.ID)
		if errors.Is(err, queue.ErrNotFound) {
			continue // its time has just ended
		}
		if err != nil {
			return nil, "", err
		}
		record, err := a.diff(ctx, &d, attempts)
		if err != nil {
			return nil, "", err
		}
		records = append(records, record)
	}
	return records, page.Next, nil
}

// diff plays one delivery.
func (a *assembly) diff(ctx context.Context, d *queue.Delivery, attempts []queue.Attempt) (admin.DiffRecord, error) {
	r := admin.DiffRecord{Delivery: d.ID, Event: d.Event.ID, Source: d.Event.Source, Destination: d.Destination, Route: d.Route,
		Changes: []admin.Change{}}
	last, now := &queue.Attempt{}, d.Event.Received
	if n := len(attempts); n > 0 {
		last = &attempts[n-1]
		now = last.Started // for a plugin that asks what time it is
		r.Sent = admin.Sent{Request: last.Request, Status: last.Status, Result: last.Result, Plugin: last.Plugin}
	}
	change := func(what string, d shadow.Difference) {
		r.Changes = append(r.Changes, admin.Change{What: what, Path: d.Path, Was: d.InForce, Now: d.Candidate})
	}
	ev, owed := a.again(ctx, d, change)
	to := a.destinations[d.Destination]
	if to == nil {
		r.Would = admin.Would{Outcome: "failed", Reason: "there is no such destination any more", Requests: []admin.WouldRequest{}}
		return r, nil
	}
	would, err := a.tryDelivery(ctx, ev, owed, Trial{Now: now})
	if err != nil {
		return r, err
	}
	r.Would = admin.Would{Outcome: would.Outcome, Reason: would.Reason, Requests: []admin.WouldRequest{}}
	if to.plugin != nil {
		r.Would.Plugin = deliver.Label(to.plugin)
	}
	for _, q := range would.Requests {
		r.Would.Requests = append(r.Would.Requests, admin.WouldRequest(q))
	}
	if what, d := requestDiffers(last, would); what != "" {
		change(what, d)
	}
	if s := to.shadows[owed.Route]; s != nil {
		if result, d := to.compare(ctx, s, ev, owed); result != shadow.Same {
			change("candidate", d)
		}
	}
	return r, nil
}

// again reads the delivery's event anew out of the vendor's request, where that was stored with it.
func (a *assembly) again(ctx context.Context, d *queue.Delivery, change func(string, shadow.Difference)) (queue.Event, queue.Owed) {
	was := queue.Owed{Destination: d.Destination, Route: d.Route, Key: d.Key}
	raw, err := event.DecodeRaw(d.Event.Raw)
	if err != nil || len(d.Event.Raw) == 0 || redact.Lacks(&raw) {
		return d.Event, was
	}
	reading := a.pipeline.Again(ctx, d.Event.Source, raw, d.Event.Received)
	for _, entry := range reading.Entries {
		if entry.Event.ID != d.Event.ID {
			if len(reading.Entries) > 1 {
				continue
			}
			// The gateway gives an id where the plugin gives none, a new one each time.
			entry.Event.Body = bytes.Replace(entry.Event.Body, []byte(entry.Event.ID), []byte(d.Event.ID), 1)
			entry.Event.ID = d.Event.ID
		}
		if result, diff := shadow.Compare(shadow.Outcome{Output: d.Event.Body}, shadow.Outcome{Output: entry.Event.Body}); result != shadow.Same {
			change("event", diff)
		}
		for _, owed := range entry.Owed {
			if owed.Destination == d.Destination {
				if owed.Route != d.Route {
					change("route", shadow.Difference{InForce: d.Route, Candidate: owed.Route})
				}
				return entry.Event, owed
			}
		}
		change("route", shadow.Difference{InForce: d.Route, Candidate: "none: it would not be delivered there"})
		return entry.Event, was
	}
	why := reading.Reason
	if why == "" {
		why = "another event, or none"
	}
	change("event", shadow.Difference{InForce: d.Event.ID, Candidate: why})
	return d.Event, was
}

// compare sets a candidate's request against that of the plugin in force.
func (d *destination) compare(ctx context.Context, s *shadow.Shadow, ev queue.Event, owed queue.Owed) (shadow.Result, shadow.Difference) {
	in := wasm.Input{Body: ev.Body, Facts: deliver.Facts(&queue.Delivery{ID: ev.ID + "/" + owed.Destination, Destination: owed.Destination, Route: owed.Route, Event: ev})}
	out, err := d.plugin.Call(ctx, wasm.Format, in)
	return s.Compare(ctx, shadow.Call{Function: wasm.Format, Input: in, Outcome: shadow.Outcome{Output: out.Body, Err: err}})
}

// requestDiffers sets what would be sent first against what was. A plugin may make several requests, of which the record has
// the last one's line; of the first it has a fingerprint, which tells that something differs and not what.
func requestDiffers(was *queue.Attempt, would TrialDelivery) (what string, d shadow.Difference) {
	line := would.Outcome + ": " + would.Reason
	var print []byte
	if len(would.Requests) > 0 {
		q := &would.Requests[0]
		line, print = q.Method+" "+q.URL, deliver.Fingerprint(q.Method, q.URL, []byte(q.Body))
	}
	switch {
	case was.Request == "" || was.Sent != nil && bytes.Equal(was.Sent, print):
		return "", d
	case line != was.Request:
		return "request", shadow.Difference{InForce: was.Request, Candidate: line}
	case was.Sent == nil: // from before there were fingerprints
		return "", d
	}
	return "request", shadow.Difference{Path: "body", InForce: fmt.Sprintf("sha256 %x…", was.Sent), Candidate: would.Requests[0].Body}
}
