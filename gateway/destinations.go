package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/echo"
	"github.com/plugboard/plugboard/gateway/retry"
	"github.com/plugboard/plugboard/gateway/shadow"
	"github.com/plugboard/plugboard/gateway/table"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// destination is one destination as far as it is the same for sending and for a Trial. It owns its plugins.
type destination struct {
	cfg    *config.Destination
	plugin wasm.Plugin              // nil: none
	via    map[string][]wasm.Plugin // transforms, by route
	viaSet []config.Via             // what they were made from
	tables table.Set                // what its plugins look things up in

	shadows map[string]*shadow.Shadow // by route
	policy  retry.Policy
	net     *deliver.Network
	echo    *echo.Line    // nil: nothing reports from there
	window  time.Duration // of echo
}

// destination makes one destination; what is wrong with it is a Fault.
func (a *assembly) destination(ctx context.Context, d *config.Destination, m making) (*destination, error) {
	cfg := a.cfg
	if m.of != nil {
		cfg = m.of
	}
	at := func(key string) []any { return []any{"destinations", d.Name, key} }
	out := &destination{cfg: d, via: map[string][]wasm.Plugin{}, tables: a.tables, shadows: map[string]*shadow.Shadow{}}
	if out.window = a.cfg.EchoWindow(d); out.window > 0 {
		out.echo = a.echo.At(d.Name, d.Plugin, out.window)
	}
	var err error
	if d.Plugin != "" {
		if out.plugin, err = a.plugins.use(ctx, &place{name: d.Plugin, settings: d.Config, vault: d.Vault, must: wasm.Format, path: at("plugin"), owner: queue.Owner("destinations", d.Name, d.Plugin), made: m}); err != nil {
			return out, err
		}
	}
	if out.policy, err = retry.New(d.Retry, retry.Options{}); err != nil {
		return out, cfg.Fault(err.Error(), "see retry in the reference config.toml", at("retry")...)
	}
	o := deliver.NetworkOptions{}
	if m.dev {
		o.Dev = a.cfg.Server.Dev
	}
	if out.net, err = deliver.NewNetwork(d, o); err != nil {
		key := "url"
		if e := (*deliver.SettingError)(nil); errors.As(err, &e) {
			key = e.Key
		}
		return out, cfg.Fault(err.Error(), "see "+key+" in the reference config.toml", at(key)...)
	}
	for _, r := range cfg.Routes {
		if slices.Contains(r.To, d.Name) {
			if out.via[r.Name], err = a.transforms(ctx, d, r, m); err != nil {
				return out, err
			}
			out.viaSet = append(out.viaSet, r.Via...)
			if r.Shadow != nil {
				if out.shadows[r.Name], err = a.shadow(ctx, d, out.plugin, r); err != nil {
					delete(out.shadows, r.Name)
					return out, err
				}
				out.viaSet = append(out.viaSet, *r.Shadow)
			}
		}
	}
	return out, nil
}

// transforms makes a route's plugins, for a destination.
func (a *assembly) transforms(ctx context.Context, d *config.Destination, r *config.Route, m making) (chain []wasm.Plugin, err error) {
	for i, v := range r.Via {
		p, err := a.plugins.use(ctx, &place{name: v.Plugin, settings: v.Config, vault: v.Vault, must: wasm.Transform, path: []any{"routes", r.Index, "via", i, "plugin"},
			owner: queue.Owner("destinations", d.Name, v.Plugin), made: m})
		if err != nil {
			return chain, err
		}
		chain = append(chain, p)
	}
	return chain, nil
}

// lane is the destination as dispatch runs it.
func (d *destination) lane(log *slog.Logger) (dispatch.Lane, error) {
	to, err := d.attempter(d.net, d.echo, log, time.Now, d.shadowed())
	return dispatch.Lane{
		Destination: d.cfg.Name, Version: d.version(), Attempter: to, Policy: d.policy, Concurrency: d.cfg.Concurrency,
		Rate: d.cfg.Rate, SlowDown: d.cfg.SlowDown,
		Close: func() {
			if err := d.close(context.Background()); err != nil {
				log.Warn("closing the plugins of a destination", "destination", d.cfg.Name, "err", err)
			}
		},
	}, err
}

// attempter makes what attempts deliveries. line and shadows may be nil.
func (d *destination) attempter(x deliver.Exchanger, line *echo.Line, log *slog.Logger, now func() time.Time, shadows map[string]deliver.Shadow) (*deliver.Destination, error) {
	return deliver.New(deliver.Options{Config: d.cfg, Plugin: d.plugin, Via: d.via, Shadows: shadows, Exchanger: x, Echo: line, Log: log, Now: now})
}

func (d *destination) close(ctx context.Context) error {
	var errs []error
	for _, chain := range d.via {
		for _, p := range chain {
			errs = append(errs, p.Close(ctx))
		}
	}
	for _, s := range d.shadows {
		errs = append(errs, s.Close(ctx))
	}
	if d.plugin != nil {
		errs = append(errs, d.plugin.Close(ctx))
	}
	if d.net != nil {
		d.net.Close()
	}
	return errors.Join(errs...)
}

// version tells whether a reload changed anything about the destination: settings, secrets, plugins. Placeholders are
// new at each load, so it is made of what they stand for; the hash gives nothing of that away.
func (d *destination) version() string {
	h := sha256.New()
	c, v := d.cfg, d.cfg.Vault
	say := func(parts ...any) { fmt.Fprintln(h, parts...) } //nolint:errcheck // a hash takes everything
	say(c.Name, c.Plugin, v.Reveal(c.URL.Placeholder, nil), c.Timeout, c.Concurrency, c.Rate, c.SlowDown, c.OrderBy, c.Retry, c.Success, c.Permanent, c.RetryOn, c.AllowPrivate, c.AllowHTTP, d.window)
	say(v.Reveal(string(c.Config.JSON), nil))
	a := c.Auth
	say(a.Type, a.Token.Reveal(), a.Username, a.Password.Reveal(), a.Name, a.In, a.Value.Reveal(), a.TokenURL, a.ClientID, a.ClientSecret.Reveal(), a.Scope, a.ClientAuth, a.Audience)
	say(c.Sign.Scheme, c.Sign.Header, c.Sign.Algorithm, c.Sign.Encoding, c.Sign.Prefix, c.Sign.Signed, c.Sign.TimestampHeader, len(c.Sign.Secrets))
	for _, s := range c.Sign.Secrets {
		say(s.Reveal())
	}
	say(c.TLS.Cert, c.TLS.Key.Reveal(), c.TLS.CA, c.TLS.ServerName, c.Proxy.URL, c.Proxy.Username, c.Proxy.Password.Reveal(), c.Redirects, c.Compress)
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		say(name, v.Reveal(c.Headers[name].Placeholder, nil))
	}
	if d.plugin != nil {
		say(d.plugin.Hash())
	}
	for _, route := range slices.Sorted(maps.Keys(d.via)) {
		say(route, len(d.via[route]))
		for _, p := range d.via[route] {
			say(p.Hash())
		}
	}
	for _, route := range slices.Sorted(maps.Keys(d.shadows)) {
		say(route, d.shadows[route].Candidate().Hash())
	}
	for _, via := range d.viaSet {
		say(via.Plugin, string(via.Config.JSON))
	}
	for _, name := range slices.Sorted(maps.Keys(d.tables)) {
		say(name, d.tables[name].Options()) // of their rows nothing: those change in place
	}
	return hex.EncodeToString(h.Sum(nil))
}
