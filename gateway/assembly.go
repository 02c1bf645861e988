package gateway

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/condition"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/gateway/edge"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/route"
	"github.com/plugboard/plugboard/gateway/table"
	"github.com/plugboard/plugboard/gateway/verify"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// assembler makes assemblies.
type assembler struct {
	library *library
	recall  *recall
	tokens  *verify.Tokens
	tallies *tallies
	echo    *echo.Guard
	log     *slog.Logger
	metrics *metrics.Set
	dev     bool
	getenv  func(string) (string, bool)
	serves  bool                  // it is a gateway's, and may write beside the store
	reading func() config.Options // how endpoints are read; nil: there are none
	records queue.Registry        // of routes that were turned on or off; nil: none were
}

func newAssembler(host *wasm.Host, log *slog.Logger, m *metrics.Set, dev bool) *assembler {
	return &assembler{library: newLibrary(host), recall: &recall{}, tokens: verify.NewTokens(), tallies: &tallies{}, echo: echo.New(nil), log: log,
		metrics: m, dev: dev}
}

// assembly is everything that one configuration is made into. It does not change: a reload makes another.
type assembly struct {
	cfg          *config.Config
	plugins      *pluginSet
	tables       table.Set
	routes       *route.Table
	pipeline     *edge.Pipeline
	certificates certificates
	sources      []wasm.Plugin
	destinations map[string]*destination
	endpoints    map[string]*endpointPart // by ID; those in use are among destinations too
	log          *slog.Logger
	metrics      *metrics.Set
	tallies      *tallies
	echo         *echo.Guard
}

// assemble builds everything that can fail, and finds every fault it can in one run: then the error is a config.Faults
// and nothing is left behind.
//
// before is the assembly in force, or nil. Its tables are the same handles. Of a plugin whose new file is refused it lends
// the old one: all is made again with that, so that each plugin is either old or new in all its places.
func (w *assembler) assemble(ctx context.Context, cfg *config.Config, before *assembly) (*assembly, error) {
	pinned := map[string]*refusal{}
	for {
		a, err := w.make(ctx, cfg, before, pinned)
		if err == nil {
			a.plugins.before = nil // or all that ever ran would be kept
			if before != nil {
				w.addEndpoints(ctx, a, before.records())
			}
			w.switchRoutes(a)
			return a, nil
		}
		if len(a.plugins.refused) == 0 {
			return nil, err
		}
		maps.Copy(pinned, a.plugins.refused)
	}
}

// make is one try. After an error the assembly only says what was refused.
func (w *assembler) make(ctx context.Context, cfg *config.Config, before *assembly, pinned map[string]*refusal) (*assembly, error) {
	a := &assembly{cfg: cfg, log: w.log, metrics: w.metrics, tallies: w.tallies, echo: w.echo, destinations: map[string]*destination{}}
	var found faultList
	var old *pluginSet
	var oldTables table.Set
	var oldPipeline *edge.Pipeline
	if before != nil {
		old, oldTables, oldPipeline = before.plugins, before.tables, before.pipeline
	}
	var err error
	a.tables, err = openTables(cfg, oldTables)
	found.add(err)
	a.plugins = w.pluginSet(cfg, a.tables, old, pinned)
	var wrong []*route.BuildError
	a.routes, wrong = route.Build(cfg.Routes, cfg.Destinations)
	for _, w := range wrong {
		found.add(routeFault(cfg, w))
	}
	a.routes.PlaceBy(func(e *route.BuildError) (string, error) {
		f := routeFault(cfg, e)
		return f.String(), errors.New(f.What + "; " + f.Do)
	})
	sources := make([]edge.Source, 0, len(cfg.Sources))
	for _, s := range cfg.Sources {
		source, err := a.source(ctx, s)
		found.add(err)
		source.Redact, err = w.redaction(cfg, s)
		found.add(err)
		sources = append(sources, source)
	}
	for _, d := range cfg.Destinations {
		made, err := a.destination(ctx, d, making{dev: w.dev})
		found.add(err)
		a.destinations[d.Name] = made
	}
	a.pipeline, err = edge.NewPipeline(edge.PipelineOptions{Sources: sources, Routes: a.routes, MaxBody: cfg.Server.MaxBody, Tokens: w.tokens, Before: oldPipeline, Metrics: w.metrics})
	found.add(placed(cfg, err))
	a.certificates, err = readCertificates(cfg)
	found.add(err)
	if err := found.error(); err != nil {
		return a, errors.Join(err, a.close(ctx))
	}
	return a, nil
}

