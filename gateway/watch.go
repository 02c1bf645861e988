package gateway

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/plugboard/plugboard/gateway/wasm"
)

// settle is how long files must be quiet before they are read: an editor writes in several steps, and a copy of a
// plugin takes a moment.
const settle = 300 * time.Millisecond

// watch reloads when the configuration file or a plugin changes, and a table when its file does, until ctx is done.
// Folders are watched, not files: an editor replaces a file, and a watch on it would stay with the old one.
func (g *Gateway) watch(ctx context.Context, pluginDir string) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		g.log.Warn("changes of files are not seen; send SIGHUP instead", "err", err)
		return
	}
	defer w.Close() //nolint:errcheck // nothing is lost with it
	add := func(dirs ...string) {
		for _, dir := range dirs {
			if err := w.Add(dir); err != nil {
				g.log.Warn("changes are not seen; send SIGHUP instead", "folder", dir, "err", err)
			}
		}
	}
	add(filepath.Dir(g.opts.ConfigFile), pluginDir)
	add(g.tableFolders()...)
	reload, tables := false, map[string]bool{}
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-w.Events:
			whole, table := g.concerns(ev.Name)
			if reload = reload || whole; table {
				tables[filepath.Clean(ev.Name)] = true
			}
			if whole || table {
				quiet.Reset(settle)
			}
		case err := <-w.Errors:
			g.log.Warn("watching files", "err", err)
		case <-quiet.C:
			if reload { // tables with it
				g.ReloadLogged(ctx)
				add(g.tableFolders()...)
			} else {
				g.mu.Lock()
				g.refreshTables(func(file string) bool { return tables[filepath.Clean(file)] })
				g.mu.Unlock()
			}
			reload = false
			clear(tables)
		}
	}
}

// concerns says whether a changed file is one that a configuration is made of, or a table.
func (g *Gateway) concerns(file string) (whole, table bool) {
	name := filepath.Base(file)
	if name == "..data" {
		return true, false // how Kubernetes replaces what is mounted
	}
	if strings.HasPrefix(name, ".") {
		return false, false // a build in progress
	}
	whole = name == filepath.Base(g.opts.ConfigFile) || slices.Contains(wasm.Extensions, filepath.Ext(name))
	return whole, slices.Contains([]string{".csv", ".json"}, strings.ToLower(filepath.Ext(name)))
}

// tableFolders are where the tables in use lie.
func (g *Gateway) tableFolders() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var dirs []string
	for _, t := range g.current.tables {
		dirs = append(dirs, filepath.Dir(t.Options().File))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
