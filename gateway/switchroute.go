package gateway

import (
	"context"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/route"
	"github.com/plugboard/plugboard/queue"
)

// routeKind is the registry's name for routes that were turned on or off at run time. The value says which.
const routeKind = "route"

// switchRoute turns a route on or off until it is said otherwise: over restarts and reloads, whatever the file says. What
// the file says already needs no record.
func (g *Gateway) switchRoute(ctx context.Context, name string, enabled bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return errStopped
	}
	var found *config.Route
	for _, r := range g.current.cfg.Routes {
		if r.Name == name {
			found = r
		}
	}
	if found == nil {
		return admin.ErrNoRoute
	}
	record := queue.Record{Kind: routeKind, Key: name}
	if found.Enabled != enabled {
		record.Value = []byte("off")
		if enabled {
			record.Value = []byte("on")
		}
	}
	if err := g.store.Put(ctx, record); err != nil {
		return err
	}
	next := *g.current
	next.routes = g.current.routes.With(route.Change{Enable: map[string]bool{name: enabled}})
	g.current = &next
	next.pipeline.Route(next.routes)
	g.routes.Store(next.routes)
	g.log.Info("route switched", "route", name, "enabled", enabled)
	return nil
}

// switchRoutes takes what was switched into an assembly that nobody uses yet.
func (w *assembler) switchRoutes(a *assembly) {
	if w.records == nil {
		return
	}
	change := route.Change{Enable: map[string]bool{}}
	for _, r := range w.records.Records(routeKind) {
		change.Enable[r.Key] = string(r.Value) == "on"
	}
	a.routes = a.routes.With(change)
	a.pipeline.Route(a.routes)
}
