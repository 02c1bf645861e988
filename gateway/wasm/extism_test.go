package wasm

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// buildExtism builds a plugin that is made with Extism's kit for Go, as it is published.
var buildExtism = guest("extismguest", "-buildmode=c-shared")

// memory is a plugin's state, kept as a gateway keeps it: what a call that went well has written.
type memory map[string][]byte

func (m memory) Get(key string) ([]byte, bool) { v, ok := m[key]; return v, ok }

func (m memory) keep(writes []StateWrite) {
	for _, w := range writes {
		if m[w.Key] = w.Value; w.Value == nil {
			delete(m, w.Key)
		}
	}
}

func openExtism(t testing.TB, o PluginOptions) Plugin {
	t.Helper()
	wasm := must2(t, buildExtism)
	h := openHost(t, HostOptions{CacheDir: cacheDir(), Limits: patient})
	return openModule(t, load(t, h, "extism", wasm), o)
}

func TestExtism(t *testing.T) {
	state := memory{}
	p := openExtism(t, PluginOptions{Instances: 1, Config: []byte(`{"greeting":"grüß dich","n":9007199254740993,"list":[1, 2],"none":null}`), State: state})
	long := strings.Repeat("0123456789", 10_000)
	for _, tt := range []struct{ do, want string }{
		{"echo\nhello", "hello"},
		{"echo\n", ""},
		{"echo\n" + long, long},
		{"twice\nsecond", "second"},
		{"config\ngreeting", "grüß dich"},
		{"config\nn", "9007199254740993"},
		{"config\nlist", "[1, 2]"},
		{"config\nnone", "absent"},
		{"config\nmissing", "absent"},
		{"recall\nlast", ""},
		{"remember\nMara", ""},
		{"recall\nlast", "Mara"},
		{"forget\n", ""},
		{"recall\nlast", ""},
		{"regret\nnothing", "fine"},
	} {
		out := must(t, p, Receive, tt.do)
		if state.keep(out.State); string(out.Body) != tt.want {
			t.Errorf("%.20q gave %.60q, want %.60q", tt.do, out.Body, tt.want)
		}
	}
	want := []LogLine{{0, "debug x"}, {1, "info x"}, {2, "warn x"}, {3, "error x"}}
	if log := must(t, p, Receive, "log\nx").Log; !slices.Equal(log, want) {
		t.Errorf("log %v, want %v", log, want)
	}
}

func TestExtismFails(t *testing.T) {
	p := openExtism(t, PluginOptions{Instances: 1})
	for _, tt := range []struct {
		do     string
		kind   Kind
		reason string
	}{
		{"error\nno agent in it", Rejected, "no agent in it"},
		{"silent", Trapped, "it answered 7 and did not say why"},
		{"http", Trapped, "http_request: a plugin has no network"},
		{"beyond", Trapped, "store_u64: 8 bytes at"},
		{"flood", Limited, "alloc: its blocks take more than 4 MiB"},
		{"panic\nits own words", Trapped, "panic: its own words"},
		{"remember\nx", Trapped, "var_set: the configuration gives this plugin no memory"},
	} {
		_, err := p.Call(t.Context(), Receive, Input{Body: []byte(tt.do)})
		if e := failureOf(t, err); e.Kind != tt.kind || !strings.Contains(e.Reason, tt.reason) {
			t.Errorf("%.10q: %v: %q, want %v: …%s…", tt.do, e.Kind, e.Reason, tt.kind, tt.reason)
		}
		if got := string(must(t, p, Receive, "echo\nagain").Body); got != "again" {
			t.Errorf("after %.10q the next call gave %q", tt.do, got)
		}
	}
}

func TestExtismRefusesItsConfiguration(t *testing.T) {
	wasm := must2(t, buildExtism)
	m := load(t, openHost(t, HostOptions{CacheDir: cacheDir(), Limits: patient}), "extism", wasm)
	_, err := m.New(t.Context(), PluginOptions{Config: []byte(`{"refuse":"agents: missing"}`)})
	if e := failureOf(t, err); e.Kind != Refused || e.Reason != "agents: missing" {
		t.Errorf("%v: %q", e.Kind, e.Reason)
	}
}

