// Package gateway puts the parts together: it builds them from a configuration, runs them, reloads and stops them. It
// is the only place that joins an engine to the interfaces; ARCHITECTURE.md beside it is the map, RATIONALE.md says why.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/edge"
	"github.com/plugboard/plugboard/gateway/endpoint"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/notice"
	"github.com/plugboard/plugboard/gateway/replay"
	"github.com/plugboard/plugboard/gateway/route"
	"github.com/plugboard/plugboard/gateway/secretstore"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

// drain is how long a gateway that was told to stop lets running requests finish, and after them running attempts.
const drain = 20 * time.Second

// brokenDrain is the same for a gateway whose queue failed: what an attempt comes to could not be kept anyway.
const brokenDrain = 500 * time.Millisecond

// Options are what the caller decides.
type Options struct {
	ConfigFile string
	Logger     *slog.Logger // nil: nowhere
	Feed       *feed.Hub    // nil: one of its own
	Dev        bool         // the demo destination may be reached
	Watch      bool         // reload when the configuration file or a plugin changes
	Version    any          // what the API says of itself
	AcceptLoss bool         // start although the store says that something is missing from it

	Getenv func(name string) (string, bool) // nil: the process's environment
	Wrap   func(queue.Queue) queue.Queue    // between edge and queue, for tests that plant faults; nil: nothing
	Lane   func(*dispatch.Lane)             // changes a destination's lane, for tests that plant faults; nil: nothing
	// Ask names the secrets in the store of the gateway that has it open, for Check and Try beside one; nil: nobody can be
	// asked. Note is told what those two could not find out; nil: nobody.
	Ask  func(context.Context, *config.Config) (names []string, err error)
	Note func(string)

	Step func(badgerqueue.Step) // of each commit, for tests that end the process there; nil: nothing
}

// Gateway is a running gateway. Its methods are safe for concurrent use.
type Gateway struct {
	opts     Options
	log      *slog.Logger
	feed     *feed.Hub
	metrics  *metrics.Set
	host     *wasm.Host
	store    Store
	secrets  *secretstore.Store // those in the store
	accept   queue.Queue        // what the edge commits to
	edge     *edge.Server
	keepers  keepers
	dispatch *dispatch.Dispatcher
	notice   *notice.Notifier
	routes   atomic.Pointer[route.Table] // those in force
	admin    *http.Server

	assembler *assembler

	edgeListener, adminListener net.Listener

	mu      sync.Mutex // held by Reload
	current *assembly
	loose   map[string]admin.PluginInfo // files in the plugin folder that came while it ran and that nothing names
	pausing sync.Mutex                  // orders pauses and their records
	// revoking orders bearer tokens that are taken back, and their records.
	revoking sync.Mutex
	running  bool // Run has handed the destinations to dispatch
	stopped  bool

	records      *endpoint.Store
	health       endpoint.Health
	disableAfter atomic.Int64 // nanoseconds

	teardown []func(context.Context) error // run last to first
}

// New builds a gateway and binds its addresses; Run then serves. An error is a config.Faults when the configuration is
// at fault, and nothing is left behind.
func New(ctx context.Context, o Options) (*Gateway, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Feed == nil {
		o.Feed = new(feed.Hub)
	}
	g := &Gateway{opts: o, log: o.Logger, feed: o.Feed, loose: map[string]admin.PluginInfo{}}
	if err := g.build(ctx); err != nil {
		return nil, errors.Join(err, g.close(context.WithoutCancel(ctx)))
	}
	return g, nil
}

