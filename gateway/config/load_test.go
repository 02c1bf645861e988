package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/secret/secrettest"
)

var update = flag.Bool("update", false, "write the golden files")

var plugins = []string{"babelforce", "enrich", "webhook", "zendesk"}

// canary is a part of every secret's value, so that no value can be shown unnoticed.
const canary = "kanarienvogel"

var environment = map[string]string{
	"LISTEN":                               "127.0.0.1:8080",
	"TAG":                                  "vip",
	"API_KEY":                              canary + "-key",
	"BABELFORCE_URL":                       "https://services.example.com",
	"PLUGBOARD_SECRET_TOKEN":               canary + "-token",
	"PLUGBOARD_SECRET_ZENDESK_WEBHOOK":     canary + "-new",
	"PLUGBOARD_SECRET_ZENDESK_OLD":         canary + "-old",
	"PLUGBOARD_SECRET_BABELFORCE_PASSWORD": canary + "-password",
	"PLUGBOARD_SECRET_SLACK_URL":           "https://hooks.slack.example.com/services/" + canary,
}

func getenv(name string) (string, bool) {
	value, ok := environment[name]
	return value, ok
}

var options = config.Options{Getenv: getenv, PluginExists: func(name string) bool { return slices.Contains(plugins, name) }}

// inCopy moves the test into a copy of testdata's folder: version control does not keep the modes that secrets need.
func inCopy(t *testing.T, folder string) (testdata string) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testdata = filepath.Join(here, "testdata")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(testdata)); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{"secrets": 0o755, "secrets/from-file": 0o600, "secrets/blank": 0o600, "secrets/open": 0o644} {
		if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, folder))
	return filepath.Join(testdata, folder)
}

// golden compares with a file beside the input.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", filepath.Base(path), diff)
	}
}

// cases are the TOML files of a folder.
func cases(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.toml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", folder, err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".toml")
	}
	return files
}

func TestBad(t *testing.T) {
	for _, name := range cases(t, "bad") {
		t.Run(name, func(t *testing.T) {
			testdata := inCopy(t, "bad")
			opts := options
			if name == "plugin" { // this one looks into the folder
				opts.PluginExists = nil
			}
			c, err := config.Load(name+".toml", opts)
			var faults config.Faults
			if !errors.As(err, &faults) || c != nil {
				t.Fatalf("it loads: %v, %v", c, err)
			}
			secrettest.Error(t, err, canary, "open-to-all-value")
			for _, f := range faults {
				if f.What == "" || f.Do == "" || f.Line == 0 || f.Column == 0 || strings.ContainsAny(f.Error(), "\n\r") ||
					strings.HasSuffix(f.What, ".") || strings.HasSuffix(f.Do, ".") {
					t.Errorf("not one line with place, fault and remedy: %q", f.Error())
				}
			}
			golden(t, filepath.Join(testdata, name+".golden"), err.Error()+"\n")
		})
	}
}

func TestGood(t *testing.T) {
	for _, name := range cases(t, "good") {
		t.Run(name, func(t *testing.T) {
			testdata := inCopy(t, "good")
			golden(t, filepath.Join(testdata, name+".golden"), dump(t, name+".toml"))
		})
	}
}
