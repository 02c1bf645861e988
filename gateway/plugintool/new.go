package plugintool

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/plugboard/plugboard"
)

// placeholder stands for the plugin's name in a template's files and their names.
const placeholder = "plugin-name"

// names are those that a configuration, a folder and every language's tools take.
var names = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// New makes a plugin's folder from a language's template: sources, cases, and the language's SDK beside them, so that it
// builds with no registry. It gives the files that are the author's to change, by name.
func New(folder, language string) (files []string, err error) {
	folder, err = filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(folder)
	if !names.MatchString(name) {
		return nil, fmt.Errorf("%q cannot be a plugin's name: small letters and digits, with single hyphens between them, as in acme-calls", name)
	}
	if !slices.Contains(plugboard.Templates(), language) {
		return nil, fmt.Errorf("there is no template for the language %q; there are %s", language, strings.Join(plugboard.Templates(), ", "))
	}
	if entries, err := os.ReadDir(folder); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty; name a folder that is not there yet", folder)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	own, err := template(name, language)
	if err != nil {
		return nil, err
	}
	kit, err := kitFor(folder, name, language)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(own.Write(folder), kit.Write(folder)); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(own)), nil
}

// template fills in a language's template. Its cases are Go's unless it has some of its own: what a new plugin does is
// the same in every language.
func template(name, language string) (plugboard.Files, error) {
	raw, err := plugboard.Template(language)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(raw)), func(path string) bool { return strings.HasPrefix(path, "testdata/") }) {
		cases, err := plugboard.Template("go")
		if err != nil {
			return nil, err
		}
		for path, text := range cases {
			if strings.HasPrefix(path, "testdata/") {
				raw[path] = text
			}
		}
	}
	filled := plugboard.Files{}
	for path, text := range raw {
		filled[strings.ReplaceAll(path, placeholder, name)] = bytes.ReplaceAll(text, []byte(placeholder), []byte(name))
	}
	return filled, nil
}

// kitFor is the SDK as a plugin's folder has it beside its sources.
func kitFor(folder, name, language string) (plugboard.Files, error) {
	if language == "go" {
		return goModule(folder, name)
	}
	kit, err := plugboard.SDK(language)
	if err != nil {
		return nil, err
	}
	placed := plugboard.Files{}
	for path, text := range kit {
		placed["plugboard/"+path] = text
	}
	return placed, nil
}

const (
	ourModule = "github.com/plugboard/plugboard"
	goVersion = "1.24" // go:wasmexport
)

// goModule makes the folder a Go module of its own that has the SDK vendored, unless it lies in this repository, where
// the SDK is at hand. Cases and tests of the SDK's packages come along with it, so go test works too.
func goModule(folder, name string) (plugboard.Files, error) {
	if inside, err := inOurModule(folder); err != nil || inside {
		return nil, err
	}
	kit, err := plugboard.SDK("go")
	if err != nil {
		return nil, err
	}
	files := plugboard.Files{"go.mod": fmt.Appendf(nil, "module %s\n\ngo %s\n\nrequire %s v0.0.0\n", name, goVersion, ourModule)}
	packages := map[string]bool{}
	for path, text := range kit {
		files["vendor/"+ourModule+"/sdk/"+path] = text
		packages[strings.TrimSuffix(ourModule+"/sdk/"+filepath.ToSlash(filepath.Dir(path)), "/.")] = true
	}
	list := fmt.Appendf(nil, "# %s v0.0.0\n## explicit; go %s\n", ourModule, goVersion)
	for _, p := range slices.Sorted(maps.Keys(packages)) {
		list = fmt.Appendln(list, p)
	}
	files["vendor/modules.txt"] = list
	return files, nil
}

// inOurModule says whether the go.mod above a folder is this repository's.
func inOurModule(folder string) (bool, error) {
	for dir := filepath.Dir(folder); ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		switch {
		case err == nil:
			return slices.Contains(strings.Split(string(text), "\n"), "module "+ourModule), nil
		case !errors.Is(err, fs.ErrNotExist):
			return false, err
		case dir == filepath.Dir(dir):
			return false, nil
		}
	}
}
