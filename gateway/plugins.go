package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/wasm"
)

// pluginSet is the modules of one configuration. A module is compiled once for each name; each use has a pool of its
// own, because each has its own configuration.
type pluginSet struct {
	host    *wasm.Host
	cfg     *config.Config
	modules map[string]*wasm.Module
}

// use makes the plugin of one place in the configuration, named by path, which must have the function. What is wrong is
// a Fault at that place.
func (s *pluginSet) use(ctx context.Context, name string, settings config.Settings, must wasm.Function, path ...any) (wasm.Plugin, error) {
	m, err := s.module(ctx, name)
	if err != nil {
		return nil, s.fault(name, err, path)
	}
	if !m.Functions().Has(must) {
		return nil, s.cfg.Fault(fmt.Sprintf("plugin %q has no function %s", name, must),
			fmt.Sprintf("name one that has it; this one has %s", strings.Join(functionNames(m.Functions()), ", ")), path...)
	}
	p, err := m.New(ctx, wasm.PluginOptions{Config: settings.JSON})
	if err != nil {
		return nil, s.fault(name, err, path)
	}
	return p, nil
}

// module reads and compiles NAME.wasm, once.
func (s *pluginSet) module(ctx context.Context, name string) (*wasm.Module, error) {
	if m, ok := s.modules[name]; ok {
		return m, nil
	}
	dir, err := os.OpenRoot(s.cfg.Plugins.Dir) // a name cannot lead out of the folder, nor can a link in it
	if err != nil {
		return nil, err
	}
	code, err := dir.ReadFile(name + ".wasm")
	if err = errors.Join(err, dir.Close()); err != nil {
		return nil, err
	}
	m, err := s.host.Load(ctx, name, code)
	if err != nil {
		return nil, err
	}
	s.modules[name] = m
	return m, nil
}

func (s *pluginSet) fault(name string, err error, path []any) config.Fault {
	file := filepath.Join(s.cfg.Plugins.Dir, name+".wasm")
	if errors.Is(err, fs.ErrNotExist) {
		return s.cfg.Fault("there is no "+file, "build it with plugboard plugin build "+filepath.Join(s.cfg.Plugins.Dir, name), path...)
	}
	var refused *wasm.Error
	if errors.As(err, &refused) {
		return s.cfg.Fault(fmt.Sprintf("plugin %q is refused: %s", name, refused.Reason), "correct its configuration, or replace "+file, path...)
	}
	return s.cfg.Fault(fmt.Sprintf("plugin %q cannot be read: %v", name, err), "make "+file+" readable for this user", path...)
}

func (s *pluginSet) info() []admin.PluginInfo {
	var list []admin.PluginInfo
	for name, m := range s.modules {
		list = append(list, admin.PluginInfo{Name: name, Hash: m.Hash(), Functions: functionNames(m.Functions())})
	}
	slices.SortFunc(list, func(a, b admin.PluginInfo) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func functionNames(set wasm.FunctionSet) []string {
	var names []string
	for _, f := range []wasm.Function{wasm.Receive, wasm.Transform, wasm.Format, wasm.Judge} {
		if set.Has(f) {
			names = append(names, f.String())
		}
	}
	return names
}
