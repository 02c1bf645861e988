package wasm

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/wasm/meter"
)

// module assembles a module of one function type, imports, and exports of one function that answers 0.
func module(signature meter.Signature, imports []string, exports ...string) []byte {
	name := func(b []byte, s string) []byte { return append(append(b, byte(len(s))), s...) }
	section := func(b []byte, id byte, body []byte) []byte { return append(append(b, id, byte(len(body))), body...) }
	types := name(name([]byte{2, 0x60, 0, 1, 0x7f, 0x60}, signature.Params), signature.Results)
	in, out := []byte{byte(len(imports))}, []byte{byte(len(exports))}
	for _, i := range imports {
		m, n, _ := strings.Cut(i, ".")
		in = append(name(name(in, m), n), 0, 1)
	}
	for _, e := range exports {
		out = append(name(out, e), 0, byte(len(imports)))
	}
	b := section([]byte("\x00asm\x01\x00\x00\x00"), 1, types)
	b = section(b, 2, in)
	b = section(b, 3, []byte{1, 0})
	b = section(b, 7, out)
	return section(b, 10, []byte{1, 4, 0, 0x41, 0, 0x0b})
}

func TestLoadRefuses(t *testing.T) {
	h := openHost(t, HostOptions{Limits: Limits{Module: 100 << 10}})
	toNothing := meter.Signature{}
	for _, tt := range []struct {
		name string
		wasm []byte
		want string
	}{
		{"large file", make([]byte, 100<<10+1), "larger than 100 KiB"},
		{"no module", []byte("not a module"), "not a WebAssembly module"},
		{"other import", module(toNothing, []string{"env.system"}, "receive"), "imports env.system; a plugin may import"},
		{"engine's counter", module(toNothing, []string{"plugboard.meter.refill"}, "receive"), "imports plugboard.meter.refill"},
		{"later version", module(toNothing, []string{"plugboard_v2.input_size"}, "receive"), "imports plugboard_v2.input_size; a plugin may import"},
		{"unknown function of Extism", module(toNothing, []string{"extism:host/env.exec"}, "receive"), "extism:host/env.exec, which this host does not have"},
		{"unknown function", module(toNothing, []string{"plugboard_v1.exec"}, "receive"), "plugboard_v1.exec, which this host does not have"},
		{"import of another type", module(toNothing, []string{"plugboard_v1.input_size"}, "receive"), "input_size as () -> (), but that is () -> (i32)"},
		{"no function", module(toNothing, nil, "elsewhere"), "exports none of receive"},
		{"_start that answers", module(toNothing, nil, "_start"), "_start as () -> (i32); it must be () -> ()"},
		{"too many blocks", nested(), "more than 5000 blocks"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.Load(t.Context(), "it", tt.wasm)
			e := failureOf(t, err)
			if e.Kind != Refused || e.Plugin != "it" || !strings.Contains(e.Reason, tt.want) {
				t.Errorf("got %v: %q, want …%s…", e.Kind, e.Reason, tt.want)
			}
		})
	}
}

func TestModuleDescribesItself(t *testing.T) {
	h := openHost(t, HostOptions{Limits: patient})
	m := load(t, h, "start", testdata(t, "start.wasm"))
	if m.Form() != Reactor || !m.Functions().Has(Judge) || m.Functions().Has(Receive) {
		t.Errorf("form %v, functions %b", m.Form(), m.Functions())
	}
	if want := []string{"plugboard_v1.fact", "plugboard_v1.output_write", "plugboard_v1.stop"}; !slices.Equal(m.Imports(), want) {
		t.Errorf("imports %v", m.Imports())
	}
	if want := []string{exportSetUp, "init", "judge"}; !slices.Equal(m.Exports(), want) {
		t.Errorf("exports %v", m.Exports())
	}
	if m.Name() != "start" || len(m.Hash()) != 64 || m.Size() != len(testdata(t, "start.wasm")) || m.Manifest() != nil {
		t.Errorf("name %q, hash %q, size %d, manifest %q", m.Name(), m.Hash(), m.Size(), m.Manifest())
	}
	manifest := append(testdata(t, "start.wasm"), "\x00\x15\x12plugboard.manifest{}"...)
	if got := load(t, h, "start", manifest).Manifest(); string(got) != "{}" {
		t.Errorf("manifest %q", got)
	}
	c := load(t, h, "command", goCommand(t))
	if c.Form() != Command || !c.Functions().Has(Receive) || !c.Functions().Has(Judge) {
		t.Errorf("form %v, functions %b", c.Form(), c.Functions())
	}
}

// What start functions do must be there, in order, and init's word decides over a configuration.
func TestStartAndInit(t *testing.T) {
	h := openHost(t, HostOptions{Limits: patient})
	m := load(t, h, "start", testdata(t, "start.wasm"))
	p := openModule(t, m, PluginOptions{Config: []byte("yes")})
	if got := string(must(t, p, Judge, "").Body); got != "sic" {
		t.Errorf("start, set-up and init left %q", got)
	}
	_, err := m.New(t.Context(), PluginOptions{Config: []byte("no")})
	if e := failureOf(t, err); e.Kind != Refused || e.Reason != "configuration must be yes" {
		t.Errorf("got %v", err)
	}
}

func TestEndlessStartIsRefused(t *testing.T) {
	h := openHost(t, HostOptions{})
	_, err := load(t, h, "endless", testdata(t, "endless.wasm")).New(t.Context(), PluginOptions{})
	if e := failureOf(t, err); e.Kind != Refused || e.Reason != "start: over its limit: it ran longer than 1s" {
		t.Errorf("got %v", err)
	}
}

func nested() []byte {
	const deep = 20000
	body := append([]byte{0}, bytes.Repeat([]byte{2, 0x40}, deep)...)
	body = append(body, bytes.Repeat([]byte{0x0b}, deep)...)
	body = append(body, 0x41, 0, 0x0b)
	leb := func(n int) []byte { return []byte{byte(n) | 0x80, byte(n>>7) | 0x80, byte(n >> 14)} }
	code := append(append([]byte{1}, leb(len(body))...), body...)
	b := module(meter.Signature{}, nil, "receive")
	b = b[:len(b)-8]
	return append(append(append(b, 10), leb(len(code))...), code...)
}

func TestCacheIsPrivateAndSurvivesDamage(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits")
	}
	dir := filepath.Join(t.TempDir(), "cache")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	run := func() {
		h := openHost(t, HostOptions{CacheDir: dir, Limits: patient})
		p := open(t, h, "hostile", PluginOptions{})
		if got := string(must(t, p, Receive, "e").Body); got != "e" {
			t.Errorf("got %q", got)
		}
	}
	run()
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal("nothing was cached", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 0xff
		if err := os.WriteFile(f, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run()
	run()
}

func TestCacheThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err := NewHost(t.Context(), HostOptions{CacheDir: file}); err == nil {
		t.Error("a file served as a folder", h.Close(t.Context()))
	}
}