// build makes the parts, lowest first; what is made is torn down in the opposite order.
func (g *Gateway) build(ctx context.Context) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	g.metrics = metrics.New(registry)
	cfg, err := config.Load(g.opts.ConfigFile, config.Options{Getenv: g.opts.Getenv, Stored: g.storedAtStart(ctx)})
	if err != nil {
		return err
	}
	if g.host, err = newHost(ctx, cfg, g.metrics); err != nil {
		return err
	}
	g.later(g.host.Close)
	g.assembler = newAssembler(g.host, g.log, g.metrics, g.opts.Dev)
	g.assembler.getenv, g.assembler.serves = g.opts.Getenv, true
	if g.current, err = g.assembler.assemble(ctx, cfg, nil); err != nil {
		return err
	}
	g.later(g.closeAssembly)
	if err := g.openStore(ctx, cfg); err != nil {
		return err
	}
	g.assembler.recall.from(g.store)
	g.keepTokens(ctx, g.current)
	g.assembler.echo.Keep(g.store)
	if err := g.openEndpoints(ctx); err != nil {
		return err
	}
	registry.MustRegister(depthCollector{g.store})
	g.accept = g.store
	if g.opts.Wrap != nil {
		g.accept = g.opts.Wrap(g.store)
	}
	return g.bind(cfg, registry)
}

// closeAssembly closes the plugins in use; once the gateway ran, dispatch has closed those of the destinations.
func (g *Gateway) closeAssembly(ctx context.Context) error {
	if g.running {
		return errors.Join(g.current.closeSources(ctx), g.current.plugins.close(ctx))
	}
	return g.current.close(ctx)
}

func (g *Gateway) later(f func(context.Context) error) { g.teardown = append(g.teardown, f) }

func (g *Gateway) close(ctx context.Context) error {
	var errs []error
	for i := len(g.teardown) - 1; i >= 0; i-- {
		errs = append(errs, g.teardown[i](ctx))
	}
	g.teardown = nil
	return errors.Join(errs...)
}

// bind makes the servers and takes their addresses.
func (g *Gateway) bind(cfg *config.Config, registry *prometheus.Registry) (err error) {
	local, err := adminToken(cfg.Queue.Dir)
	if err != nil {
		return err
	}
	tokens, err := access.New(access.Options{Registry: g.store, Local: local, Log: g.log})
	if err != nil {
		return err
	}
	if g.edgeListener, err = net.Listen("tcp", cfg.Server.Listen); err != nil {
		return fmt.Errorf("[server] listen: %w; stop what listens there or change the setting", err)
	}
	g.later(func(context.Context) error { return closed(g.edgeListener.Close()) })
	if g.adminListener, err = net.Listen("tcp", cfg.Server.Admin); err != nil {
		return fmt.Errorf("[server] admin: %w; stop what listens there or change the setting", err)
	}
	g.adminListener = netutil.LimitListener(g.adminListener, adminConnections)
	g.later(func(context.Context) error { return closed(g.adminListener.Close()) })
	g.keepers = keep(cfg, g.current.certificates, g.log)
	g.edge = edge.NewServer(edge.Options{Config: cfg.Server, TLS: g.keepers.edge, Store: g.accept, Memory: g.store, Metrics: g.metrics, Feed: g.feed, Logger: g.log, Revoke: g.revokeToken})
	g.edge.Swap(g.current.pipeline)
	g.routes.Store(g.current.routes)
	g.notice = notice.New(notice.Options{Store: g.accept, Routes: g.routes.Load, Metrics: g.metrics, Feed: g.feed, Log: g.log})
	g.dispatch = dispatch.New(dispatch.Options{Queue: g.store, Log: g.log, Metrics: g.metrics, Feed: g.feed, Tell: g.happened})
	g.holdPaused()
	registry.MustRegister(standingCollector{g})
	g.admin = &http.Server{
		Handler: admin.New(admin.Options{
			Store: g.store, Feed: g.feed, Tokens: tokens, Names: adminNames(&cfg.Server, g.keepers.admin), Remote: remote(cfg.Server.Admin), Endpoints: endpoints{g}, Hand: g.hand, Probe: g.probe, SwitchRoute: g.switchRoute, Try: g.tryNow,
			Setup: g.setup, Diff: g.Diff, Steer: &replay.Runner{Store: g.store, Setup: steering{g}},
			Ready: g.ready, Secrets: runningSecrets{g}, Pausing: g, Logger: g.log, Version: g.opts.Version,
			Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
		}),
		ReadHeaderTimeout: cfg.Server.ReadTimeout, ReadTimeout: cfg.Server.ReadTimeout,
		WriteTimeout: time.Minute, IdleTimeout: cfg.Server.IdleTimeout, MaxHeaderBytes: 8 << 10,
		ErrorLog: slog.NewLogLogger(g.log.Handler(), slog.LevelDebug), // of handshakes that fail, mostly
	}
	if g.keepers.admin != nil {
		g.admin.TLSConfig = g.keepers.admin.Config()
	}
	return nil
}

