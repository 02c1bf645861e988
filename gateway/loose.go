package gateway

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/feed"
)

// lookAt checks and compiles plugin files that came or changed and that nothing names yet: whoever dropped one in learns
// at once whether it would do, and the reload that names it need not wait for a compiler.
func (g *Gateway) lookAt(ctx context.Context, files map[string]bool) {
	for file := range files {
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		g.mu.Lock()
		used := g.current.plugins.has(name)
		delete(g.loose, name)
		dir := g.current.cfg.Plugins.Dir
		g.mu.Unlock()
		if used {
			continue
		}
		c, err := readPlugin(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		info, note := admin.PluginInfo{Name: name, Functions: []string{}}, feed.Note{Kind: feed.Plugin, Time: time.Now(), Plugin: name}
		var v *volume
		if err == nil {
			v, err = g.assembler.library.borrow(ctx, name, c)
		}
		if err != nil {
			info.Refused = &admin.Refusal{Hash: c.hash, Reason: err.Error(), At: note.Time}
			note.Result, note.Reason = "refused; nothing names it", err.Error()
			g.log.Error("plugin refused; nothing names it", "plugin", name, "hash", c.hash, "err", err)
		} else {
			info = pluginInfo(v)
			note.Result = "ready; nothing names it yet"
			g.log.Info("plugin ready; nothing names it yet", "plugin", name, "hash", c.hash)
			if err := g.assembler.library.back(ctx, v); err != nil {
				g.log.Warn("letting go of a plugin", "plugin", name, "err", err)
			}
		}
		g.mu.Lock()
		if !g.current.plugins.has(name) {
			g.loose[name] = info
		}
		g.mu.Unlock()
		g.feed.Publish(note)
	}
}
