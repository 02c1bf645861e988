package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/table"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// pluginSet is the plugins of one configuration. A file is read once for each name; each use has a pool of instances of its
// own, because each has its own configuration.
type pluginSet struct {
	library *library
	cfg     *config.Config
	tables  table.Set
	recall  *recall
	before  *pluginSet          // of the configuration in force, whose plugins go on where a new file is refused; nil: none
	pinned  map[string]*refusal // plugins that go on as before: their files have been tried and refused
	refused map[string]*refusal // found while this set is made
	borrows map[string]*volume
	uses    map[string][]string // by plugin: "sources.zendesk"
}

// refusal is why a plugin's file is not in use.
type refusal struct {
	Hash   string // "": there is no file, or it cannot be read
	Reason string
	At     time.Time
}

// same says whether a refusal repeats another one.
func (r *refusal) same(other *refusal) bool {
	return r != nil && other != nil && r.Hash == other.Hash && r.Reason == other.Reason
}

func (w *assembler) pluginSet(cfg *config.Config, tables table.Set, before *pluginSet, pinned map[string]*refusal) *pluginSet {
	return &pluginSet{library: w.library, cfg: cfg, tables: tables, recall: w.recall, before: before, pinned: pinned,
		refused: map[string]*refusal{}, borrows: map[string]*volume{}, uses: map[string][]string{}}
}

// place is where a configuration uses a plugin.
type place struct {
	name     string // of the plugin
	settings config.Settings
	vault    *secret.Vault
	must     wasm.Function
	path     []any  // of the setting that names it
	owner    string // of what it remembers
	made     making
}

// making is how parts of a destination are made: one of the file, or one of thousands of endpoints.
type making struct {
	dev   bool           // the demo may be reached
	of    *config.Config // that it stands in; nil: the file
	lazy  bool           // few of its kind are busy
	tried string         // plugins that have taken their configurations, as pluginSet.label writes them
}

// config is the path of what the plugin is configured with.
func (p *place) config(inner ...any) []any {
	return append(append(slices.Clone(p.path[:len(p.path)-1]), "config"), inner...)
}

// use makes the plugin of one place in the configuration: it is compiled, holds its manifest's word, takes its
// configuration, and its init agrees. What is wrong is a config.Fault or config.Faults there.
func (s *pluginSet) use(ctx context.Context, p *place) (wasm.Plugin, error) {
	v, hash, err := s.volume(ctx, p.name)
	if err == nil {
		var made wasm.Plugin
		if made, err = s.start(ctx, p, v); err == nil {
			s.used(p)
			return made, nil
		}
	}
	err = s.fault(p, err)
	if old := s.old(p.name); old != nil && s.pinned[p.name] == nil && old.module.Hash() != hash {
		s.refused[p.name] = &refusal{Hash: hash, Reason: reasons(err), At: time.Now()}
	}
	return nil, err
}

// used notes who uses a plugin; endpoints, of which there may be thousands, as one.
func (s *pluginSet) used(p *place) {
	by := fmt.Sprintf("%v.%v", p.path[0], p.path[1])
	if p.made.of != nil {
		by = "endpoints"
	}
	if !slices.Contains(s.uses[p.name], by) {
		s.uses[p.name] = append(s.uses[p.name], by)
	}
}

// blame is the configuration that says where something stands.
func (s *pluginSet) blame(p *place) *config.Config {
	if p.made.of != nil {
		return p.made.of
	}
	return s.cfg
}

// label names a plugin with its file, for making.tried.
func label(name, hash string) string { return name + "@" + hash + ";" }

// old is the plugin of that name that runs; nil when there is none.
func (s *pluginSet) old(name string) *volume {
	if s.before == nil {
		return nil
	}
	return s.before.borrows[name]
}

// has says whether a plugin of that name runs, whatever has become of its file.
func (s *pluginSet) has(name string) bool { return s != nil && s.borrows[name] != nil }

// volume finds the module of a name, once: the one that runs where its file has been refused, else the file's.
func (s *pluginSet) volume(ctx context.Context, name string) (v *volume, hash string, err error) {
	if v := s.borrows[name]; v != nil {
		return v, v.module.Hash(), nil
	}
	if s.pinned[name] != nil {
		v = s.library.share(s.old(name))
	} else {
		var c content
		if c, err = readPlugin(s.cfg.Plugins.Dir, name); err != nil {
			return nil, "", err
		}
		if v, err = s.library.borrow(ctx, name, c); err != nil {
			return nil, c.hash, err
		}
	}
	s.borrows[name] = v
	return v, v.module.Hash(), nil
}

