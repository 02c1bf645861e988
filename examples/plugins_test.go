package examples_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/plugboard/plugboard/gateway/plugintool"
	"github.com/plugboard/plugboard/gateway/toolchain"
	"github.com/plugboard/plugboard/gateway/wasm"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// TestPluginsPassTheirCases plays cases on modules, in the gateway's own host: every language's the shared ones, the
// plugins of other kinds their own.
func TestPluginsPassTheirCases(t *testing.T) {
	cases, err := os.ReadDir("plugins/cases")
	if err != nil {
		t.Fatal(err)
	}
	host, err := plugintool.NewHost(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // when the parallel tests are over
		if err := host.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	own, err := filepath.Glob("plugins/*/*/testdata")
	if err != nil || len(own) == 0 {
		t.Fatal("no plugin has cases of its own", err)
	}
	for _, dir := range own {
		folder := filepath.Dir(dir)
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			if l, err := toolchain.Detect(folder); err != nil {
				t.Fatal(err)
			} else if err := l.Ready(); err != nil {
				t.Skip(err)
			}
			playCases(t, host, folder, dir)
		})
	}
	for _, c := range cases {
		plugins, err := filepath.Glob("plugins/*/" + c.Name() + "*") // a folder, or a script
		if err != nil {
			t.Fatal(err)
		}
		for _, plugin := range plugins {
			if filepath.Dir(plugin) == "plugins/cases" {
				continue
			}
			t.Run(plugin, func(t *testing.T) {
				t.Parallel()
				if l, err := toolchain.Detect(plugin); err == nil {
					if err := l.Ready(); err != nil {
						t.Skip(err)
					}
				}
				playCases(t, host, plugin, filepath.Join("plugins/cases", c.Name()))
			})
		}
	}
}

func playCases(t *testing.T, host *wasm.Host, folder, dir string) {
	t.Helper()
	s, err := plugintool.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	m, err := host.LoadFile(t.Context(), s.File, s.Code)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close(context.Background()) //nolint:errcheck // the host's Close says it too
	cases, err := casefile.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if o := plugintool.Test(t.Context(), m, c, false); o.Fault != "" {
			t.Errorf("%s:\n%s\nlog: %q", o.Case, o.Fault, o.Log)
		}
	}
}
