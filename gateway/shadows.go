package gateway

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/shadow"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/queue"
)

// tallies are what comparisons came to, over reloads: a tally goes on while the same two are compared at the same place. It is safe for concurrent use.
type tallies struct {
	mu    sync.Mutex
	place map[string]*tallied // by route and destination
}

type tallied struct {
	pair  [sha256.Size]byte // of the files with their configurations
	tally *shadow.Tally
}

func (t *tallies) of(m *metrics.Set, route, destination string, pair [sha256.Size]byte) *shadow.Tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := route + "\n" + destination
	if now := t.place[key]; now != nil && now.pair == pair {
		return now.tally
	}
	if t.place == nil {
		t.place = map[string]*tallied{}
	}
	t.place[key] = &tallied{pair, shadow.NewTally(m, route, destination)}
	return t.place[key].tally
}

// shadow makes the candidate of a route for one of its destinations. It reads what the plugin in force remembers; what it
// writes itself is dropped.
func (a *assembly) shadow(ctx context.Context, d *config.Destination, inForce wasm.Plugin, r *config.Route) (*shadow.Shadow, error) {
	at := []any{"routes", r.Index, "shadow", "plugin"}
	if d.Plugin == "" {
		return nil, a.cfg.Fault(fmt.Sprintf("destination %q has no plugin that a candidate could be compared with", d.Name), "leave out shadow, or name a plugin there", at...)
	}
	p := &place{name: r.Shadow.Plugin, settings: r.Shadow.Config, vault: r.Shadow.Vault, must: wasm.Format, path: at, owner: queue.Owner("destinations", d.Name, d.Plugin)}
	if p.settings.JSON == nil {
		p.settings, p.vault = d.Config, d.Vault
	}
	made, err := a.plugins.use(ctx, p)
	if err != nil {
		return nil, err
	}
	pair := fmt.Sprintln(inForce.Hash(), made.Hash(), d.Vault.Reveal(string(d.Config.JSON), nil), p.vault.Reveal(string(p.settings.JSON), nil))
	tally := a.tallies.of(a.metrics, r.Name, d.Name, sha256.Sum256([]byte(pair))) // a hash, for the secrets in it
	return shadow.New(made, tally, func(s string) string { return p.vault.Redact(d.Vault.Redact(s)) }), nil
}

// shadowed are the destination's candidates as an attempt sees them.
func (d *destination) shadowed() map[string]deliver.Shadow {
	out := map[string]deliver.Shadow{}
	for route, s := range d.shadows {
		out[route] = s
	}
	return out
}

// shadowInfo is what the API shows of candidates.
func (a *assembly) shadowInfo() []admin.ShadowInfo {
	var list []admin.ShadowInfo
	for _, r := range a.cfg.Routes {
		for _, name := range r.To {
			d := a.destinations[name]
			s := d.shadows[r.Name]
			if s == nil {
				continue
			}
			counts, seen := s.Tally().Counts()
			list = append(list, admin.ShadowInfo{
				Route: r.Name, Destination: name, Since: s.Tally().Since, Calls: counts, Differences: seen,
				InForce:   admin.PluginRef{Name: d.plugin.Name(), Hash: d.plugin.Hash()},
				Candidate: admin.PluginRef{Name: s.Candidate().Name(), Hash: s.Candidate().Hash()},
			})
		}
	}
	return list
}
