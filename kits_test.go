package plugboard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard"
)

func TestGoSDKIsWhatAPluginImports(t *testing.T) {
	files, err := plugboard.SDK("go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sdk.go", "jsondoc/parse.go", "plugintest/plugintest.go", "internal/host/host.go", "template/template.go"} {
		if len(files[name]) == 0 {
			t.Errorf("%s is missing", name)
		}
	}
	for name := range files {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata") {
			t.Errorf("%s is among the sources", name)
		}
	}
	dir := t.TempDir()
	if err := files.Write(dir); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("sdk/jsondoc/parse.go")
	have, err2 := os.ReadFile(filepath.Join(dir, "jsondoc/parse.go"))
	if err != nil || err2 != nil || string(want) != string(have) {
		t.Errorf("written differently: %v, %v", err, err2)
	}
}

func TestEveryTemplateIsBesideItsSDK(t *testing.T) {
	languages := plugboard.Templates()
	if len(languages) < 2 {
		t.Errorf("templates for %q alone", languages)
	}
	for _, language := range languages {
		template, err := plugboard.Template(language)
		if err != nil || len(template) == 0 {
			t.Errorf("%s: a template of %d files, %v", language, len(template), err)
		}
		kit, err := plugboard.SDK(language)
		if err != nil {
			t.Error(err)
		}
		for name := range kit {
			if strings.HasPrefix(name, "template/plugin-name") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata/") {
				t.Errorf("%s: %s is among the SDK's sources", language, name)
			}
		}
	}
}

func TestUnknownSDK(t *testing.T) {
	if files, err := plugboard.SDK("cobol"); err == nil {
		t.Errorf("an SDK for COBOL: %d files", len(files))
	}
}
