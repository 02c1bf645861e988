// Package plugboard carries what the program must have with it wherever it is put: the sources of the SDKs, so that
// plugin build and plugin new work with no checkout of this repository and no registry.
package plugboard

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed all:sdk
var sources embed.FS

// Files are texts by their path below some folder, with slashes.
type Files map[string][]byte

// Write puts the files below dir, which it makes.
func (f Files) Write(dir string) error {
	for _, name := range slices.Sorted(maps.Keys(f)) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, f[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// SDK gives the sources of a language's SDK ("go", "rust"), without their tests and templates.
func SDK(language string) (Files, error) {
	if language == "go" { // its packages stand above the other languages' folders, which hold no Go
		return pick("sdk", func(name string) bool { return strings.HasSuffix(name, ".go") && !within(name, "go") })
	}
	return pick(path.Join("sdk", language), func(name string) bool { return !within(name, "template") })
}

// Template gives the files of a new plugin in a language, as they stand in sdk/LANGUAGE/template.
func Template(language string) (Files, error) {
	return pick(path.Join("sdk", language, "template"), func(string) bool { return true })
}

// Templates are the languages that have one, by name.
func Templates() []string {
	found, _ := fs.Glob(sources, "sdk/*/template") // fails on a wrong pattern alone
	var names []string
	for _, dir := range found {
		names = append(names, path.Base(path.Dir(dir)))
	}
	return names
}

func within(name, folder string) bool { return strings.HasPrefix(name, folder+"/") }

// pick reads the files below dir that keep says. Go tests, and testdata outside templates, are never among them.
func pick(dir string, keep func(name string) bool) (Files, error) {
	files := Files{}
	isTemplate := path.Base(dir) == "template"
	err := fs.WalkDir(sources, dir, func(full string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(full, dir+"/")
		test := strings.HasSuffix(name, "_test.go") || within(name, "testdata") || strings.Contains(name, "/testdata/")
		if d.IsDir() || !keep(name) || test && !isTemplate {
			return nil
		}
		files[name], err = sources.ReadFile(full)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("no such SDK or template: %w", err)
	}
	return files, nil
}
