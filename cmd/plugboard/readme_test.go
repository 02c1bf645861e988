package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/gateway/toolchain"
)

// firstPlugin is the README's section of that name: what stands in it is typed, pasted and compared, in order.
type firstPlugin struct {
	source   string   // the block of Go
	toml     string   // what is added to config.toml
	diff     string   // what dev shows
	commands []string // without "go run ./cmd/plugboard"
}

func readFirstPlugin(t *testing.T) firstPlugin {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## Your first plugin\n")
	section, _, ok2 := strings.Cut(section, "\n## ")
	if !ok || !ok2 {
		t.Fatal("the README has no section on the first plugin")
	}
	block := func(language string) string {
		_, rest, _ := strings.Cut(section, "```"+language+"\n")
		inside, _, ok := strings.Cut(rest, "```")
		if !ok {
			t.Fatalf("the section has no block of %s", language)
		}
		return inside
	}
	f := firstPlugin{source: block("go"), toml: block("toml"), diff: block("diff")}
	for line := range strings.Lines(section) {
		if c, ok := strings.CutPrefix(line, "    go run ./cmd/plugboard "); ok {
			f.commands = append(f.commands, strings.TrimSpace(c))
		}
	}
	if len(f.commands) != 4 {
		t.Fatalf("commands %q; the test knows four", f.commands)
	}
	return f
}

// TestReadmeFirstPlugin types what the README says, in Go and then in two other languages, one of them without a compiler.
// That every language's new plugin builds and passes is for plugintool's tests.
func TestReadmeFirstPlugin(t *testing.T) {
	for _, language := range []string{"go", "script", "c"} {
		t.Run(language, func(t *testing.T) {
			for _, l := range toolchain.Languages() {
				if l.Name == language && l.Ready() != nil {
					t.Skip(l.Ready())
				}
			}
			f := readFirstPlugin(t)
			home := newcomersFolder(t)
			if language != "go" {
				f.commands[0] += " --lang " + language
			}
			f.follow(t, home, language)
		})
	}
}

// newcomersFolder is a folder with the shipped configuration and the bundled plugins, as a checkout has it after dev has
// run once. It becomes the working folder.
func newcomersFolder(t *testing.T) string {
	t.Helper()
	built := gatewaytest.Plugins(t)
	home := filepath.Dir(gatewaytest.Shipped(t, fmt.Sprintf("dir = %q\n", built), ""))
	files, err := filepath.Glob(filepath.Join(built, "*.wasm"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no bundled plugins: %v", err)
	}
	if err := os.Mkdir(filepath.Join(home, "plugins"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(filepath.Join(home, "plugins", filepath.Base(file)), code, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(home)
	return home
}

func (f *firstPlugin) follow(t *testing.T, home, language string) {
	t.Helper()
	must := func(line string) {
		if status, out, errs := command(t, strings.Fields(line)...); status != 0 {
			t.Fatalf("plugboard %s: status %d\n%s%s", line, status, out, errs)
		}
	}
	must(f.commands[0])
	if language == "go" {
		if main, err := os.ReadFile("plugins/hello/main.go"); err != nil || string(main) != f.source {
			t.Errorf("plugins/hello/main.go is not what the README shows: %v\n%s", err, main)
		}
	}
	must(f.commands[1])
	config, err := os.ReadFile("config.toml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("config.toml", []byte(string(config)+"\n"+f.toml), 0o600); err != nil {
		t.Fatal(err)
	}
	screen := startDevWith(t, strings.Fields(f.commands[2])...)
	must(f.commands[3])
	edit(t, filepath.Join(home, "plugins/hello"), "state.name", "state.label")
	for line := range strings.Lines(f.diff) {
		screen.mustShow(t, strings.TrimSpace(line))
	}
}

// edit changes the one source of a plugin that has the text.
func edit(t *testing.T, folder, from, to string) {
	t.Helper()
	edited := 0
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name := e.Name(); name == "testdata" || name == "vendor" || name == "plugboard" {
				return filepath.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), from) || strings.Contains(path, "_test") {
			return err
		}
		edited++
		return os.WriteFile(path, []byte(strings.ReplaceAll(string(text), from, to)), 0o600)
	})
	if err != nil || edited != 1 {
		t.Fatalf("%d files have %q, %v; want one", edited, from, err)
	}
}

// startDevWith runs a dev command line until the test ends.
func startDevWith(t *testing.T, args ...string) *screen {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	out := newScreen()
	done := make(chan int, 1)
	go func() { done <- execute(ctx, args, stdio{strings.NewReader(""), out, out}) }()
	t.Cleanup(func() {
		stop()
		if status := <-done; status != 0 {
			t.Errorf("plugboard %s ended with status %d\n%s", strings.Join(args, " "), status, out)
		}
	})
	ready, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if !out.waitFor(ready, "ready ") {
		t.Fatalf("dev is not ready after a minute:\n%s", out)
	}
	return out
}
