package config

import (
	"fmt"
	"maps"
	"slices"
)

// table is a table with settings of its own.
func table[T, P any](example string, settings []setting[P], field func(*T) *P) reads[T] {
	return reads[T]{kind: kind{"a table", example}, inner: describe(settings), into: func(r *reader, n node, t *T) {
		readTable(r, n, settings, field(t))
	}}
}

// named is a table of tables: one for each name, in the names' order. begin makes what a table is read into.
func named[T, P any](what string, settings []setting[P], begin func(r *reader, name string) *P, field func(*T) *[]*P) reads[T] {
	k := kind{"a table for each " + what, "{ … }"}
	return reads[T]{kind: k, inner: describe(settings), into: func(r *reader, n node, t *T) {
		tables, ok := n.value.(map[string]any)
		if !ok {
			r.fault(n, fmt.Sprintf("%s wants %s, has %s", n.path.last(), k.wants, typeName(n.value)), fmt.Sprintf("write [%s.NAME] and its settings below it", n.path))
			return
		}
		for _, name := range slices.Sorted(maps.Keys(tables)) {
			at := n.path.key(name)
			if !validName(name) {
				r.faultAtKey(at, fmt.Sprintf("%q is not a name for a %s", name, what), `use at most 100 small letters, digits, ".", "_" and "-", a letter or digit first`)
			}
			p := begin(r, name)
			readTable(r, node{at, tables[name]}, settings, p)
			r.vault, r.grants = nil, nil
			*field(t) = append(*field(t), p)
		}
	}}
}

// validName says whether a source, destination or plugin may be called so: the name stands in URLs, file names, metrics.
func validName(name string) bool {
	if name == "" || len(name) > 100 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		inside := i > 0 && (c == '.' || c == '_' || c == '-')
		if !inside && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
