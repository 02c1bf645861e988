package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/endpoint"
)

// errStopped is for changes that come while the gateway stops.
var errStopped = errors.New("the gateway is stopping")

// endpoints are the endpoints of a running gateway, as the API has them. What it does to one is durable first and in use
// when it returns; the lanes and routes of all others are not touched.
type endpoints struct{ *Gateway }

var _ admin.Endpoints = endpoints{}

// List implements admin.Endpoints.
func (g endpoints) List() []admin.EndpointInfo {
	a := g.inForce()
	list := make([]admin.EndpointInfo, 0, len(a.endpoints))
	for _, r := range a.records() {
		list = append(list, g.info(a.endpoints[r.ID]))
	}
	return list
}

// Get implements admin.Endpoints.
func (g endpoints) Get(id string) (admin.EndpointInfo, error) {
	part := g.inForce().endpoints[id]
	if part == nil {
		return admin.EndpointInfo{}, endpoint.ErrUnknown
	}
	return g.info(part), nil
}

func (g *Gateway) inForce() *assembly {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.current
}

// info is an endpoint as people see it.
func (g endpoints) info(p *endpointPart) admin.EndpointInfo {
	r := &p.record
	e := admin.EndpointInfo{ID: r.ID, Status: admin.EndpointActive, Created: r.Created, Changed: r.Changed, By: r.By, Settings: r.Settings}
	switch {
	case p.broken != nil:
		e.Status, e.Reason = admin.EndpointBroken, p.broken.Error()
	case r.Disabled != nil:
		e.Status, e.Cause, e.Reason, e.Since = admin.EndpointDisabled, r.Disabled.Cause, r.Disabled.Reason, r.Disabled.At
	case !r.Enabled():
		e.Status = admin.EndpointDisabled
	}
	if f := g.health.Of(r.ID); f != nil {
		e.Failing = &admin.EndpointFailing{Since: f.Since, For: f.For.Round(time.Second).String(), Reason: f.Reason}
	}
	return e
}

// Create implements admin.Endpoints.
func (g endpoints) Create(ctx context.Context, s endpoint.Settings, by access.Caller) (admin.EndpointInfo, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if most := g.current.cfg.Endpoints.Most; len(g.current.endpoints) >= most {
		return admin.EndpointInfo{}, fmt.Errorf("%w: %d; remove some, or raise [endpoints] most", admin.ErrTooMany, most)
	}
	full := endpoint.Settings{}
	r := endpoint.Stored{Record: endpoint.New(by.Name, time.Now())}
	for key, value := range s {
		if value != nil {
			full[key] = value
		}
	}
	return g.set(ctx, r, full, by, true)
}

// Change implements admin.Endpoints.
func (g endpoints) Change(ctx context.Context, id string, s endpoint.Settings, by access.Caller) (admin.EndpointInfo, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	part := g.current.endpoints[id]
	if part == nil {
		return admin.EndpointInfo{}, endpoint.ErrUnknown
	}
	r := part.record
	r.Failing = g.health.Of(id)
	if enabled, said := s["enabled"]; said && enabled != false {
		r.Record = r.Restarted()
	}
	if _, again := s["secret"]; again {
		r.Err = nil // what could not be opened is replaced
	}
	return g.set(ctx, r, r.Merged(s), by, !s.Steers())
}

// set makes an endpoint of settings, commits it and takes it into use. It is called with mu held; all says that more is new
// than whether it is enabled.
func (g endpoints) set(ctx context.Context, r endpoint.Stored, full endpoint.Settings, by access.Caller, all bool) (admin.EndpointInfo, error) {
	if g.stopped {
		return admin.EndpointInfo{}, errStopped
	}
	secret := ""
	if full["secret"] == nil && full["sign"] == nil {
		secret = newSigningSecret()
		full["secret"] = secret
	}
	part, m, err := g.try(ctx, r, full, by, all)
	if err != nil {
		return admin.EndpointInfo{}, err
	}
	if err := g.records.Set(ctx, &part.record.Record); err != nil {
		return admin.EndpointInfo{}, errors.Join(err, m.close(ctx))
	}
	if err := g.use(r.ID, part, m); err != nil {
		return admin.EndpointInfo{}, err
	}
	r = part.record
	if r.Failing == nil {
		g.health.Forget(r.ID)
	}
	g.log.Info("endpoint set", "endpoint", r.ID, "enabled", r.Enabled(), "by", by.Name)
	info := g.info(part)
	if secret != "" {
		info.Settings = maps.Clone(info.Settings)
		info.Settings["secret"] = secret
	}
	return info, nil
}

// try makes an endpoint of settings. What is not to be used is closed again; and one that is only taken out of use need not
// be anything that could be made.
func (g endpoints) try(ctx context.Context, r endpoint.Stored, full endpoint.Settings, by access.Caller, all bool) (*endpointPart, *madeEndpoint, error) {
	if !all && full["enabled"] == false {
		r.Record = r.With(full, slices.Collect(maps.Keys(r.Secrets)), by.Name, time.Now())
		return &endpointPart{record: r}, nil, nil
	}
	r.Tried = ""
	m, err := g.assembler.endpoint(ctx, g.current, &r, full)
	if err != nil {
		return nil, nil, err
	}
	tried := r.Tried
	r.Record = r.With(full, m.cfg.Hidden, by.Name, time.Now())
	r.Tried = tried
	part := &endpointPart{record: r, named: m.cfg.Named}
	if !r.Enabled() {
		if err := m.close(ctx); err != nil {
			return nil, nil, err
		}
		m = nil
	}
	return part, m, nil
}

func (m *madeEndpoint) close(ctx context.Context) error {
	if m == nil {
		return nil
	}
	return m.destination.close(ctx)
}

// use takes an endpoint into use, or out of it (made is nil), or away (part too). It is called with mu held.
func (g *Gateway) use(id string, part *endpointPart, made *madeEndpoint) error {
	next := g.current.with(id, part, made)
	if made == nil {
		if err := g.dispatch.Change(nil, id); err != nil {
			return err
		}
	} else {
		lane, err := made.destination.lane(g.log)
		if err != nil {
			return err
		}
		g.follow(next)(&lane)
		if err := g.dispatch.Change([]dispatch.Lane{lane}); err != nil {
			return err
		}
	}
	g.current = next
	next.pipeline.Route(next.routes)
	g.routes.Store(next.routes)
	return nil
}

// Remove implements admin.Endpoints. What waits for it stays in the queue, as for a destination that is taken out of the
// file.
func (g endpoints) Remove(ctx context.Context, id string, by access.Caller) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return errStopped
	}
	part := g.current.endpoints[id]
	if part == nil {
		return endpoint.ErrUnknown
	}
	if err := g.records.Remove(ctx, &part.record.Record); err != nil {
		return err
	}
	g.health.Forget(id)
	g.log.Info("endpoint removed", "endpoint", id, "by", by.Name)
	return g.use(id, nil, nil)
}

// newSigningSecret is a secret as Standard Webhooks writes it, of 256 random bits.
func newSigningSecret() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // it does not return errors: it ends the program
	return "whsec_" + base64.StdEncoding.EncodeToString(random[:])
}
