package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sync/errgroup"

	"github.com/plugboard/plugboard/gateway/toolchain"
)

// buildAll builds every plugin found as source, two at a time: the first build of a new machine compiles Go's library
// for WebAssembly and takes a minute or two. One that does not build, for a mistake or a missing compiler, is said and
// passed over: what was built of it before goes on, and without that the configuration's check says so.
func (d *dev) buildAll(ctx context.Context, dir string) error {
	folders, err := toolchain.Sources(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("[plugins] dir: %w; make the folder or change the setting", err)
	}
	if err != nil {
		return err
	}
	if len(folders) > 0 {
		d.line("building %d plugins from source (the first time takes a minute)", len(folders))
	}
	var g errgroup.Group
	g.SetLimit(2)
	for _, folder := range folders {
		g.Go(func() error {
			if err := d.build(ctx, folder, dir); err != nil {
				d.line("%v", err)
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

func (d *dev) build(ctx context.Context, folder, dir string) error {
	start := time.Now()
	file, changed, err := toolchain.Build(ctx, folder, dir)
	if err != nil {
		return err
	}
	what := "up to date"
	if changed {
		what = "built"
	}
	d.line("  %s  %s in %.1f s", file, what, time.Since(start).Seconds())
	return nil
}

// settle is how long a folder must be quiet before it is built: editors write a file in several steps.
const settle = 200 * time.Millisecond

// watch builds a plugin when its source changes, or appears; the gateway sees the new file and takes it into use. It
// calls begun when nothing escapes it any more.
func (d *dev) watch(ctx context.Context, dir string, begun func()) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		d.line("changes of plugin sources are not seen: %v", err)
		return
	}
	defer w.Close() //nolint:errcheck // the process ends with it
	d.watchTree(w, dir)
	begun()
	changed := map[string]bool{}
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-w.Events:
			if info, err := os.Stat(ev.Name); err == nil && info.IsDir() {
				d.watchTree(w, ev.Name)
			}
			if folder := pluginOf(dir, ev.Name); folder != "" {
				changed[folder] = true
				quiet.Reset(settle)
			}
		case err := <-w.Errors:
			d.line("watching plugin sources: %v", err)
		case <-quiet.C:
			for folder := range changed {
				if err := d.build(ctx, folder, dir); err != nil && !errors.Is(err, toolchain.ErrNoSource) {
					d.line("%v", err)
				}
			}
			clear(changed)
		}
	}
}

// unwatched are folders in which nothing that a plugin is built from is written by hand.
var unwatched = []string{"testdata", "node_modules", "vendor", "plugboard", "target"}

// watchTree watches a folder and those below it: languages keep their sources in src, assembly and the like.
func (d *dev) watchTree(w *fsnotify.Watcher, root string) {
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || !e.IsDir():
			return err
		case path != root && (strings.HasPrefix(e.Name(), ".") || slices.Contains(unwatched, e.Name())):
			return filepath.SkipDir
		}
		return w.Add(path)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.line("changes in %s are not seen: %v", root, err)
	}
}

// pluginOf is the plugin's folder that a file belongs to; "" for files of none, and those that editors leave behind.
func pluginOf(dir, file string) string {
	rel, err := filepath.Rel(dir, file)
	base := filepath.Base(file)
	if err != nil || !filepath.IsLocal(rel) || rel == "." || strings.HasPrefix(base, ".") || strings.HasSuffix(base, "~") {
		return ""
	}
	first, _, below := strings.Cut(filepath.ToSlash(rel), "/")
	folder := filepath.Join(dir, first)
	if !below {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return ""
		}
	}
	return folder
}
