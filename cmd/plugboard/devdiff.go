package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/plugintool"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// differ shows what a changed plugin makes of the last request or event that the one before it was given. It runs both,
// beside the gateway: nothing of that is stored or sent.
type differ struct {
	file  string // the configuration's
	store queue.Inspector
	line  func(format string, args ...any)

	mu        sync.Mutex
	code      map[string]*plugintool.Subject // the plugins' files, as they were last seen
	received  map[string]string              // the last event of each source
	delivered map[string]string              // the last event that was tried to be sent to each destination
}

func newDiffer(file string, store queue.Inspector, line func(string, ...any)) *differ {
	return &differ{file: file, store: store, line: line, code: map[string]*plugintool.Subject{}, received: map[string]string{}, delivered: map[string]string{}}
}

// remember reads the plugins as they are now.
func (d *differ) remember(dir string) {
	for _, ending := range wasm.Extensions {
		files, _ := filepath.Glob(filepath.Join(dir, "*"+ending)) // a pattern without a fault
		for _, file := range files {
			if s, err := plugintool.Open(context.Background(), file); err == nil {
				d.code[s.Name] = s
			}
		}
	}
}

// note takes up what the gateway tells.
func (d *differ) note(ctx context.Context, n feed.Note) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case n.Kind == feed.Accepted && n.Event != "":
		d.received[n.Source] = n.Event
	case n.Kind == feed.Attempt && n.Destination != "":
		d.delivered[n.Destination] = strings.TrimSuffix(n.Delivery, "/"+n.Destination)
	case n.Kind == feed.Plugin && n.Plugin != "" && n.Result == "loaded":
		go d.changed(ctx, n.Plugin)
	}
}

// changed shows what is different since a plugin's file was read last.
func (d *differ) changed(ctx context.Context, name string) {
	d.mu.Lock() // one at a time
	defer d.mu.Unlock()
	cfg, err := config.Load(d.file, config.Options{Lenient: true})
	if err != nil {
		return // the gateway says so
	}
	before := d.code[name]
	var now *plugintool.Subject
	for _, ending := range slices.Backward(wasm.Extensions) {
		if s, err := plugintool.Open(ctx, filepath.Join(cfg.Plugins.Dir, name+ending)); err == nil {
			now = s
		}
	}
	if d.code[name] = now; before == nil || now == nil {
		return
	}
	host, err := wasm.NewHost(ctx, wasm.HostOptions{CacheDir: cfg.Plugins.Cache, Limits: wasm.Limits{Memory: cfg.Plugins.Memory, Deadline: cfg.Plugins.Deadline}})
	if err != nil {
		d.line("%snothing to compare with: %v", margin, err)
		return
	}
	defer host.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	for _, c := range d.calls(ctx, cfg, name) {
		text, err := plugintool.Compare(ctx, host, before, now, c.Call)
		switch {
		case err != nil:
			text = err.Error()
		case text == "":
			text = "makes the same as before"
		}
		d.line("%s           %s, %s %s:", margin, name, c.Function, c.of)
		d.line("%s           %s", margin, strings.ReplaceAll(c.vault(text), "\n", "\n"+margin+"           "))
	}
}

// comparison is a call to make twice.
type comparison struct {
	plugintool.Call
	of    string
	vault func(string) string // strikes secrets out
}

// calls are what a plugin was last called for, wherever the configuration names it.
func (d *differ) calls(ctx context.Context, cfg *config.Config, name string) (list []comparison) {
	for _, s := range cfg.Sources {
		if s.Plugin != name {
			continue
		}
		if e, err := d.store.Event(ctx, d.received[s.Name]); err == nil {
			if raw, err := event.DecodeRaw(e.Event.Raw); err == nil {
				list = append(list, comparison{requestCall(s, &raw, e.Event.Received), "of the last request to " + s.Name, func(text string) string { return text }})
			}
		}
	}
	for _, to := range cfg.Destinations {
		if to.Plugin != name {
			continue
		}
		if e, err := d.store.Event(ctx, d.delivered[to.Name]); err == nil {
			list = append(list, comparison{formatCall(to, &e.Event), "of the last event for " + to.Name, to.Vault.Redact})
		}
	}
	return list
}

func requestCall(s *config.Source, raw *event.Raw, received time.Time) plugintool.Call {
	known := map[string]string{"source": s.Name, "method": raw.Method, "path": raw.Path, "query": raw.Query,
		"remote_addr": raw.RemoteAddr, "received_at": received.UTC().Format(time.RFC3339Nano)}
	for _, h := range raw.Headers {
		known["header."+h.Name] = h.Value
	}
	if raw.ContentType != "" {
		known["header.content-type"] = raw.ContentType
	}
	return plugintool.Call{Function: wasm.Receive, Config: s.Config.JSON, Facts: known, Body: raw.Body}
}

func formatCall(to *config.Destination, e *queue.Event) plugintool.Call {
	return plugintool.Call{Function: wasm.Format, Config: to.Config.JSON, Body: e.Body, Facts: map[string]string{
		"source": e.Source, "destination": to.Name, "attempt": "1", "received_at": e.Received.UTC().Format(time.RFC3339Nano)}}
}
