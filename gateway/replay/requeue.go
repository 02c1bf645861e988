package replay

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/queue"
)

// Replay queues again what a request asks for. After an error the report says what was done before it. Errors about the
// request itself are told apart by Refused.
func (r *Runner) Replay(ctx context.Context, q Request) (Report, error) {
	c, err := r.begin(ctx, q.Limit, q.Cursor, q.DryRun)
	if err != nil {
		return Report{}, err
	}
	if err := c.check(&q); err != nil {
		return Report{}, err
	}
	p := &plan{call: c, q: &q, configured: r.Setup.Destinations()}
	switch {
	case q.IDs != nil:
		err = p.byID()
	case q.Rejected:
		err = p.rejected()
	case q.To != "" || q.Unrouted:
		err = p.events()
	default:
		err = p.deliveries()
	}
	return c.report, err
}

// check refuses what cannot be meant.
func (c *call) check(q *Request) error {
	names := c.Setup.Destinations()
	switch {
	case (q.IDs == nil) == (q.Filter == nil):
		return refuse("say what: ids, or a filter")
	case len(q.IDs) > MaxLimit:
		return refuse("%d ids in one call, %d are possible", len(q.IDs), MaxLimit)
	case q.Filter != nil && *q.Filter == (queue.Filter{}) && !q.Rejected && !q.Unrouted:
		return refuse("an empty filter is everything that is stored; name a state, a source, a destination, or since when")
	case q.Rejected && q.Unrouted:
		return refuse("rejected and unrouted are two sets; ask for one after the other")
	case q.Filter != nil && q.Rejected && (q.Filter.Type != "" || q.Filter.Subject != "" || q.Filter.Destination != "" || q.Filter.State != 0):
		return refuse("of a request set aside only source, since and until are known")
	case q.To != "" && !slices.Contains(names, q.To):
		return refuse("there is no destination %q; there are %s", q.To, strings.Join(names, ", "))
	}
	return nil
}

// plan is a replay under way.
type plan struct {
	*call
	q          *Request
	configured []string

	again []queue.Again
	ids   []string // what was picked, beside again
	taken map[string]bool
}

// add plans one event for one destination.
func (p *plan) add(id string, ev *queue.Event, owed queue.Owed) {
	key := ev.Source + "\x00" + ev.ID + "\x00" + owed.Destination
	if p.taken[key] {
		p.skip(id, replayed)
		return
	}
	if p.taken == nil {
		p.taken = map[string]bool{}
	}
	p.taken[key] = true
	p.again = append(p.again, queue.Again{Source: ev.Source, Event: ev.ID, Owed: owed})
	p.ids = append(p.ids, id)
}

// commit queues what is planned.
func (p *plan) commit() error {
	again, ids := p.again, p.ids
	p.again, p.ids, p.taken = p.again[:0], p.ids[:0], nil
	if p.q.DryRun {
		for _, id := range ids {
			p.did(id)
		}
		return nil
	}
	made, err := p.Store.Requeue(p.ctx, again...)
	for i, id := range ids {
		switch {
		case made[i] != "":
			p.did(id, made[i])
		case err == nil:
			p.skip(id, over)
		}
	}
	return err
}

// deliveries queues deliveries again for the destinations they went to.
func (p *plan) deliveries() error {
	for {
		found, err := p.Store.Deliveries(p.ctx, p.filter(*p.q.Filter, true))
		if err != nil {
			return err
		}
		for i := range found.Items {
			if err := p.delivery(found.Items[i].ID, &found.Items[i]); err != nil {
				return err
			}
		}
		if err := p.commit(); err != nil || !p.more(found.Next) {
			return err
		}
	}
}

// delivery plans one delivery, unless something speaks against it.
func (p *plan) delivery(id string, d *queue.Delivery) error {
	switch {
	case d.State == queue.Pending:
		p.skip(id, waits)
		return nil
	case !slices.Contains(p.configured, d.Destination):
		p.skip(id, gone)
		return nil
	case d.State == queue.Superseded && p.q.Filter != nil && p.q.Filter.State != queue.Superseded && !p.q.Again:
		p.skip(id, stale)
		return nil
	}
	others, err := p.Store.Deliveries(p.ctx, queue.Filter{EventID: d.Event.ID, Source: d.Event.Source, Destination: d.Destination})
	if err != nil {
		return err
	}
	latest := slices.MaxFunc(append(others.Items, *d), func(a, b queue.Delivery) int { return a.Created.Compare(b.Created) })
	switch {
	case slices.ContainsFunc(others.Items, func(o queue.Delivery) bool { return o.State == queue.Pending }):
		p.skip(id, waits)
	case latest.ID != d.ID && !p.q.Again:
		p.skip(id, replayed)
	default:
		p.add(id, &d.Event, queue.Owed{Destination: d.Destination, Route: d.Route, Key: d.Key})
	}
	return nil
}

