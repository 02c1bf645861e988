package notice

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/route"
	"github.com/plugboard/plugboard/queue"
)

// storing bounds how long own events may take to be stored. They are given up then: what they tell of is stored already.
const storing = 30 * time.Second

// tell stores events of happenings with what they owe, in the order in which they happened last.
func (n *Notifier) tell(told map[key]*happening) {
	var list []*happening
	for _, h := range told {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b *happening) int {
		return cmp.Or(a.last.Compare(b.last), cmp.Compare(a.kind, b.kind), cmp.Compare(a.about, b.about))
	})
	var entries []queue.Entry
	for _, h := range list {
		entry, err := n.entry(h)
		switch {
		case err != nil:
			n.opts.Log.Error("no event could be made of what happened", "type", h.kind, "about", h.about, "err", err)
		case len(entry.Owed) > 0 || h.kind != event.DeliveryDead:
			entries = append(entries, entry)
		}
	}
	if len(entries) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storing)
	defer cancel()
	receipts, err := n.opts.Store.Enqueue(ctx, entries...)
	if err != nil {
		n.opts.Log.Error("events of the gateway's own could not be stored; what they tell of is", "events", len(entries), "err", err)
		return
	}
	n.opts.Metrics.EventsAccepted.WithLabelValues(event.Own).Add(float64(len(entries)))
	for i := range entries {
		e := &entries[i].Event
		n.opts.Feed.Publish(feed.Note{Kind: feed.Accepted, Time: n.opts.Now(), Source: event.Own, Event: e.ID, Type: e.Type, Subject: e.Subject,
			Deliveries: receipts[i].Deliveries, Status: 202})
	}
}

// entry makes the event and asks the routes.
func (n *Notifier) entry(h *happening) (queue.Entry, error) {
	now := n.opts.Now()
	e, err := h.event(now)
	if err != nil {
		return queue.Entry{}, err
	}
	out := queue.Entry{Event: queue.Event{ID: e.ID, Source: event.Own, Type: e.Type, Subject: e.Subject, Received: now, Body: e.JSON}}
	matches, faults := n.opts.Routes().Match(nil, event.Own, &e)
	for _, f := range faults {
		n.opts.Log.Error("expression failed; it counts as false", "place", f.Place, "route", f.Name, "err", f.Err)
	}
	// It would wait for the very thing it tells of.
	matches = slices.DeleteFunc(matches, func(m route.Match) bool { return m.Destination == h.destination })
	for _, m := range matches {
		out.Owed = append(out.Owed, queue.Owed{Destination: m.Destination, Route: m.Route.Name, Key: m.Key, Replaces: m.LatestOnly})
	}
	return out, nil
}

// data is what an own event says.
type data struct {
	Destination string     `json:"destination,omitempty"`
	Endpoint    string     `json:"endpoint,omitempty"`
	Route       string     `json:"route,omitempty"`
	Reason      string     `json:"reason,omitempty"`
	Status      int        `json:"status,omitempty"`
	Attempts    int        `json:"attempts,omitempty"`
	Event       *aboutWhat `json:"event,omitempty"`
	Delivery    *aboutWhat `json:"delivery,omitempty"`
	Count       int        `json:"count"`
	Deliveries  []string   `json:"deliveries,omitempty"` // the first twenty, where there are several
	Since       string     `json:"since,omitempty"`      // when the first of several was
}

type aboutWhat struct {
	ID      string `json:"id"`
	Source  string `json:"source,omitempty"`
	Type    string `json:"type,omitempty"`
	Subject string `json:"subject,omitempty"`
}

// event makes the CloudEvent, in the very way in which what a plugin writes becomes one.
func (h *happening) event(now time.Time) (event.Event, error) {
	d := data{Destination: h.destination, Reason: h.reason, Count: h.count}
	subject := "destination/" + h.about
	if h.kind == event.EndpointDisabled {
		d.Endpoint, subject = h.about, "endpoint/"+h.about
	}
	if q := h.delivery; q != nil {
		d.Route, d.Status, d.Attempts = q.Route, h.attempt.Status, h.attempt.Number
		d.Event = &aboutWhat{q.Event.ID, q.Event.Source, q.Event.Type, q.Event.Subject}
		d.Delivery = &aboutWhat{ID: q.ID}
	}
	if h.count > 1 {
		d.Deliveries, d.Since = h.deliveries, event.FormatTime(h.first)
	}
	type one struct {
		Type    string `json:"type"`
		Subject string `json:"subject"`
		Time    string `json:"time"`
		Data    data   `json:"data"`
	}
	doc, err := json.Marshal(map[string][]one{"events": {{h.kind, subject, event.FormatTime(h.last), d}}})
	if err != nil {
		return event.Event{}, err
	}
	out, err := event.ReadOutput(doc, event.Defaults{Vendor: event.Own, Received: now})
	if err != nil {
		return event.Event{}, err
	}
	return out.Events[0], nil
}
