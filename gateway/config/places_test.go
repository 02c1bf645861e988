package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// everyKey has every way in which TOML lets one write a key.
const everyKey = "\xef\xbb\xbf" + `# a comment with [brackets] and "quotes"
top = 1 # and one behind
"quo\"ted key" = 'literal # no comment'
dotted.key . "with space".x = [1, [2, 3], { a = 4, b.c = "ö", list = [ { d = 5 } ] },
  # within
  "]",
]
[table]   # [not.this]
  indented = """
[nor.this]
not_a_key = 1
\""" still ""\
"""
ü = false
`

func TestPlaces(t *testing.T) {
	text := strings.Replace(everyKey, "ü = false", `"ü" = '''x'''''`+"\n"+`after = {}`, 1) + `[[list]]
name = "first"
sub.deep = 1
[list.table]
k = 1979-05-27 07:32:00
[[list]]
[[list.inner]]
v = true
[[list.inner]]
v = { }
multi = { a = 1,
  b = 2,
}
`
	want := map[path]string{ // line:column of the key, then of the value
		"top":                                    "2:1 2:7",
		`"quo\"ted key"`:                         "3:1 3:18",
		"dotted":                                 "4:1 4:1",
		`dotted.key."with space".x`:              "4:27 4:31",
		`dotted.key."with space".x[1][0]`:        "4:36 4:36",
		`dotted.key."with space".x[2].b.c`:       "4:54 4:58",
		`dotted.key."with space".x[2].list[0].d`: "4:74 4:78",
		`dotted.key."with space".x[3]`:           "6:3 6:3",
		"table":                                  "8:2 8:2",
		"table.indented":                         "9:3 9:14",
		`table."ü"`:                              "14:1 14:7",
		"table.after":                            "15:1 15:9",
		"list":                                   "16:3 16:1",
		"list[0].name":                           "17:1 17:8",
		"list[0].sub.deep":                       "18:5 18:12",
		"list[0].table.k":                        "20:1 20:5",
		"list[1]":                                "21:3 21:1",
		"list[1].inner[0].v":                     "23:1 23:5",
		"list[1].inner[1]":                       "24:8 24:1",
		"list[1].inner[1].multi.b":               "27:3 27:7",
	}
	if !checkPlaces(t, text) {
		t.Fatal("the text is not TOML")
	}
	found, at := places(text), newLines("", text)
	for p, where := range want {
		place, ok := found[p]
		key, value := at.position(place.key), at.position(place.value)
		if got := fmt.Sprintf("%d:%d %d:%d", key.Line, key.Column, value.Line, value.Column); !ok || got != where {
			t.Errorf("%s is at %s (found: %v), want %s", p, got, ok, where)
		}
	}
	if p := path("table.not_a_key"); found[p] != (place{}) {
		t.Errorf("%s stands in a text, not in the file", p)
	}
}

// checkPlaces holds the places against what the library reads: all paths, no others, and the key stands there. It says
// whether the text is TOML.
func checkPlaces(t *testing.T, text string) bool {
	t.Helper()
	tree := map[string]any{}
	meta, err := toml.Decode(text, &tree)
	found := places(text) // on any text: it has to end
	if err != nil {
		return false
	}
	want := map[path]string{}
	walk("", tree, want)
	for p, key := range want {
		at, ok := found[p]
		if !ok {
			t.Errorf("%s has no place in %q", p, text)
			continue
		}
		rest := text[at.key:]
		if key != "" && !strings.HasPrefix(rest, key) && !strings.HasPrefix(rest, `"`) && !strings.HasPrefix(rest, "'") {
			t.Errorf("%s is said to be at %.20q", p, rest)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(found)) {
		if _, ok := want[p]; !ok {
			t.Errorf("%s is no key of %q", p, text)
		}
	}
	for _, key := range meta.Keys() { // without indexes: any element will do
		if !slices.ContainsFunc(slices.Collect(maps.Keys(found)), func(p path) bool { return withoutIndexes(p) == keyPath(key) }) {
			t.Errorf("the library's key %s has no place in %q", key, text)
		}
	}
	return true
}

func keyPath(key toml.Key) (p path) {
	for _, part := range key {
		p = p.key(part)
	}
	return p
}

func withoutIndexes(p path) path {
	var parts []path
	for ; p != ""; p = p.parent() {
		if part := strings.TrimPrefix(string(p[len(p.parent()):]), "."); !strings.HasPrefix(part, "[") {
			parts = append(parts, path(part))
		}
	}
	slices.Reverse(parts)
	var out path
	for i, part := range parts {
		if i > 0 {
			out += "."
		}
		out += part
	}
	return out
}

func walk(at path, value any, into map[path]string) {
	if items, ok := (node{at, value}).items(); ok {
		for _, item := range items {
			into[item.path] = ""
			walk(item.path, item.value, into)
		}
		return
	}
	if table, ok := value.(map[string]any); ok {
		for key, value := range table {
			into[at.key(key)] = key
			walk(at.key(key), value, into)
		}
	}
}

func FuzzPlaces(f *testing.F) {
	f.Add(strings.TrimSuffix(everyKey, "ü = false\n"))
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "../../config.toml") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, seed := range []string{"[", "[[", "a", "a=", "a=[", "a={", `a="`, `a="""`, "a='''''", `a="\`, "[a.", "a.b", "=", "]", "a=[[[[", "[[a]]\n[a.b]\n[[a.c]]", "\r\n\r", "a={b={c=[{}]}}",
		"a=\"\"\"\"\"\"\nb=1", "a=''''x'''''\nb=1", `"\u00e4\x41\e" = 1`, "a = { b = 1, # c\n }", "a.b.c=1\na.b.d=2\n[a.e]\n", "''=1", `""=1`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 4096 && strings.Count(text, "[")+strings.Count(text, "{") < maxDepth {
			checkPlaces(t, text)
		}
	})
}

func TestPathParts(t *testing.T) {
	tests := []struct {
		parts        []any
		want         path
		parent, last string
	}{
		{nil, "", "", ""},
		{[]any{"server"}, "server", "", "server"},
		{[]any{"sources", "a-b_1", "path"}, "sources.a-b_1.path", "sources.a-b_1", "path"},
		{[]any{"routes", 3, "when"}, "routes[3].when", "routes[3]", "when"},
		{[]any{"routes", 3}, "routes[3]", "routes", "item 4 of routes"},
		{[]any{"sources", "a.b[1]\"c\\"}, `sources."a.b[1]\"c\\"`, "sources", `"a.b[1]\"c\\"`},
		{[]any{"sources", "", "x"}, `sources."".x`, `sources.""`, "x"},
	}
	for _, tt := range tests {
		p := makePath(tt.parts...)
		if p != tt.want || string(p.parent()) != tt.parent || p.last() != tt.last {
			t.Errorf("%v: %s, parent %s, last %s; want %s, %s, %s", tt.parts, p, p.parent(), p.last(), tt.want, tt.parent, tt.last)
		}
	}
}
