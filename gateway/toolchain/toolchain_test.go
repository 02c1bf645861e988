package toolchain_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/plugboard/plugboard/gateway/manifest"
	"github.com/plugboard/plugboard/gateway/toolchain"
)

const goPlugin = `package main

func main() {}

//go:wasmexport receive
func receive() int32 { return 0 }
`

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ownCache gives the test a cache folder of its own for what is built. Go's own cache stays: without it the library is
// compiled anew.
func ownCache(t *testing.T) (dir string) {
	t.Helper()
	gocache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	t.Setenv("GOCACHE", strings.TrimSpace(string(gocache)))
	t.Setenv("XDG_CACHE_HOME", dir)
	return dir
}

func TestBuildPutsTheModuleBesideItsSource(t *testing.T) {
	dir := t.TempDir()
	ownCache(t)
	write(t, filepath.Join(dir, "hello/go.mod"), "module hello\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "hello/main.go"), goPlugin)

	file, changed, err := toolchain.Build(t.Context(), filepath.Join(dir, "hello"), dir)
	if err != nil || !changed || file != filepath.Join(dir, "hello.wasm") {
		t.Fatalf("Build: %q, changed %v, %v", file, changed, err)
	}
	module, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(module, []byte("\x00asm")) {
		t.Fatalf("%s is not a module: %v", file, err)
	}
	if _, changed, err = toolchain.Build(t.Context(), filepath.Join(dir, "hello"), dir); err != nil || changed {
		t.Errorf("second Build: changed %v, %v; nothing was edited", changed, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFailedBuildKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	ownCache(t)
	write(t, filepath.Join(dir, "bad/go.mod"), "module bad\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "bad/main.go"), "package main\n\nfunc main() { missing() }\n")
	write(t, filepath.Join(dir, "bad.wasm"), "what runs now")

	_, _, err := toolchain.Build(t.Context(), filepath.Join(dir, "bad"), dir)
	if err == nil || !strings.Contains(err.Error(), "undefined: missing") {
		t.Errorf("the compiler's words are missing: %v", err)
	}
	if have, _ := os.ReadFile(filepath.Join(dir, "bad.wasm")); string(have) != "what runs now" {
		t.Errorf("bad.wasm is now %q", have)
	}
}

func TestBuildsOfOneFolderDoNotMix(t *testing.T) {
	dir := t.TempDir()
	ownCache(t)
	write(t, filepath.Join(dir, "twice/go.mod"), "module twice\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "twice/main.go"), goPlugin)
	var builds errgroup.Group
	for range 3 {
		builds.Go(func() error {
			_, _, err := toolchain.Build(t.Context(), filepath.Join(dir, "twice"), dir)
			return err
		})
	}
	if err := builds.Wait(); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(filepath.Join(dir, "twice.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if _, changed, err := toolchain.Build(t.Context(), filepath.Join(dir, "twice"), dir); err != nil || changed {
		t.Errorf("a build alone differs from builds side by side (%d bytes): changed %v, %v", len(first), changed, err)
	}
}

func TestSources(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b/main.go"), goPlugin)
	write(t, filepath.Join(dir, "a/main.go"), goPlugin)
	write(t, filepath.Join(dir, "docs/README.md"), "no source")
	write(t, filepath.Join(dir, ".hidden/main.go"), goPlugin)
	write(t, filepath.Join(dir, "loose.wasm"), "built elsewhere")

	got, err := toolchain.Sources(dir)
	want := []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("Sources: %v, %v; want %v", got, err, want)
	}
	if _, err := toolchain.Detect(filepath.Join(dir, "docs")); !errors.Is(err, toolchain.ErrNoSource) {
		t.Errorf("Detect of a folder without source: %v", err)
	}
}

func TestScriptIsCopied(t *testing.T) {
	dir := t.TempDir()
	ownCache(t)
	write(t, filepath.Join(dir, "hello/hello.js"), "export function receive() {}")
	write(t, filepath.Join(dir, "hello/other.js"), "no plugin")
	write(t, filepath.Join(dir, "odd/name.js"), "export function judge() {}")
	for name, want := range map[string]string{"hello": "export function receive() {}", "odd": "export function judge() {}"} {
		file, changed, err := toolchain.Build(t.Context(), filepath.Join(dir, name), dir)
		if err != nil || !changed || file != filepath.Join(dir, name+".js") {
			t.Fatalf("Build: %q, changed %v, %v", file, changed, err)
		}
		if have, err := os.ReadFile(file); err != nil || string(have) != want {
			t.Errorf("%s: %q, %v", file, have, err)
		}
	}
}

func TestManifestIsBuiltIntoAScript(t *testing.T) {
	dir := t.TempDir()
	ownCache(t)
	folder := filepath.Join(dir, "hello")
	write(t, filepath.Join(folder, "hello.js"), "export function receive() {}")
	write(t, filepath.Join(folder, "manifest.json"), `{ "version": "1.2" }`)
	for _, changes := range []bool{true, false} {
		file, changed, err := toolchain.Build(t.Context(), folder, dir)
		if err != nil || changed != changes {
			t.Fatalf("changed %v, %v", changed, err)
		}
		if code, err := os.ReadFile(file); err != nil || string(manifest.ReadScript(code)) != `{"version":"1.2"}` {
			t.Errorf("%q, %v", code, err)
		}
	}
}

func TestManifestIsBuiltIn(t *testing.T) {
	dir := t.TempDir()
	ownCache(t)
	folder := filepath.Join(dir, "hello")
	write(t, filepath.Join(folder, "go.mod"), "module hello\n\ngo 1.24\n")
	write(t, filepath.Join(folder, "main.go"), goPlugin)
	text := `{"name":"hello","functions":["receive"]}`
	write(t, filepath.Join(folder, "manifest.json"), text)
	file, _, err := toolchain.Build(t.Context(), folder, dir)
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := manifest.Read(code); err != nil || string(got) != text {
		t.Errorf("%q, %v", got, err)
	}
	write(t, filepath.Join(folder, "manifest.json"), `{"functions":["deliver"]}`)
	if _, _, err = toolchain.Build(t.Context(), folder, dir); err == nil || !strings.Contains(err.Error(), "manifest.json: the manifest names a function") {
		t.Errorf("a bad manifest: %v", err)
	}
}
