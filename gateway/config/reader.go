package config

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/secret"
)

// node is a value of the file with its path.
type node struct {
	path  path
	value any // string, int64, float64, bool, time.Time, []any, []map[string]any, map[string]any; or a default's Go value
}

func (n node) key(name string) node {
	table, _ := n.value.(map[string]any)
	return node{n.path.key(name), table[name]}
}

// items gives a list's items; the library writes lists of tables in two ways.
func (n node) items() ([]node, bool) {
	var values []any
	switch list := n.value.(type) {
	case []any:
		values = list
	case []map[string]any:
		for _, table := range list {
			values = append(values, table)
		}
	default:
		return nil, false
	}
	nodes := make([]node, len(values))
	for i, value := range values {
		nodes[i] = node{n.path.index(i), value}
	}
	return nodes, true
}

// reader is one run over one file.
type reader struct {
	file     string
	lines    lines
	places   map[path]place
	opts     Options
	faults   Faults
	all      *secret.Vault    // every secret that the file names, for redacting
	vault    *secret.Vault    // of the source, destination or transform being read; nil elsewhere
	secrets  string           // the folder, for remedies
	dir      *secret.Dir      // the folder, open; nil when there is none
	config   *Config          // what is being read
	stored   secret.Store     // of the store, once it was asked for
	broken   error            // why it cannot be opened
	grants   map[string]bool  // names in the plugin configuration being read
	plugins  []node           // where plugins are named
	listen   map[path]string  // addresses by setting
	urls     []configuredURL  // to be checked when all of their destination is read
	endpoint *endpointReading // nil where a file is read
	// storable says that what opening the store needs is read.
	storable bool
	samples  map[path]string  // a setting's default as TOML: what to write where a remedy needs a value
	literals map[path]literal // expressions as they are written
	secretly map[path]bool    // texts with a secret in them
}

func newReader(file, text string, opts Options) *reader {
	if opts.Getenv == nil {
		opts.Getenv = os.LookupEnv
	}
	return &reader{file: file, lines: newLines(file, text), places: places(text), opts: opts, all: &secret.Vault{},
		listen: map[path]string{}, samples: map[path]string{}, literals: map[path]literal{}, secretly: map[path]bool{}}
}

func (r *reader) close() {
	if r.dir != nil {
		_ = r.dir.Close() // nothing was written
	}
}

// valueAt is where the value stands, or else what would hold it.
func (r *reader) valueAt(p path) Position {
	if r.endpoint != nil {
		return Position{File: r.endpoint.pointer(p)}
	}
	at, ok := r.find(p)
	if !ok {
		return Position{File: r.file}
	}
	return r.lines.position(at.value)
}

func (r *reader) keyAt(p path) Position {
	if r.endpoint != nil {
		return Position{File: r.endpoint.pointer(p)}
	}
	at, ok := r.find(p)
	if !ok {
		return Position{File: r.file}
	}
	return r.lines.position(at.key)
}

func (r *reader) find(p path) (place, bool) {
	for ; p != ""; p = p.parent() {
		if at, ok := r.places[p]; ok {
			return at, true
		}
	}
	return place{}, false
}

// fault blames a value. A lenient reader passes over one that a secret makes wrong: the commands that would put a better
// secret into the store are among those that read so.
func (r *reader) fault(n node, what, do string) {
	if r.secretly[n.path] && r.lenientIn(n, secretParts...) {
		return
	}
	r.faults = append(r.faults, Fault{r.valueAt(n.path), what, do})
}

func (r *reader) faultAtKey(p path, what, do string) {
	r.faults = append(r.faults, Fault{r.keyAt(p), what, do})
}

// missing is a fault in what this file needs from around it; a lenient reader lets it pass outside of the gateway's own
// settings.
func (r *reader) missing(n node, what, do string) {
	r.missingFrom(n, what, do, "sources", "destinations", "routes")
}

// missingSecret lets [server] pass as well: its certificate is nothing that a lenient reader needs.
func (r *reader) missingSecret(n node, what, do string) {
	r.missingFrom(n, what, do, secretParts...)
}

var secretParts = []string{"server", "sources", "destinations", "routes"}

func (r *reader) missingFrom(n node, what, do string, lenient ...string) {
	if !r.lenientIn(n, lenient...) {
		r.fault(n, what, do)
	}
}

func (r *reader) lenientIn(n node, parts ...string) bool {
	part, _, _ := strings.Cut(string(n.path), ".")
	part, _, _ = strings.Cut(part, "[")
	return r.opts.Lenient && slices.Contains(parts, part)
}

// kind says what a setting wants, in words and by example.
type kind struct{ wants, example string }

// wrong says that a value is not of its kind. Whoever wrote it knows the value, so its type is named alone.
func (r *reader) wrong(n node, k kind) {
	r.fault(n, fmt.Sprintf("%s wants %s, has %s", n.path.last(), k.wants, typeName(n.value)), r.remedy(n, k))
}

// invalid says that a value of the right type does not do; shown is the value as people may see it.
func (r *reader) invalid(n node, k kind, shown string) {
	if cut := 60; len(shown) > cut {
		shown = strings.ToValidUTF8(shown[:cut], "") + "…"
	}
	r.fault(n, fmt.Sprintf("%s wants %s, has %s", n.path.last(), k.wants, shown), r.remedy(n, k))
}

func (r *reader) remedy(n node, k kind) string {
	if strings.HasPrefix(n.path.last(), "item ") {
		return "write " + k.example
	}
	if sample, ok := r.samples[n.path]; ok {
		k.example = sample
	}
	if r.endpoint != nil {
		return fmt.Sprintf("write %q: %s", n.path.last(), strings.ReplaceAll(k.example, "'", `"`))
	}
	return "write " + n.path.last() + " = " + k.example
}

// sample writes a default as TOML; false for tables, lists and the empty text, which are no good examples.
func sample(def any) (string, bool) {
	switch def := def.(type) {
	case string:
		return strconv.Quote(def), def != ""
	case int64, bool:
		return fmt.Sprint(def), true
	}
	return "", false
}

func typeName(value any) string {
	switch value.(type) {
	case string:
		return "a text"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case time.Time:
		return "a date"
	case []any, []map[string]any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return fmt.Sprintf("a %T", value)
}