// events queues events again, each for one destination, or for those that the routes name now.
func (p *plan) events() error {
	for {
		found, err := p.Store.Events(p.ctx, p.filter(*p.q.Filter, true))
		if err != nil {
			return err
		}
		for i := range found.Items {
			info := &found.Items[i]
			if p.q.Unrouted && len(info.Deliveries) > 0 && !p.isReplay(info) {
				continue
			}
			if err := p.event(info.Event.ID, info); err != nil {
				return err
			}
		}
		if err := p.commit(); err != nil || !p.more(found.Next) {
			return err
		}
	}
}

// isReplay says whether all that was ever to be made of an event are replays: then it was unrouted when it came.
func (p *plan) isReplay(info *queue.EventInfo) bool {
	return !slices.ContainsFunc(info.Deliveries, func(d queue.Delivery) bool { return d.ID == info.Event.ID+"/"+d.Destination })
}

// event plans one event for the destination that was named, or else for where the routes send it.
func (p *plan) event(id string, info *queue.EventInfo) error {
	if p.q.To != "" {
		return p.eventTo(id, info, queue.Owed{Destination: p.q.To, Route: "replay"})
	}
	full, err := p.whole(info)
	if full == nil || err != nil {
		p.skip(id, over)
		return err
	}
	owed, err := p.Setup.Owed(full)
	if err != nil || len(owed) == 0 {
		p.skip(id, unrouted)
		return nil //nolint:nilerr // what cannot be read goes by no route
	}
	for _, o := range owed {
		if why := p.been(info, o.Destination); why != "" {
			p.skip(id, why)
			continue
		}
		p.add(id, full, o)
	}
	return nil
}

func (p *plan) eventTo(id string, info *queue.EventInfo, owed queue.Owed) error {
	if why := p.been(info, owed.Destination); why != "" {
		p.skip(id, why)
		return nil
	}
	full, err := p.whole(info)
	if full == nil || err != nil {
		p.skip(id, over)
		return err
	}
	if owed.Key, err = p.Setup.Key(owed.Destination, full); err != nil {
		owed.Key = full.Subject // as for an event that comes in: without a key it would overtake others
	}
	p.add(id, full, owed)
	return nil
}

// been says why an event need not go to a destination: it waits for it, or was delivered there.
func (p *plan) been(info *queue.EventInfo, destination string) string {
	for _, d := range info.Deliveries {
		switch {
		case d.Destination != destination:
		case d.State == queue.Pending:
			return waits
		case d.State == queue.Delivered && !p.q.Again:
			return there
		}
	}
	return ""
}

// whole reads an event with its body. nil when its time has just ended, or when a newer one has its ID.
func (p *plan) whole(info *queue.EventInfo) (*queue.Event, error) {
	if info.Event.Body != nil {
		return &info.Event, nil
	}
	full, err := p.Store.Event(p.ctx, info.Event.ID)
	if errors.Is(err, queue.ErrNotFound) {
		return nil, nil
	}
	if full.Event.Source != info.Event.Source || !full.Event.Received.Equal(info.Event.Received) {
		return nil, err
	}
	return &full.Event, err
}

// byID queues again what has these IDs.
func (p *plan) byID() error {
	for _, id := range p.q.IDs {
		if err := p.one(id); err != nil {
			return err
		}
	}
	return p.commit()
}

func (p *plan) one(id string) error {
	d, _, err := p.Store.Delivery(p.ctx, id)
	if err == nil {
		if p.q.To != "" {
			info, err := p.Store.Event(p.ctx, d.Event.ID)
			if err != nil {
				return err
			}
			return p.event(id, &info)
		}
		return p.delivery(id, &d)
	}
	if !errors.Is(err, queue.ErrNotFound) {
		return err
	}
	info, err := p.Store.Event(p.ctx, id)
	if err == nil {
		return p.wholeEvent(id, &info)
	}
	if !errors.Is(err, queue.ErrNotFound) {
		return err
	}
	aside, err := p.Store.Rejected(p.ctx, queue.Filter{EventID: id})
	if err == nil && len(aside.Items) == 1 {
		return p.reread(aside.Items[0])
	}
	p.skip(id, unknown)
	return err
}

// wholeEvent plans an event that was named: for the destination named, for those that it owes a delivery, or for those that
// the routes name now.
func (p *plan) wholeEvent(id string, info *queue.EventInfo) error {
	if p.q.To != "" || len(info.Deliveries) == 0 {
		return p.event(id, info)
	}
	seen := map[string]bool{}
	for i := len(info.Deliveries) - 1; i >= 0; i-- { // the latest for each
		d := info.Deliveries[i]
		if seen[d.Destination] {
			continue
		}
		seen[d.Destination] = true
		if err := p.delivery(d.ID, &d); err != nil {
			return err
		}
	}
	return nil
}
