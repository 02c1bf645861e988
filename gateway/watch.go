package gateway

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long files must be quiet before they are read: an editor writes in several steps, and a copy of a
// plugin takes a moment.
const settle = 300 * time.Millisecond

// watch reloads when the configuration file or a plugin changes, until ctx is done. Folders are watched, not files: an
// editor replaces a file, and a watch on it would stay with the old one.
func (g *Gateway) watch(ctx context.Context, pluginDir string) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		g.log.Warn("changes of files are not seen; send SIGHUP instead", "err", err)
		return
	}
	defer w.Close() //nolint:errcheck // nothing is lost with it
	for _, dir := range []string{filepath.Dir(g.opts.ConfigFile), pluginDir} {
		if err := w.Add(dir); err != nil {
			g.log.Warn("changes are not seen; send SIGHUP instead", "folder", dir, "err", err)
		}
	}
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-w.Events:
			if g.concerns(ev.Name) {
				quiet.Reset(settle)
			}
		case err := <-w.Errors:
			g.log.Warn("watching files", "err", err)
		case <-quiet.C:
			g.ReloadLogged(ctx)
		}
	}
}

// concerns says whether a changed file is one that a configuration is made of.
func (g *Gateway) concerns(file string) bool {
	name := filepath.Base(file)
	if strings.HasPrefix(name, ".") {
		return false // a build in progress
	}
	return name == filepath.Base(g.opts.ConfigFile) || filepath.Ext(name) == ".wasm"
}
