package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/endpoint"
	"github.com/plugboard/plugboard/queue"
)

const (
	noteEach = time.Minute // how often it is written down which endpoints began or ceased to fail
	noteAll  = 60          // of those: how often for how long the failing ones have
)

// follow has the attempts of endpoints followed; the lane of a destination of the file stays as it is.
func (g *Gateway) follow(a *assembly) func(*dispatch.Lane) {
	return func(l *dispatch.Lane) {
		if g.opts.Lane != nil {
			g.opts.Lane(l)
		}
		if a.endpoints[l.Destination] != nil {
			l.Attempter = follower{l.Attempter, g, l.Destination}
		}
	}
}

// follower tells what comes of an endpoint's attempts.
type follower struct {
	dispatch.Attempter
	g  *Gateway
	id string
}

// Attempt implements dispatch.Attempter. Only what its receiver did counts against an endpoint: an attempt that a plugin
// dropped or failed at says nothing about it.
func (f follower) Attempt(ctx context.Context, q *queue.Delivery) deliver.Result {
	r := f.Attempter.Attempt(ctx, q)
	switch {
	case r.Class == deliver.Delivered:
		f.g.health.Good(f.id)
	case r.Class != deliver.Dropped && (r.Failing || r.Attempt.Status != 0) && ctx.Err() == nil:
		failing := f.g.health.Bad(f.id, r.Reason)
		if limit := time.Duration(f.g.disableAfter.Load()); limit > 0 && failing.For >= limit {
			why := fmt.Sprintf("nothing but failures for %v, the last: %s", failing.For.Round(min(time.Minute, limit/10)), r.Reason)
			go f.g.disable(f.id, endpoint.Failed, why)
		}
	}
	return r
}

// happened is told by dispatch. A destination of the file that wants nothing more stays enabled: the file is its owner's to
// change, and its deliveries end as dead letters.
func (g *Gateway) happened(h dispatch.Happening) {
	g.notice.Tell(h)
	if h.Kind == dispatch.Disabled {
		go g.disable(h.Destination, endpoint.Gone, h.Reason) // it may have to wait for a reload
	}
}

// disable takes an endpoint out of use, durably, and tells of it. What is no endpoint is left alone.
func (g *Gateway) disable(id, cause, why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	part := g.current.endpoints[id]
	if g.stopped || part == nil || !part.record.Enabled() {
		return
	}
	now := time.Now().UTC().Truncate(time.Second)
	next := &endpointPart{record: part.record}
	next.record.Disabled = &endpoint.Disabled{Cause: cause, Reason: why, At: now}
	next.record.Failing = g.health.Of(id)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := g.records.Note(ctx, next.record.Record); err != nil {
		g.log.Error("an endpoint should be disabled and could not", "endpoint", id, "err", err)
		return
	}
	if err := g.use(id, next, nil); err != nil {
		g.log.Error("an endpoint was disabled, and its lane goes on", "endpoint", id, "err", err)
		return
	}
	g.log.Warn("endpoint disabled", "endpoint", id, "cause", cause, "err", why)
	g.notice.Disabled(id, why)
}

// noteHealth writes down which endpoints fail, until ctx is done.
func (g *Gateway) noteHealth(ctx context.Context) {
	tick := time.NewTicker(noteEach)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		g.mu.Lock()
		err := g.saveHealth(ctx, n%noteAll == 0)
		g.mu.Unlock()
		if err != nil && !errors.Is(err, queue.ErrClosed) {
			g.log.Warn("it was not noted which endpoints fail", "err", err)
		}
	}
}

// saveHealth is called with mu held, or when nothing changes any more.
func (g *Gateway) saveHealth(ctx context.Context, all bool) error {
	var records []endpoint.Record
	for id, failing := range g.health.Take(all) {
		if part := g.current.endpoints[id]; part != nil && part.record.Disabled == nil {
			r := part.record.Record
			r.Failing = failing
			records = append(records, r)
		}
	}
	if records == nil {
		return nil
	}
	return g.records.Note(ctx, records...)
}

// lastHealth notes everything once more, when no attempt is made any more.
func (g *Gateway) lastHealth(ctx context.Context) error {
	if err := g.saveHealth(ctx, true); err != nil && !errors.Is(err, queue.ErrClosed) {
		g.log.Warn("it was not noted which endpoints fail", "err", err)
	}
	return nil
}
