package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
)

// TestFileKeys: in a plugin's config name_file is name with the file's text, at any depth, beside the configuration; where there is a
// name as well, or what it has is no path, it is a key like any other.
func TestFileKeys(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.toml")
	if err := os.Mkdir(filepath.Join(dir, "plugins"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plugins/p.wasm": "", // the configuration only asks whether it is there
		"config.toml": "[queue]\ndir = \"data\"\n[sources.a]\nplugin = \"p\"\nverify = { scheme = \"none\" }\n" +
			`config = { layout_file = "l.txt", more = { layout_file = "l.txt" }, b = "x", b_file = "l.txt", c_file = 7, _file = "y" }` + "\n",
		"l.txt": "{\"a\": \"{{a}}\"}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(file, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"_file":"y","b":"x","b_file":"l.txt","c_file":7,"layout":"{\"a\": \"{{a}}\"}","more":{"layout":"{\"a\": \"{{a}}\"}"}}`
	if got := string(cfg.Source("a").Config.JSON); got != want {
		t.Errorf(" got %s\nwant %s", got, want)
	}
	if err := os.Remove(filepath.Join(dir, "l.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(file, config.Options{}); err == nil || !strings.Contains(err.Error(), "config.toml:6:26: ") || !strings.Contains(err.Error(), "{{file.l.txt}}") {
		t.Errorf("a missing file: %v", err)
	}
}