// start makes a plugin of its module, with what the place grants it.
func (s *pluginSet) start(ctx context.Context, p *place, v *volume) (wasm.Plugin, error) {
	if !v.module.Functions().Has(p.must) {
		return nil, s.blame(p).Fault(fmt.Sprintf("plugin %q has no function %s", p.name, p.must),
			fmt.Sprintf("name one that has it; this one has %s", strings.Join(v.module.Functions().Names(), ", ")), p.path...)
	}
	if err := s.described(p, v); err != nil {
		return nil, err
	}
	return s.library.lend(ctx, v, wasm.PluginOptions{Config: p.settings.JSON, Tables: s.tables, State: s.recall.of(p.owner),
		Signer: newSigner(p.vault, p.settings.Grants), Lazy: p.made.lazy, Tried: strings.Contains(p.made.tried, label(p.name, v.module.Hash()))})
}

// described holds the configuration against what the plugin's manifest asks for.
func (s *pluginSet) described(p *place, v *volume) error {
	if v.manifest == nil {
		return nil
	}
	var fs config.Faults
	for _, f := range v.manifest.Check(p.settings.JSON) {
		fs = append(fs, s.blame(p).Fault(fmt.Sprintf("plugin %q: %s", p.name, f.What), f.Do, p.config(f.Path...)...))
	}
	for _, name := range v.manifest.Lookup {
		if s.tables[name] == nil {
			fs = append(fs, s.blame(p).Fault(fmt.Sprintf("plugin %q looks things up in a table %q, which is not there", p.name, name),
				fmt.Sprintf(`write [tables.%s] and file = "%s.csv"`, name, name), p.path...))
		}
	}
	if fs != nil {
		return fs
	}
	return nil
}

// fault places what is wrong with a plugin, unless it is placed already. What a plugin says may hold placeholders.
func (s *pluginSet) fault(p *place, err error) error {
	var one config.Fault
	var many config.Faults
	if errors.As(err, &one) || errors.As(err, &many) {
		return err
	}
	var refused *wasm.Error
	if p.made.of != nil { // whoever set up an endpoint knows nothing of files here
		switch {
		case errors.As(err, &refused):
			return s.blame(p).Fault(fmt.Sprintf("plugin %q refuses it: %s", p.name, p.vault.Redact(refused.Reason)), "correct its config", p.config()...)
		case errors.Is(err, fs.ErrNotExist):
			return s.blame(p).Fault(fmt.Sprintf("there is no plugin %q", p.name), "name one that there is", p.path...)
		}
		return s.blame(p).Fault(fmt.Sprintf("plugin %q cannot be read", p.name), "see the gateway's log", p.path...)
	}
	file := filepath.Join(s.cfg.Plugins.Dir, p.name+".wasm")
	if errors.Is(err, fs.ErrNotExist) {
		return s.blame(p).Fault("there is no "+file, "build it with plugboard plugin build "+filepath.Join(s.cfg.Plugins.Dir, p.name), p.path...)
	}
	if errors.As(err, &refused) {
		return s.blame(p).Fault(fmt.Sprintf("plugin %q is refused: %s", p.name, p.vault.Redact(refused.Reason)), "correct its configuration, or replace "+file, p.path...)
	}
	return s.blame(p).Fault(fmt.Sprintf("plugin %q cannot be read: %v", p.name, err), "make "+file+" readable for this user", p.path...)
}

// reasons is what faults say, without their places: they are the plugin's, not the configuration's.
func reasons(err error) string {
	var list faultList
	list.add(err)
	var out []string
	for _, f := range list.faults {
		out = append(out, f.What)
	}
	if out == nil {
		return err.Error()
	}
	return strings.Join(out, "; ")
}

// close gives the modules back, once. The plugins made of them may live on, and the set may still be looked at.
func (s *pluginSet) close(ctx context.Context) error {
	var errs []error
	for _, v := range s.borrows {
		errs = append(errs, s.library.back(ctx, v))
	}
	return errors.Join(errs...)
}

func (s *pluginSet) info() []admin.PluginInfo {
	var list []admin.PluginInfo
	for _, name := range slices.Sorted(maps.Keys(s.borrows)) {
		v := s.borrows[name]
		i := pluginInfo(v)
		i.UsedBy = s.uses[name]
		if r := s.pinned[name]; r != nil {
			i.Refused = &admin.Refusal{Hash: r.Hash, Reason: r.Reason, At: r.At}
		}
		list = append(list, i)
	}
	return list
}

func pluginInfo(v *volume) admin.PluginInfo {
	i := admin.PluginInfo{Name: v.module.Name(), Hash: v.module.Hash(), Functions: v.module.Functions().Names()}
	if m := v.manifest; m != nil {
		i.Version, i.Vendor, i.Description = m.Version, m.Vendor, m.Description
	}
	return i
}
