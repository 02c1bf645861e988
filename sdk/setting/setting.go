// Package setting reads a plugin's configuration, key by key, in the plugin's init. Its errors refuse the configuration: they name
// the key, and say what to write there.
package setting

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Table are names and what they stand for, in the order of the configuration.
type Table []struct{ Name, Value string }

// Read reads a table of texts; words are what its values may be, any if there are none.
func (t *Table) Read(key string, v jsondoc.Value, words ...string) error {
	if v.Kind() != jsondoc.Object {
		return sdk.Reject(key + ` is not a table; write ` + key + ` = { "name" = "…" }`)
	}
	for name, word := range v.Each {
		if word.Kind() != jsondoc.String {
			return sdk.Reject(key + `: "` + name + `" is not set to a text`)
		}
		if len(words) > 0 {
			if _, err := OneOf(key+`: "`+name+`"`, word, words...); err != nil {
				return err
			}
		}
		*t = append(*t, struct{ Name, Value string }{name, word.Str()})
	}
	return nil
}

// Find is what a name stands for; same says which names are the same. "" stands for nothing.
func (t Table) Find(name string, same func(a, b string) bool) (value string, ok bool) {
	if name == "" {
		return "", false
	}
	for i := range t {
		if same(t[i].Name, name) {
			return t[i].Value, true
		}
	}
	return "", false
}

// Text reads a text.
func Text(key string, v jsondoc.Value, to *string) error {
	if *to = v.Str(); v.Kind() != jsondoc.String {
		return sdk.Reject(key + " is not a text")
	}
	return nil
}

// List reads a list of texts, in place of what was there.
func List(key string, v jsondoc.Value, to *[]string) error {
	*to = nil
	for _, e := range v.Each {
		if e.Kind() != jsondoc.String {
			return sdk.Reject(key + " holds something that is not a text")
		}
		*to = append(*to, e.Str())
	}
	if v.Kind() != jsondoc.Array {
		return sdk.Reject(key + ` is not a list of texts; write ` + key + ` = ["…"]`)
	}
	return nil
}

// OneOf reads a text that is one of the words.
func OneOf(key string, v jsondoc.Value, words ...string) (string, error) {
	for _, w := range words {
		if v.Kind() == jsondoc.String && v.Str() == w {
			return w, nil
		}
	}
	return "", sdk.Reject(key + " is \"" + v.Str() + "\"; write " + strings.Join(words, " or "))
}
