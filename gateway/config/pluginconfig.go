package config

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// pluginConfig is a table for a plugin: any keys, any values. It becomes JSON, in which a secret is a placeholder of the
// vault of whatever is being read.
func pluginConfig[T any](field func(*T) *Settings) reads[T] {
	k := kind{"a table", `{ account = "main" }`}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		table, ok := n.value.(map[string]any)
		if !ok {
			r.wrong(n, k)
			return
		}
		r.grants = map[string]bool{}
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false) // plugins compare bytes; nothing here is HTML
		if err := encoder.Encode(r.plain(node{n.path, table})); err != nil {
			r.fault(n, "cannot be written as JSON: "+err.Error(), "remove what JSON does not know")
		}
		*field(t) = Settings{JSON: bytes.TrimSuffix(out.Bytes(), []byte("\n")), Grants: slices.Sorted(maps.Keys(r.grants))}
		r.grants = nil
	}}
}

// fileKey says whether a key brings a file in: layout_file = "PATH" is layout = "{{file.PATH}}", unless there is a layout as well.
// A plugin reads no files, so a key of that name could mean nothing else.
func fileKey(table map[string]any, key string) (name, path string, ok bool) {
	name, ok = strings.CutSuffix(key, "_file")
	path, isText := table[key].(string)
	_, taken := table[name]
	return name, path, ok && isText && !taken && name != "" && !strings.ContainsAny(path, "{}")
}

// plain makes a value fit for JSON and fills in its references.
func (r *reader) plain(n node) any {
	if items, ok := n.items(); ok {
		list := make([]any, len(items))
		for i, item := range items {
			list[i] = r.plain(item)
		}
		return list
	}
	switch value := n.value.(type) {
	case string:
		filled, _ := r.expand(n, value, usage{braces: true, plugin: true})
		return filled.placeholder
	case map[string]any:
		table := make(map[string]any, len(value))
		for key := range value {
			if name, path, ok := fileKey(value, key); ok {
				filled, _ := r.expand(n.key(key), "{{file."+path+"}}", usage{braces: true, plugin: true})
				table[name] = filled.placeholder
				continue
			}
			table[key] = r.plain(n.key(key))
		}
		return table
	case time.Time:
		return value.Format(time.RFC3339Nano)
	case float64:
		if math.IsNaN(value) || math.IsInf(value, 0) {
			r.fault(n, n.path.last()+" is no number that JSON knows", "write a finite number, or a text")
			return nil
		}
	}
	return n.value
}