func (a *assembly) source(ctx context.Context, s *config.Source) (out edge.Source, err error) {
	out.Config = s
	if out.Echo = a.echo.Watch(s.Name, s.Echo, s.EchoOf...); len(s.EchoOf) == 0 {
		out.Echo = a.echo.WatchPlugin(s.Name, s.Echo, s.Plugin)
	}
	if s.Plugin != "" {
		at := &place{name: s.Plugin, settings: s.Config, vault: s.Vault, must: wasm.Receive, path: []any{"sources", s.Name, "plugin"}, owner: queue.Owner("sources", s.Name, s.Plugin)}
		if out.Plugin, err = a.plugins.use(ctx, at); err == nil {
			a.sources = append(a.sources, out.Plugin)
		}
	}
	return out, err
}

// lanes are the destinations as dispatch wants them. change may be nil.
func (a *assembly) lanes(change func(*dispatch.Lane)) []dispatch.Lane {
	lanes := make([]dispatch.Lane, 0, len(a.destinations))
	for _, d := range a.cfg.Destinations {
		lane, err := a.destinations[d.Name].lane(a.log)
		if err != nil {
			a.log.Error("destination left out", "destination", d.Name, "err", err) // cannot be: assemble has built it once
			continue
		}
		if change != nil {
			change(&lane)
		}
		lanes = append(lanes, lane)
	}
	return lanes
}

// close ends what was not handed on: everything, unless the lanes run, which close their destinations themselves.
func (a *assembly) close(ctx context.Context) error {
	errs := []error{a.closeSources(ctx), a.plugins.close(ctx)}
	for _, d := range a.destinations {
		errs = append(errs, d.close(ctx))
	}
	return errors.Join(errs...)
}

func (a *assembly) closeSources(ctx context.Context) error {
	var errs []error
	for _, p := range a.sources {
		errs = append(errs, p.Close(ctx))
	}
	return errors.Join(errs...)
}

// faultList collects what is wrong, whatever form it comes in.
type faultList struct {
	faults config.Faults
	others []error
}

func (l *faultList) add(err error) {
	var one config.Fault
	var many config.Faults
	switch {
	case err == nil:
	case errors.As(err, &many):
		l.faults = append(l.faults, many...)
	case errors.As(err, &one):
		l.faults = append(l.faults, one)
	default:
		l.others = append(l.others, err)
	}
}

func (l *faultList) error() error {
	if l.others != nil {
		return errors.Join(l.others...)
	}
	if l.faults != nil {
		l.faults.Sort()
		return l.faults
	}
	return nil
}

// routeFault places an expression's fault in the file, within the expression.
func routeFault(cfg *config.Config, w *route.BuildError) config.Fault {
	f := config.Fault{Position: cfg.AtPath(w.Place), What: w.Err.Error(), Do: "correct it"}
	var e *condition.Error
	if errors.As(w.Err, &e) {
		f.What, f.Do, f.Position = e.What, e.Do, cfg.Within(w.Place, e.Offset)
	}
	return f
}

// placed makes a fault of a source that cannot be built.
func placed(cfg *config.Config, err error) error {
	var e *edge.BuildError
	if errors.As(err, &e) {
		return config.Fault{Position: cfg.AtPath(e.Place), What: e.Err.Error(), Do: "see sources in the reference config.toml"}
	}
	return err
}

// setup is what the API shows of the configuration in force.
func (g *Gateway) setup() admin.Setup {
	g.mu.Lock()
	a := g.current
	s := admin.Setup{Plugins: append(a.plugins.info(), slices.Collect(maps.Values(g.loose))...), Tables: tableInfo(a.tables), Shadows: a.shadowInfo()}
	g.mu.Unlock()
	slices.SortFunc(s.Plugins, func(a, b admin.PluginInfo) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range a.cfg.Sources {
		info := admin.SourceInfo{Name: c.Name, Path: c.Path, Plugin: c.Plugin}
		if of := a.cfg.ReportsFrom(c); len(of) > 0 {
			info.Echo = &admin.EchoInfo{Of: of, Window: c.Echo.String(), Count: a.echo.Count(c.Name)}
		}
		for _, v := range c.Verify {
			info.Verify = append(info.Verify, v.Scheme)
		}
		s.Sources = append(s.Sources, info)
	}
	for _, c := range a.cfg.Routes {
		s.Routes = append(s.Routes, admin.RouteInfo{Name: c.Name, From: c.From, Types: c.Types, When: c.When, To: c.To, Enabled: a.routes.Enabled(c.Name),
			Switched: a.routes.Enabled(c.Name) != c.Enabled})
	}
	for _, c := range a.cfg.Destinations {
		standing := g.dispatch.Look(c.Name)
		s.Destinations = append(s.Destinations, admin.DestinationInfo{Name: c.Name, Plugin: c.Plugin, URL: c.URL.Display,
			Endpoint: a.endpoints[c.Name] != nil, Failing: standing.Failing, QuietUntil: standing.QuietUntil})
	}
	return s
}