// closed forgives the closing of a listener that its server has closed already.
func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Listen is the address that vendors post to, Admin the API's.
func (g *Gateway) Listen() string { return g.edgeListener.Addr().String() }

// URL is what to put before a source's path on this machine.
func (g *Gateway) URL() string {
	if g.current.cfg.Server.TLS.Cert != "" { // which no reload changes
		return "https://" + g.Listen()
	}
	return "http://" + g.Listen()
}

// Admin is the address of the API.
func (g *Gateway) Admin() string { return g.adminListener.Addr().String() }

// Store is the queue that the gateway runs on. It is closed when Run returns.
func (g *Gateway) Store() Store { return g.store }

// Run serves until ctx is done or something that cannot be mended fails, lets what runs finish, and closes everything.
// It may be called once.
func (g *Gateway) Run(ctx context.Context) error {
	g.running = true
	if err := g.dispatch.Swap(g.current.lanes(g.follow(g.current))...); err != nil { // before the API may change any
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	group, running := errgroup.WithContext(running)
	g.admin.BaseContext = func(net.Listener) context.Context { return running } // so that streams end with the gateway
	group.Go(func() error { return g.edge.Serve(g.edgeListener) })
	group.Go(g.serveAdmin)
	group.Go(func() error {
		select {
		case err := <-g.store.Failed():
			return fmt.Errorf("the queue cannot be written any more, so nothing is accepted: %w", err)
		case <-running.Done():
			return nil
		}
	})
	group.Go(func() error { g.noteHealth(running); return nil })
	if g.opts.Watch {
		go g.watch(running, g.current.cfg.Plugins.Dir)
	}
	<-running.Done()
	patience := drain
	if ctx.Err() == nil {
		patience = brokenDrain
	}
	err := g.stop(context.WithoutCancel(ctx), patience)
	return errors.Join(group.Wait(), err)
}

// stop ends the edge first, so that what it accepts is committed, then the lanes, then who tells of them, then the store
// below all. Each has
// time of its own: a hanging destination must not take from the store what it needs to close well.
func (g *Gateway) stop(ctx context.Context, patience time.Duration) error {
	g.mu.Lock()
	g.stopped = true // no change from here on; what waits for the lock is to find that out, not to be waited for
	g.mu.Unlock()
	var errs []error
	for _, end := range []func(context.Context) error{g.edge.Shutdown, g.dispatch.Close, g.lastHealth, g.notice.Close, g.admin.Shutdown, g.close} {
		ctx, cancel := context.WithTimeout(ctx, patience)
		errs = append(errs, end(ctx))
		cancel()
	}
	return errors.Join(errs...)
}

func (g *Gateway) ready(ctx context.Context) error {
	_, err := g.store.Depth(ctx)
	return err
}

func newHost(ctx context.Context, cfg *config.Config, m *metrics.Set) (*wasm.Host, error) {
	return wasm.NewHost(ctx, wasm.HostOptions{
		CacheDir: cfg.Plugins.Cache, Metrics: m, LazyMemory: endpointMemory(), Limits: wasm.Limits{Memory: cfg.Plugins.Memory, Deadline: cfg.Plugins.Deadline},
	})
}

// Store is a queue with everything that people may look at.
type Store interface {
	queue.Queue
	queue.Inspector
	queue.Memory
	queue.Registry
	Failed() <-chan error // delivers once, when nothing can be written any more
}

var _ Store = (*badgerqueue.Queue)(nil)
