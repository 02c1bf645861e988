package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/feed"
)

// Reload builds everything anew from the file and the plugin folder, and takes it into use only when all of it stands;
// otherwise what runs goes on and the error (a config.Faults) says why. Addresses, the queue and the limits of plugins
// stay as they were started: a change there needs a restart and is an error.
func (g *Gateway) Reload(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	cfg, err := config.Load(g.opts.ConfigFile, config.Options{Getenv: g.opts.Getenv})
	if err != nil {
		return err
	}
	if err := g.fixed(cfg); err != nil {
		return err
	}
	next, err := assemble(ctx, g.host, cfg, g.log, g.metrics, g.opts.Dev)
	if err != nil {
		return err
	}
	old := g.current
	drained := g.edge.Swap(next.pipeline)
	if err := g.dispatch.Swap(next.lanes(g.opts.Lane)...); err != nil {
		return err
	}
	g.current = next
	go func() { // requests on the old pipeline may still call its plugins
		<-drained
		if err := old.closeSources(context.WithoutCancel(ctx)); err != nil {
			g.log.Warn("closing the plugins of the former configuration", "err", err)
		}
	}()
	return nil
}

// fixed refuses changes that a running gateway cannot take.
func (g *Gateway) fixed(next *config.Config) error {
	now := g.current.cfg
	var fs config.Faults
	restart := func(changed bool, path ...any) {
		if changed {
			fs = append(fs, next.Fault("this cannot change while the gateway runs", "restart it, or set it back", path...))
		}
	}
	restart(next.Server != now.Server, "server")
	restart(next.Queue != now.Queue, "queue")
	restart(next.Plugins != now.Plugins, "plugins")
	if fs != nil {
		return fs
	}
	return nil
}

// ReloadLogged reloads and says in the log and on the feed how it went.
func (g *Gateway) ReloadLogged(ctx context.Context) {
	note := feed.Note{Kind: feed.Plugin, Time: time.Now(), Result: "reloaded"}
	if err := g.Reload(ctx); err != nil {
		var faults config.Faults
		if !errors.As(err, &faults) {
			faults = config.Faults{{What: err.Error(), Do: "see the log"}}
		}
		note.Result, note.Reason = "reload refused, what runs goes on", faults.Error()
		g.log.Error("reload refused; what runs goes on", "err", err)
	} else {
		g.log.Info("reloaded")
	}
	g.feed.Publish(note)
}
