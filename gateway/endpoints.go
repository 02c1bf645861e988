package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/endpoint"
	"github.com/plugboard/plugboard/gateway/keyring"
	"github.com/plugboard/plugboard/gateway/route"
)

// endpointPart is one endpoint in an assembly. It does not change; a change of the endpoint makes another one.
type endpointPart struct {
	record endpoint.Stored
	route  *route.Rule             // nil: it is not in use
	named  map[string]config.Named // secrets
	broken error                   // why it is not, although it is enabled
}

// addEndpoints makes endpoints into parts of an assembly that nobody uses yet. What is wrong with one keeps that one out and
// nothing else.
func (w *assembler) addEndpoints(ctx context.Context, a *assembly, records []endpoint.Stored) {
	a.endpoints = make(map[string]*endpointPart, len(records))
	var rules []*route.Rule
	for _, r := range records {
		part := &endpointPart{record: r}
		a.endpoints[r.ID] = part
		if !r.Enabled() {
			continue
		}
		made, err := w.endpoint(ctx, a, &part.record, r.Full())
		if err != nil {
			part.broken = err
			w.log.Error("endpoint out of use: it cannot be made any more", "endpoint", r.ID, "err", err)
			continue
		}
		part.route, part.named = made.rule, made.cfg.Named
		rules = append(rules, made.rule)
		a.cfg.Destinations = append(a.cfg.Destinations, made.cfg.Destination)
		a.destinations[r.ID] = made.destination
	}
	a.routes = a.routes.With(route.Change{Add: rules})
	a.pipeline.Route(a.routes)
}

// madeEndpoint is what an endpoint's settings come to.
type madeEndpoint struct {
	cfg         *config.Endpoint
	rule        *route.Rule
	destination *destination
}

// endpoint makes one of settings, as far as to try its plugins, and notes in the record which those were. Its error is a
// config.Faults that points into the settings.
func (w *assembler) endpoint(ctx context.Context, a *assembly, r *endpoint.Stored, full endpoint.Settings) (*madeEndpoint, error) {
	if r.Err != nil {
		return nil, r.Err
	}
	if part := a.endpoints[r.ID]; a.destinations[r.ID] != nil && (part == nil || part.route == nil) {
		return nil, fmt.Errorf("the file has a destination of the name %s", r.ID)
	}
	o := w.reading()
	o.Running = a.plugins.has
	cfg, err := a.cfg.Endpoint(r.ID, full, o)
	if err != nil {
		return nil, err
	}
	made := &madeEndpoint{cfg: cfg}
	var wrong []*route.BuildError
	if made.rule, wrong = route.Compile(cfg.Route, cfg.Destination); wrong != nil {
		var faults config.Faults
		for _, w := range wrong {
			faults = append(faults, routeFault(cfg.Alone(), w))
		}
		return nil, faults
	}
	made.destination, err = a.destination(ctx, cfg.Destination, making{dev: w.dev, of: cfg.Alone(), lazy: true, tried: r.Tried})
	if err != nil {
		return nil, errors.Join(listed(err), made.destination.close(ctx))
	}
	r.Tried = made.destination.tried()
	return made, nil
}

// listed makes a list of one fault.
func listed(err error) error {
	var list faultList
	list.add(err)
	return list.error()
}

// tried names the destination's plugins, for making.tried.
func (d *destination) tried() string {
	var names []string
	if d.plugin != nil {
		names = append(names, label(d.plugin.Name(), d.plugin.Hash()))
	}
	for _, chain := range d.via {
		for _, p := range chain {
			names = append(names, label(p.Name(), p.Hash()))
		}
	}
	slices.Sort(names)
	return strings.Join(names, "")
}

// records are the endpoints of an assembly.
func (a *assembly) records() []endpoint.Stored {
	list := make([]endpoint.Stored, 0, len(a.endpoints))
	for _, id := range slices.Sorted(maps.Keys(a.endpoints)) {
		list = append(list, a.endpoints[id].record)
	}
	return list
}

// with gives an assembly in which an endpoint is another one, or none. Everything else in it is shared with this one; made
// is nil for an endpoint that is not to be used.
func (a *assembly) with(id string, part *endpointPart, made *madeEndpoint) *assembly {
	next, cfg := *a, *a.cfg
	next.cfg, next.endpoints, next.destinations = &cfg, maps.Clone(a.endpoints), maps.Clone(a.destinations)
	change := route.Change{Remove: []string{id}}
	cfg.Destinations = slices.Clone(a.cfg.Destinations)
	if a.endpoints[id] != nil && a.endpoints[id].route != nil {
		cfg.Destinations = slices.DeleteFunc(cfg.Destinations, func(d *config.Destination) bool { return d.Name == id })
		delete(next.destinations, id)
	}
	delete(next.endpoints, id)
	if part != nil {
		next.endpoints[id] = part
	}
	if made != nil {
		part.route = made.rule
		change.Add = []*route.Rule{made.rule}
		cfg.Destinations = append(cfg.Destinations, made.cfg.Destination)
		next.destinations[id] = made.destination
	}
	next.routes = a.routes.With(change)
	return &next
}

// openEndpoints takes the endpoints of the store into use.
func (g *Gateway) openEndpoints(ctx context.Context) error {
	g.records = endpoint.NewStore(g.store, g.secrets, keyring.ErrNone)
	list, err := g.records.List()
	if err != nil {
		return err
	}
	g.health.Load(list)
	g.disableAfter.Store(int64(g.current.cfg.Endpoints.DisableAfter))
	g.assembler.reading = func() config.Options { return config.Options{Getenv: g.opts.Getenv, Stored: g.storedNow} }
	before := &assembly{endpoints: map[string]*endpointPart{}}
	for i := range list {
		if err := g.records.Seal(ctx, &list[i].Record); err != nil {
			g.log.Error("the secrets of an endpoint could not be sealed with the master key", "endpoint", list[i].ID, "err", err)
		}
		r := list[i]
		before.endpoints[r.ID] = &endpointPart{record: r}
	}
	g.assembler.addEndpoints(ctx, g.current, list)
	g.assembler.records = g.store
	g.assembler.switchRoutes(g.current)
	g.noteTried(ctx, before)
	return nil
}

// noteTried writes down which plugins took the settings of endpoints, where those are others than before: the next start
// need not try them again. It is called with mu held.
func (g *Gateway) noteTried(ctx context.Context, before *assembly) {
	var records []endpoint.Record
	for id, part := range g.current.endpoints {
		if was := before.endpoints[id]; was != nil && was.record.Tried != part.record.Tried {
			records = append(records, part.record.Record)
		}
	}
	if records == nil {
		return
	}
	if err := g.records.Note(ctx, records...); err != nil {
		g.log.Warn("it was not noted which plugins endpoints were tried with", "err", err)
	}
}
