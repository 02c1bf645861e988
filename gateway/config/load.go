package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/plugboard/plugboard/gateway/secret"
)

// Options are what the caller may replace. The zero Options read the real environment and folders.
type Options struct {
	Getenv       func(name string) (string, bool) // nil: os.LookupEnv
	PluginExists func(name string) bool           // nil: NAME.wasm or a folder NAME in plugins.dir
	Running      func(name string) bool           // plugins that there are besides, whatever became of their files; nil: none
	Store        secret.Store                     // asked for secrets before environment and folder; nil: none

	// Stored opens the secrets in the store, asked after environment and folder. It is called at most once, when a secret is
	// in neither, with a Config of which Secrets, Queue and Plugins are read. Its error ends the loading. Nil: none.
	Stored func(*Config) (secret.Store, error)

	// Lenient is for commands that talk to a gateway or look at its store and do not run its parts: what is missing on
	// this side (a plugin, or what {{…}} names in a source, destination or route) is left empty and is no fault.
	Lenient bool
}

// Load reads the file. Its error is a Faults with everything that is wrong, and then there is no Config.
func Load(file string, opts Options) (*Config, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Faults{{Position{File: file}, "there is no such file", "name it with --config FILE, or start from the config.toml that comes with plugboard"}}
	}
	if err != nil {
		return nil, Faults{{Position{File: file}, fmt.Sprintf("cannot be read: %v", err), "make it readable for this user"}}
	}
	return Parse(file, text, opts)
}

// Parse is Load for a text at hand. The file's name is used in positions and its folder for relative paths.
func Parse(file string, text []byte, opts Options) (*Config, error) {
	r := newReader(file, string(text), opts)
	defer r.close()
	tree := map[string]any{}
	if _, err := toml.Decode(string(text), &tree); err != nil {
		return nil, Faults{r.syntax(err)}
	}
	c := &Config{file: file, Vault: r.all, places: map[string]Position{}, literals: map[string]literal{}}
	for p, at := range r.places {
		c.places[string(p)] = r.lines.position(at.value)
		if _, taken := r.places[path(p.unquoted())]; !taken {
			c.places[p.unquoted()] = r.lines.position(at.value)
		}
	}
	r.config, c.Named = c, map[string]Named{}
	readTable(r, node{"", tree}, configSettings, c)
	if r.broken != nil {
		return nil, r.broken
	}
	for p, l := range r.literals {
		c.literals[string(p)], c.literals[p.unquoted()] = l, l
	}
	r.check(c)
	if len(r.faults) > 0 {
		r.faults.Sort()
		return nil, r.faults
	}
	return c, nil
}

// At gives the place of a setting by keys (string) and indexes (int), as At("routes", 0, "when"). When the file leaves
// it out, that is the place of what would hold it.
func (c *Config) At(path ...any) Position {
	return c.AtPath(string(makePath(path...)))
}

// AtPath is At for a path in one piece, as "routes[0].when". Names need no quotes in it, whatever they are.
func (c *Config) AtPath(at string) Position {
	if c.endpoint != "" {
		return endpointPlace(c.endpoint, path(at), c.written)
	}
	for p := path(at); p != ""; p = p.parent() {
		if found, ok := c.places[string(p)]; ok {
			return found
		}
		if found, ok := c.places[p.unquoted()]; ok {
			return found
		}
	}
	return Position{File: c.file}
}

// Fault blames the setting of that path, for a package that builds something from this configuration and cannot.
func (c *Config) Fault(what, do string, path ...any) Fault { return Fault{c.At(path...), what, do} }

// File is the file that was read.
func (c *Config) File() string { return c.file }

// Source finds a source by name; nil when there is none.
func (c *Config) Source(name string) *Source {
	return find(c.Sources, func(s *Source) bool { return s.Name == name })
}

// Destination finds a destination by name; nil when there is none.
func (c *Config) Destination(name string) *Destination {
	return find(c.Destinations, func(d *Destination) bool { return d.Name == name })
}

func find[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}

// syntax makes a fault of what the TOML library says. It counts bytes; people count characters.
func (r *reader) syntax(err error) Fault {
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		return Fault{Position{File: r.file}, "is not TOML: " + err.Error(), "correct it"}
	}
	at := r.lines.position(parse.Position.Start)
	if strings.HasPrefix(r.lines.text, "\xef\xbb\xbf") {
		at = r.lines.position(parse.Position.Start + 3)
	}
	message := strings.TrimSuffix(strings.ReplaceAll(parse.Message, "\n", " "), ".")
	do := `write a value as "text", 5, true, ["a", "b"] or { key = "value" }, one setting to a line`
	switch {
	case strings.Contains(message, "already"):
		do = "keep one of the two"
	case strings.Contains(message, "escape"):
		do = `write \\ for a backslash, or put the text in 'single quotes'`
	case strings.Contains(message, "string") || strings.Contains(message, "newline"):
		do = "close the text with the quote it began with, on the same line"
	case strings.Contains(message, "UTF"):
		do = "save the file as UTF-8"
	}
	return Fault{at, "is not TOML: " + message, do}
}

// Sort puts faults in the file's order.
func (fs Faults) Sort() {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.What, b.What))
	})
}

// beside makes a relative path relative to the configuration file.
func (r *reader) beside(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(r.file), path)
}
