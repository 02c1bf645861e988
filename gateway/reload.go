package gateway

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/feed"
)

// Reload builds everything anew from the file and the plugin folder, and takes it into use only when all of it stands;
// otherwise what runs goes on and the error (a config.Faults) says why. A plugin whose file is broken or gone keeps nothing
// else back: the one that runs goes on, if it takes the configuration, and the log and the API say why. Addresses, the queue
// and the limits of plugins stay as they were started: a change there needs a restart and is an error.
func (g *Gateway) Reload(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return errStopped
	}
	old := g.current
	cfg, err := config.Load(g.opts.ConfigFile, config.Options{Getenv: g.opts.Getenv, Running: old.plugins.has, Stored: g.storedNow})
	if err != nil {
		return err
	}
	if err := g.fixed(cfg); err != nil {
		return err
	}
	next, err := g.assembler.assemble(ctx, cfg, old)
	if err != nil {
		return err
	}
	g.keepTokens(ctx, next)
	drained := g.edge.Swap(next.pipeline)
	g.keepers.reload()
	if err := g.dispatch.Swap(next.lanes(g.follow(next))...); err != nil {
		return err
	}
	g.routes.Store(next.routes)
	g.current = next
	g.disableAfter.Store(int64(cfg.Endpoints.DisableAfter))
	g.noteTried(ctx, old)
	maps.DeleteFunc(g.loose, func(name string, _ admin.PluginInfo) bool { return next.plugins.has(name) })
	g.tellPlugins(old.plugins, next.plugins)
	g.refreshTables(func(string) bool { return true })
	go func() { // requests on the old pipeline may still call its plugins
		<-drained
		ctx := context.WithoutCancel(ctx)
		if err := errors.Join(old.closeSources(ctx), old.plugins.close(ctx)); err != nil {
			g.log.Warn("closing the plugins of the former configuration", "err", err)
		}
	}()
	return nil
}

// tellPlugins says in the log and on the feed which plugins were replaced, and which were refused for a new reason.
func (g *Gateway) tellPlugins(before, now *pluginSet) {
	for _, name := range slices.Sorted(maps.Keys(now.borrows)) {
		hash := now.borrows[name].module.Hash()
		note := feed.Note{Kind: feed.Plugin, Time: time.Now(), Plugin: name}
		switch r := now.pinned[name]; {
		case r != nil && r.same(before.pinned[name]):
			continue
		case r != nil:
			note.Result, note.Reason = "refused, the one before goes on", r.Reason
			g.log.Error("plugin refused; the one before goes on", "plugin", name, "hash", r.Hash, "running", hash, "err", r.Reason)
		case before.has(name) && before.borrows[name].module.Hash() == hash:
			continue
		default:
			note.Result = "loaded"
			g.log.Info("plugin loaded", "plugin", name, "hash", hash)
		}
		g.feed.Publish(note)
	}
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
	restart(!reflect.DeepEqual(next.Server, now.Server), "server")
	restart(next.Queue != now.Queue, "queue")
	restart(next.Plugins != now.Plugins, "plugins")
	if fs != nil {
		return fs
	}
	return nil
}

// ReloadLogged reloads and says in the log and on the feed how it went.
func (g *Gateway) ReloadLogged(ctx context.Context) { _ = g.reloadTold(ctx) }

func (g *Gateway) reloadTold(ctx context.Context) error {
	note := feed.Note{Kind: feed.Plugin, Time: time.Now(), Result: "reloaded"}
	err := g.Reload(ctx)
	if err != nil {
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
	return err
}
