package toolchain_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/plugboard/plugboard/gateway/toolchain"
	"github.com/plugboard/plugboard/gateway/wasm"
)

func openHost(t testing.TB, limits wasm.Limits) *wasm.Host {
	t.Helper()
	dir, err := os.UserCacheDir() // kept from run to run: the race detector makes compiling ten times slower
	if err != nil {
		dir = t.TempDir()
	}
	host, err := wasm.NewHost(t.Context(), wasm.HostOptions{CacheDir: filepath.Join(dir, "plugboard", "compiled"), Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return host
}

// compile builds a plugin of its folder, or takes a script as it is; a compiler that is missing skips, by name.
func compile(t testing.TB, host *wasm.Host, path string) *wasm.Module {
	t.Helper()
	file := path
	if filepath.Ext(path) != ".js" {
		var err error
		if file, _, err = toolchain.Build(t.Context(), path, t.TempDir()); errors.Is(err, toolchain.ErrNoCompiler) {
			t.Skip(err)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := host.LoadFile(t.Context(), file, code)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// open makes a plugin with so many instances, all of them ready.
func open(t testing.TB, m *wasm.Module, config string, instances int) wasm.Plugin {
	t.Helper()
	p, err := m.New(t.Context(), wasm.PluginOptions{Config: []byte(config), Instances: instances, Ready: instances})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}
