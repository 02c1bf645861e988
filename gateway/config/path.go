package config

import (
	"strconv"
	"strings"
)

// path is a key path as people write it: destinations.babelforce.url, routes[0].when, sources."a b".path.
type path string

func (p path) key(name string) path {
	if !bare(name) {
		name = strconv.Quote(name)
	}
	if p == "" {
		return path(name)
	}
	return p + "." + path(name)
}

func (p path) index(i int) path { return p + path("["+strconv.Itoa(i)+"]") }

// parent is the path without its last key or index.
func (p path) parent() path {
	quoted := false
	for i := len(p) - 1; i > 0; i-- {
		switch c := p[i]; {
		case c == '"' && !escaped(string(p[:i])):
			quoted = !quoted
		case !quoted && (c == '.' || c == '['):
			return p[:i]
		}
	}
	return ""
}

// last is the last key, or "item 3" of a list.
func (p path) last() string {
	end := strings.TrimPrefix(string(p[len(p.parent()):]), ".")
	if strings.HasPrefix(end, "[") {
		i, _ := strconv.Atoi(strings.Trim(end, "[]"))
		return "item " + strconv.Itoa(i+1) + " of " + p.parent().last()
	}
	return end
}

// unquoted is the path without quotes around its keys.
func (p path) unquoted() string { return strings.ReplaceAll(string(p), `"`, "") }

// makePath joins keys (string) and indexes (int).
func makePath(parts ...any) path {
	var p path
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			p = p.key(part)
		case int:
			p = p.index(part)
		}
	}
	return p
}

func bare(name string) bool {
	for i := range len(name) {
		if c := name[i]; !alphanumeric(c) && c != '_' && c != '-' {
			return false
		}
	}
	return name != ""
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// escaped says whether what follows s stands behind an odd number of backslashes.
func escaped(s string) bool {
	return (len(s)-len(strings.TrimRight(s, `\`)))%2 == 1
}
