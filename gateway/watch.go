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
	reload, tables, plugins := false, map[string]bool{}, map[string]bool{}
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-w.Events:
			switch g.concerns(ev.Name) {
			case nobody:
				continue
			case aTable:
				tables[filepath.Clean(ev.Name)] = true
			case aPlugin:
				plugins[ev.Name] = true
				reload = true
			case all:
				reload = true
			}
			quiet.Reset(settle)
		case err := <-w.Errors:
			g.log.Warn("watching files", "err", err)
		case <-quiet.C:
			if reload { // tables with it
				g.ReloadLogged(ctx)
				add(g.tableFolders()...)
				g.lookAt(ctx, plugins)
			} else {
				g.mu.Lock()
				g.refreshTables(func(file string) bool { return tables[filepath.Clean(file)] })
				g.mu.Unlock()
			}
			reload = false
			clear(tables)
			clear(plugins)
		}
	}
}

// concern is whom a changed file concerns.
type concern uint8

const (
	nobody concern = iota
	all            // the configuration
	aPlugin
	aTable
)

func (g *Gateway) concerns(file string) concern {
	name := filepath.Base(file)
	ending := strings.ToLower(filepath.Ext(name))
	switch {
	case name == filepath.Base(g.opts.ConfigFile), name == "..data": // how Kubernetes replaces all that is mounted in a folder
		return all
	case strings.HasPrefix(name, "."):
		return nobody // a build in progress
	case slices.Contains(wasm.Extensions, ending):
		return aPlugin
	case ending == ".csv", ending == ".json":
		return aTable
	}
	return nobody
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
