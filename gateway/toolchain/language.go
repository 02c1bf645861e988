package toolchain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Language is one way to write a plugin. Each stands in a file of its own and adds itself with register.
type Language struct {
	// Name is what --lang takes, and the folder of the SDK below sdk.
	Name string
	// Markers are file name patterns, relative to a plugin's folder, that tell its language: any one is enough.
	Markers []string
	// Tools are the programs that must be there. Each is a list of names of which the first one found is taken:
	// {"clang-19", "clang-14", "clang"}.
	Tools [][]string
	// Install says how to get the tools, as one would tell a colleague.
	Install string
	// Check says what else is missing, given where the Tools are; nil: nothing else is needed.
	Check func(tools []string) error
	// SDK says that a build is handed the folder of the SDK (Job.SDK). Go finds its own.
	SDK bool
	// Ending is that of what is built; "" is .wasm.
	Ending string
	// Command makes the compiler's command. It runs in the plugin's folder and must write Job.Out.
	Command func(ctx context.Context, job Job) *exec.Cmd
}

// Job is one build.
type Job struct {
	Folder string   // the plugin's, absolute
	Name   string   // the plugin's
	Out    string   // the .wasm file to write; its folder is the build's own, and may hold what the compiler keeps
	SDK    string   // the folder that holds the SDK's sources; "" if the language has not asked for it
	Tools  []string // where the Tools are, in their order
}

// languages are those that register has taken, in the order of their files' names.
var languages []Language

func register(l Language) Language {
	languages = append(languages, l)
	return l
}

// Languages are those that Build knows, in the order in which a folder is tried.
func Languages() []Language { return slices.Clone(languages) }

// ErrNoSource says that a folder holds no plugin source.
var ErrNoSource = errors.New("no plugin source")

// Detect finds the language of a folder.
func Detect(folder string) (Language, error) {
	var markers []string
	for _, l := range languages {
		for _, m := range l.Markers {
			found, err := filepath.Glob(filepath.Join(folder, m))
			if err != nil {
				return Language{}, err
			}
			if len(found) > 0 {
				return l, nil
			}
		}
		markers = append(markers, l.Markers...)
	}
	return Language{}, fmt.Errorf("%s: %w: none of %s", folder, ErrNoSource, strings.Join(markers, ", "))
}

// ErrNoCompiler says that a tool of a language is not on the path.
var ErrNoCompiler = errors.New("not on the path")

func (l Language) ending() string { return cmp.Or(l.Ending, ".wasm") }

// find looks the language's tools up.
func (l Language) find() ([]string, error) {
	var found []string
	for _, names := range l.Tools {
		path := ""
		for _, name := range names {
			if p, err := exec.LookPath(name); err == nil {
				path = p
				break
			}
		}
		if path == "" {
			return nil, fmt.Errorf("building it needs %q: %w; %s", strings.Join(names, " or "), ErrNoCompiler, l.Install)
		}
		found = append(found, path)
	}
	if l.Check != nil {
		if err := l.Check(found); err != nil {
			return nil, fmt.Errorf("%w; %s", err, l.Install)
		}
	}
	return found, nil
}

// Ready is an error of kind ErrNoCompiler, saying what to install, unless all tools of the language are there.
func (l Language) Ready() error {
	_, err := l.find()
	return err
}
