package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/plugboard/plugboard/gateway/plugintool"
)

// A folder that appears while dev runs is built, and so is what changes in a folder below it; a folder without source
// is left alone, and a mistake is shown without ending anything.
func TestDevBuildsNewFolders(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("plugins", 0o700); err != nil {
		t.Fatal(err)
	}
	out := newScreen()
	d := &dev{out: &printer{w: out}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	watching := make(chan struct{})
	go func() {
		defer close(done)
		d.watch(ctx, "plugins", func() { close(watching) })
	}()
	defer func() { stop(); <-done }()
	<-watching

	if err := os.MkdirAll("plugins/notes/src", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := plugintool.New(filepath.Join("plugins", "fresh"), "go"); err != nil {
		t.Fatal(err)
	}
	out.mustShow(t, "plugins/fresh.wasm  built")
	if err := os.WriteFile("plugins/fresh/more.go", []byte("package main\n\nvar x = missing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out.mustShow(t, "undefined: missing")
	if err := os.Remove("plugins/fresh/more.go"); err != nil {
		t.Fatal(err)
	}
	out.mustShow(t, "plugins/fresh.wasm  up to date")
}

// A plugin that does not build keeps dev from nothing else.
func TestDevGoesOnWithoutWhatDoesNotBuild(t *testing.T) {
	home := newcomersFolder(t)
	if _, err := plugintool.New(filepath.Join(home, "plugins/broken"), "go"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("plugins/broken/main.go", []byte("package main\n\nvar x = missing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	startDevWith(t, "dev").mustShow(t, "undefined: missing")
}

func TestPluginOf(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a/src"), 0o700); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"a": "a", "a/main.go": "a", "a/src/lib.rs": "a", "gone/main.go": "gone",
		"a.wasm": "", "a/.main.go.swp": "", "a/main.go~": "", ".": "", "../other/main.go": "",
	} {
		if want != "" {
			want = filepath.Join(dir, want)
		}
		if got := pluginOf(dir, filepath.Join(dir, file)); got != want {
			t.Errorf("%s belongs to %q, want %q", file, got, want)
		}
	}
}
