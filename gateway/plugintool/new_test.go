package plugintool_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plugboard/plugboard"
	"github.com/plugboard/plugboard/gateway/plugintool"
	"github.com/plugboard/plugboard/gateway/toolchain"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// TestNewPluginsBuildAndPass makes one in every language that has a template, far from this repository, and runs its
// cases.
func TestNewPluginsBuildAndPass(t *testing.T) {
	if len(plugboard.Templates()) == 0 {
		t.Fatal("there are no templates")
	}
	for _, language := range plugboard.Templates() {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			ready(t, language)
			folder := filepath.Join(t.TempDir(), "acme-calls")
			files, err := plugintool.New(folder, language)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(files, "testdata/01-away.request.json") {
				t.Errorf("files %v", files)
			}
			for _, file := range files {
				if text, err := os.ReadFile(filepath.Join(folder, file)); err != nil || strings.Contains(string(text), "plugin-name") {
					t.Errorf("%s: %v; or the name is not filled in", file, err)
				}
			}
			passes(t, folder)
		})
	}
}

func ready(t *testing.T, language string) {
	t.Helper()
	for _, l := range toolchain.Languages() {
		if l.Name == language {
			if err := l.Ready(); err != nil {
				t.Skip(err)
			}
			return
		}
	}
	t.Fatalf("the toolchain does not know the language %s", language)
}

func passes(t *testing.T, folder string) {
	t.Helper()
	s, err := plugintool.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	m, err := host(t).LoadFile(t.Context(), s.File, s.Code)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := casefile.List(filepath.Join(folder, "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		check(t, plugintool.Test(t.Context(), m, c, false), "")
	}
}

// The Go template's own test works where there is neither this repository nor a module proxy.
func TestNewGoPluginTestsOffline(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "acme")
	if _, err := plugintool.New(folder, "go"); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"vet", "./..."}, {"test", "./..."}} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	full := filepath.Join(dir, "full")
	if err := os.MkdirAll(filepath.Join(full, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ folder, language, fault string }{
		{filepath.Join(dir, "Acme Calls"), "go", "cannot be a plugin's name"},
		{filepath.Join(dir, "a--b"), "go", "cannot be a plugin's name"},
		{filepath.Join(dir, "acme"), "cobol", "there is no template for the language"},
		{full, "go", "is not empty"},
	} {
		if _, err := plugintool.New(test.folder, test.language); err == nil || !strings.Contains(err.Error(), test.fault) {
			t.Errorf("%s in %s: %v, want %q", test.folder, test.language, err, test.fault)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "acme")); err == nil {
		t.Error("a folder was made for a language that is not there")
	}
}