// FuzzExtismBlocks does with blocks what a guest might, and compares with blocks that are kept apart.
func FuzzExtismBlocks(f *testing.F) {
	f.Add([]byte{0, 8, 2, 0, 0, 1, 1, 1, 0, 16, 3, 0})
	f.Add([]byte{0, 255, 0, 255, 1, 1, 1, 0, 0, 7, 2, 0, 3, 0})
	f.Fuzz(func(t *testing.T, steps []byte) {
		c := &call{plugin: &plugin{limits: Limits{Output: 1 << 10}}}
		var places []uint64
		want := map[uint64]string{}
		for i := 0; i+1 < len(steps); i += 2 {
			n := steps[i+1]
			switch steps[i] % 4 {
			case 0:
				if len(c.extism.bytes)+int(n) > 3<<10 {
					continue
				}
				text := strings.Repeat(string('a'+rune(i%26)), int(n))
				at := c.extism.put(c, []byte(text))
				if at != 0 {
					places, want[at] = append(places, at), text
				} else if n > 0 {
					t.Fatalf("%d bytes have no place", n)
				}
			case 1: // only the last one's room is used again
				if k := int(n) % (len(places) + 1); k < len(places) {
					if c.extism.free(places[k]); k == len(places)-1 {
						delete(want, places[k])
						places = places[:k]
					}
				}
			case 2:
				at := uint64(n)
				if got := string(c.extism.block(at)); got != want[at] {
					t.Fatalf("at %d stands %q, want %q", at, got, want[at])
				}
			case 3:
				c.extism.end()
				places, want = nil, map[uint64]string{}
			}
			for at, text := range want {
				if got := string(c.extism.block(at)); got != text {
					t.Fatalf("at %d stands %q, want %q", at, got, text)
				}
			}
		}
	})
}

// BenchmarkExtism is a call that reads a vendor's event and writes it again.
func BenchmarkExtism(b *testing.B) {
	p := openExtism(b, PluginOptions{Instances: 1})
	in := Input{Body: []byte("echo\n" + string(vendorEvent))}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Call(b.Context(), Receive, in); err != nil {
			b.Fatal(err)
		}
	}
}

// TestExtismAssemblyScript runs a plugin that is made with Extism's kit for AssemblyScript, as it is published.
func TestExtismAssemblyScript(t *testing.T) {
	const folder = "testdata/extismas"
	if _, err := exec.LookPath("asc"); err != nil {
		t.Skip("asc is not on the path: npm install --global assemblyscript@0.28.20")
	}
	if _, err := os.Stat(folder + "/node_modules"); err != nil {
		t.Skip("Extism's kit is missing: npm install --no-package-lock --prefix gateway/wasm/" + folder)
	}
	to := filepath.Join(t.TempDir(), "extismas.wasm")
	cmd := exec.Command("asc", "assembly/index.ts", "-O3", "--use", "abort=assembly/index/abort", "--outFile", to) //nolint:gosec // a path of ours
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("asc: %v\n%s", err, out)
	}
	wasm, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	state := memory{}
	h := openHost(t, HostOptions{CacheDir: cacheDir(), Limits: patient})
	p := openModule(t, load(t, h, "extismas", wasm), PluginOptions{Instances: 1, Config: []byte(`{"greeting":"grüß dich"}`), State: state})
	for _, tt := range []struct{ do, want string }{
		{"echo\nhello, 世界", "hello, 世界"}, {"config\ngreeting", "grüß dich"}, {"config\nmissing", "absent"},
		{"short\nhello", "hello"}, {"short\n世界", "\xe4\xb8"}, // as in Extism's own host
		{"recall\n", "absent"}, {"remember\nMara", ""}, {"recall\n", "Mara"},
	} {
		out := must(t, p, Receive, tt.do)
		if state.keep(out.State); string(out.Body) != tt.want {
			t.Errorf("%q gave %q, want %q", tt.do, out.Body, tt.want)
		}
	}
	_, err = p.Call(t.Context(), Receive, Input{Body: []byte("throw\nits own words")})
	if e := failureOf(t, err); e.Kind != Trapped {
		t.Errorf("%v: %q", e.Kind, e.Reason)
	}
}
