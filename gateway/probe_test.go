package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/manifest"
	"github.com/plugboard/plugboard/gateway/toolchain"
)

// probing is a gateway whose source "probe" uses the plugin probe, with its files at hand.
type probing struct {
	*running
	file string // config.toml
	dir  string // its folder, that of plugins and tables too
	code []byte // of the plugin
}

var probeBuilt struct {
	once sync.Once
	code []byte
	err  error
}

// probeCode builds the plugin, once.
func probeCode(t testing.TB) []byte {
	t.Helper()
	probeBuilt.once.Do(func() {
		dir, err := os.MkdirTemp("", "probe")
		if err == nil {
			var file string
			if file, _, err = toolchain.Build(t.Context(), "testdata/plugins/probe", dir); err == nil {
				probeBuilt.code, err = os.ReadFile(file)
			}
			_ = os.RemoveAll(dir)
		}
		probeBuilt.err = err
	})
	if probeBuilt.err != nil {
		t.Fatal(probeBuilt.err)
	}
	return probeBuilt.code
}

// probeNamed is the plugin with a manifest: the same code under another hash.
func probeNamed(t testing.TB, text string) []byte {
	t.Helper()
	code, err := manifest.Add(probeCode(t), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

const probeTable = `
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
dir = "data"
min_free = "1MiB"
[plugins]
dir = "plugins"
cache = %q
`

const probeSource = `
[sources.probe]
plugin = "probe"
verify = { scheme = "none" }
`

// probeFiles lays out a configuration with the plugin. files are further ones, by their names.
func probeFiles(t testing.TB, more string, files map[string]string) *probing {
	t.Helper()
	dir := t.TempDir()
	p := &probing{file: filepath.Join(dir, "config.toml"), dir: dir, code: probeCode(t)}
	if err := os.Mkdir(filepath.Join(dir, "plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.write(t, "plugins/probe.wasm", string(p.code))
	for name, text := range files {
		p.write(t, name, text)
	}
	p.write(t, "config.toml", fmt.Sprintf(probeTable, filepath.Join(gatewaytest.Plugins(t), "cache"))+more)
	return p
}

// probe runs a gateway that sees changes of files.
func probe(t testing.TB, more string, files map[string]string) *probing {
	t.Helper()
	p := probeFiles(t, more, files)
	p.running = startWith(t, gateway.Options{ConfigFile: p.file, Watch: true})
	return p
}

func (p *probing) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// said posts an id and gives the data of the event that the plugin made of it.
func (p *probing) said(t *testing.T, body string) (data struct{ Agent map[string]string }) {
	t.Helper()
	status, a := p.post(t, "/hooks/probe", body)
	if status != http.StatusAccepted || len(a.Events) != 1 {
		t.Fatalf("%s: answered %d %+v", body, status, a)
	}
	info, err := p.Store().Event(t.Context(), a.Events[0])
	if err != nil {
		t.Fatal(err)
	}
	var ev struct {
		Data struct{ Agent map[string]string }
	}
	if err := json.Unmarshal(info.Event.Body, &ev); err != nil {
		t.Fatal(err)
	}
	return ev.Data
}

func (p *probing) tables(t *testing.T) []admin.TableInfo {
	t.Helper()
	var page struct{ Items []admin.TableInfo }
	p.api(t, "/v1/tables", &page)
	return page.Items
}

// plugin is what the API says of the plugin.
func (p *probing) plugin(t *testing.T) admin.PluginInfo {
	t.Helper()
	var page struct{ Items []admin.PluginInfo }
	p.api(t, "/v1/plugins", &page)
	for _, i := range page.Items {
		if i.Name == "probe" {
			return i
		}
	}
	t.Fatalf("the API knows no plugin probe: %+v", page.Items)
	return admin.PluginInfo{}
}

// checked gives what plugboard check says of the files.
func (p *probing) checked(t testing.TB) string {
	t.Helper()
	if err := gateway.Check(t.Context(), gateway.Options{ConfigFile: p.file}); err != nil {
		return strings.ReplaceAll(err.Error(), p.dir+"/", "")
	}
	return ""
}
