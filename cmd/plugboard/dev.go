package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/feed"
)

func newDev() *cobra.Command {
	c := &cobra.Command{
		Use:   "dev",
		Short: "Build the plugins, run the gateway, and print each event's way as it happens",
		Args:  cobra.NoArgs,
	}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		d := &dev{file: *file, out: &printer{w: c.OutOrStdout(), colour: isTerminal(c.OutOrStdout())}}
		if err := d.run(c.Context()); err != nil {
			return faults(c.ErrOrStderr(), err)
		}
		return nil
	}
	return c
}

// dev is one run of the command. Its output comes from two sides (notes and builds), hence the lock.
type dev struct {
	file string
	mu   sync.Mutex
	out  *printer

	differ *differ
}

func (d *dev) line(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out.line(format, args...)
}

func (d *dev) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cfg, err := config.Load(d.file, config.Options{Lenient: true})
	if err != nil {
		return err
	}
	if err := d.buildAll(ctx, cfg.Plugins.Dir); err != nil {
		return err
	}
	stopDemo, err := startDemo(cfg.Server.Dev)
	if err != nil {
		return err
	}
	defer stopDemo()

	hub := new(feed.Hub)
	notes := hub.Listen(4096)
	defer notes.Close()
	d.line("compiling plugins to native code (once; kept in %s)", cfg.Plugins.Cache)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	gateway.LimitMemory(log)
	g, err := gateway.New(ctx, gateway.Options{ConfigFile: d.file, Feed: hub, Dev: true, Watch: true, Logger: log})
	if err != nil {
		return err
	}
	d.differ = newDiffer(d.file, g.Store(), d.line)
	d.differ.remember(cfg.Plugins.Dir)
	d.greet(cfg, g)
	go d.print(ctx, notes)
	go d.watch(ctx, cfg.Plugins.Dir, func() {})
	go gateway.SettleMemory(ctx)
	return g.Run(ctx)
}

// startDemo answers the demo destination; without an address there is none.
func startDemo(addr string) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the demo destination: %w; change [server] dev or stop what listens there", err)
	}
	srv := &http.Server{Handler: newDemo(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("the demo destination stopped", "err", err)
		}
	}()
	return func() { _ = srv.Close() }, nil
}

// greet says where things are and what to type next.
func (d *dev) greet(cfg *config.Config, g *gateway.Gateway) {
	d.line("")
	d.line("ready   webhooks  %s", g.URL())
	d.line("        API       %s/v1/   token in %s", g.AdminURL(), filepath.Join(cfg.Queue.Dir, gateway.TokenFile))
	if cfg.Server.Dev != "" {
		d.line("        demo      http://%s       plays babelforce, and any other receiver", cfg.Server.Dev)
	}
	d.line("")
	d.line("In another terminal:")
	for _, s := range cfg.Sources {
		if f := firstSample(cfg.Plugins.Dir, s.Plugin); f != "" {
			d.line("  %s send --source %s %s", self(), s.Name, f)
		}
	}
	d.line("  %s events", self())
	d.line("  %s deliveries", self())
	d.line("")
}

// firstSample finds a request to try a source with.
func firstSample(dir, plugin string) string {
	if plugin == "" {
		plugin = "any-json" // a source without a plugin takes any JSON
	}
	for _, pattern := range []string{filepath.Join(dir, plugin, "testdata"), filepath.Join("examples", plugin)} {
		if found, err := filepath.Glob(filepath.Join(pattern, "*.request.json")); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// cachedBuild is where go run keeps a program that it has built before.
var cachedBuild = regexp.MustCompile(`/[0-9a-f]{64}-d/[^/]+$`)

// self is how this program was called, so that what it prints can be pasted.
func self() string {
	if strings.Contains(os.Args[0], string(filepath.Separator)+"go-build") || cachedBuild.MatchString(filepath.ToSlash(os.Args[0])) {
		return "go run ./cmd/plugboard"
	}
	return os.Args[0]
}

func (d *dev) print(ctx context.Context, notes *feed.Listener) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-notes.C:
			d.mu.Lock()
			d.out.note(n)
			if missed := notes.Missed(); missed > 0 {
				d.out.line("%s%d notes were too fast to print; plugboard events has them", margin, missed)
			}
			d.mu.Unlock()
			d.differ.note(ctx, n)
		}
	}
}
