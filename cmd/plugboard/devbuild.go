package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sync/errgroup"

	"github.com/plugboard/plugboard/gateway/toolchain"
)

// buildAll builds every plugin found as source, two at a time: the first build of a new machine compiles Go's library
// for WebAssembly and takes a minute or two.
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
		g.Go(func() error { return d.build(ctx, folder, dir) })
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

// watch builds a plugin again when its source changes; the gateway sees the new file and takes it into use.
func (d *dev) watch(ctx context.Context, dir string) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		d.line("changes of plugin sources are not seen: %v", err)
		return
	}
	defer w.Close() //nolint:errcheck // the process ends with it
	folders, err := toolchain.Sources(dir)
	if err != nil {
		d.line("changes of plugin sources are not seen: %v", err)
		return
	}
	for _, folder := range folders {
		if err := w.Add(folder); err != nil {
			d.line("changes of %s are not seen: %v", folder, err)
		}
	}
	changed := map[string]bool{}
	quiet := time.NewTimer(settle)
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-w.Events:
			if name := filepath.Base(ev.Name); !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, "~") {
				changed[filepath.Dir(ev.Name)] = true
				quiet.Reset(settle)
			}
		case <-quiet.C:
			for folder := range changed {
				if err := d.build(ctx, folder, dir); err != nil {
					d.line("%v", err)
				}
			}
			clear(changed)
		}
	}
}
