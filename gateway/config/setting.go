package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// setting declares one key of a table of the file: the only place that knows its type, default and meaning, and why the
// default is what it is. From these declarations the page of all settings is made (gateway/SETTINGS.md; go test
// ./gateway/config -update), and config.toml is held against them. Who adds one that may be left out says why what it
// is then is right (a test asks for it), in a clause that holds on its own: what it protects, what it is a typical value of.
type setting[T any] struct {
	key      string
	def      any    // read in its place when it is left out, as if it stood there; nil: nothing is
	required string // what to do when it is left out; "": it may be
	meaning  string
	why      string // this default, or none, is right; "" only where required is not
	reads    reads[T]
}

// reads is how a value gets from the file into a T.
type reads[T any] struct {
	kind
	into  func(r *reader, n node, t *T)
	inner []Setting // for a table: what may stand in it
}

// readTable reads a table into t by its settings. Every key of the file must be one of them.
func readTable[T any](r *reader, n node, settings []setting[T], t *T) {
	table, ok := n.value.(map[string]any)
	if !ok {
		r.notTable(n)
		return
	}
	known := make([]string, len(settings))
	for i, s := range settings {
		known[i] = s.key
	}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if !slices.Contains(known, key) {
			r.unknownKey(n, key, known)
		}
	}
	for _, s := range settings {
		_, present := table[s.key]
		if text, ok := sample(s.def); ok {
			r.samples[n.path.key(s.key)] = text
		}
		switch {
		case present:
			s.reads.into(r, n.key(s.key), t)
		case s.required != "":
			r.fault(n, fmt.Sprintf("%s has no %s", n.path, s.key), s.required)
		case s.def != nil:
			s.reads.into(r, node{n.path.key(s.key), s.def}, t)
		}
	}
}

func (r *reader) notTable(n node) {
	do := fmt.Sprintf("write [%s] and its settings below it", n.path)
	if strings.Contains(string(n.path), "[") {
		do = "write { key = value, … }"
	}
	r.fault(n, fmt.Sprintf("%s wants a table, has %s", n.path.last(), typeName(n.value)), do)
}

func (r *reader) unknownKey(n node, key string, known []string) {
	where := "this file"
	if n.path != "" {
		where = string(n.path)
	} else if r.endpoint != nil {
		where = "an endpoint"
	}
	do := "remove it; the keys here are " + strings.Join(known, ", ")
	if len(known) == 0 {
		do = "remove it; nothing else may stand here"
	}
	if meant, ok := nearest(key, known); ok {
		do = "did you mean " + meant + "?"
	}
	r.faultAtKey(n.path.key(key), fmt.Sprintf("%s is not a key of %s", path("").key(key), where), do)
}

// listWords writes "a", "b" or "c".
func listWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = strconv.Quote(word)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}
