package vendors_test

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/sdk/casefile"
)

// odd are values that somebody sends one day in the place of any other.
var odd = []any{
	nil, "", "n/a", "0", "1", "true", true, false, json.Number("7"), json.Number("-3"), json.Number("9007199254740993"),
	json.Number("12.50"), "9007199254740993", "Müllpause ☕ “quoted” <&> 'x'", "متاح", "👩‍💻 à é", "line\nbreak\tand \u0001", "{{agent_id}}", "{owner_id}",
	"2025-03-04T10:15:00+01:00", "2025-03-04T09:15:00.120Z", "2025-03-30 02:30:00", "1741082400", "agent/7", "a:b:c", "a=b&c=d%", strings.Repeat("long ", 200),
	map[string]any{}, map[string]any{"id": json.Number("5")}, []any{}, []any{"a", nil, "b"}, []any{map[string]any{"x": "y"}},
}

// change alters a request in one to four places; false when it has none.
func (p *plugin) change(rng *rand.Rand, r *casefile.Request) bool {
	var v any
	switch {
	case json.Unmarshal(r.Body, &v) == nil:
		dec := json.NewDecoder(strings.NewReader(string(r.Body)))
		dec.UseNumber()
		if dec.Decode(&v) != nil {
			return false
		}
		for range 1 + rng.IntN(4) {
			p.alter(rng, v)
		}
		body, err := json.Marshal(v)
		r.Body = body
		return err == nil
	case strings.HasPrefix(string(r.Body), "<"):
		r.Body = changeXML(rng, r.Body)
		return true
	case strings.HasPrefix(r.Headers["content-type"], "application/x-www-form-urlencoded"):
		r.Body = []byte(changePairs(rng, string(r.Body)))
		return true
	case r.Query != "":
		r.Query = changePairs(rng, r.Query)
		return true
	}
	return false
}

// alter changes one place in a tree: another value, none, or one more.
func (p *plugin) alter(rng *rand.Rand, v any) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return
		}
		names := slices.Sorted(maps.Keys(v))
		name := names[rng.IntN(len(names))]
		switch m := v[name]; {
		case isContainer(m) && rng.IntN(8) > 0:
			p.alter(rng, m)
		case rng.IntN(6) == 0:
			delete(v, name)
		case rng.IntN(8) == 0:
			v[[...]string{"added", "a.b", "agent_id", "id", "x-y"}[rng.IntN(5)]] = oddValue(rng)
		case rng.IntN(6) == 0:
			v[name] = clone(v[names[rng.IntN(len(names))]])
		default:
			v[name] = oddValue(rng)
		}
	case []any:
		if len(v) > 0 {
			i := rng.IntN(len(v))
			if isContainer(v[i]) {
				p.alter(rng, v[i])
			} else {
				v[i] = oddValue(rng)
			}
		}
	}
}

func oddValue(rng *rand.Rand) any { return clone(odd[rng.IntN(len(odd))]) }

// clone copies lists and objects: each is changed in its own place.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := map[string]any{}
		for name, m := range v {
			c[name] = clone(m)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, m := range v {
			c[i] = clone(m)
		}
		return c
	}
	return v
}

func isContainer(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	return false
}

// changeXML alters the text between two tags.
func changeXML(rng *rand.Rand, body []byte) []byte {
	parts := strings.Split(string(body), ">")
	i := rng.IntN(len(parts))
	if _, tag, ok := strings.Cut(parts[i], "<"); ok && strings.HasPrefix(tag, "/") {
		if word, ok := oddValue(rng).(string); ok {
			var text strings.Builder
			if xml.EscapeText(&text, []byte(word)) == nil {
				parts[i] = text.String() + "<" + tag
			}
		}
	}
	return []byte(strings.Join(parts, ">"))
}

// changePairs alters a form or query string.
func changePairs(rng *rand.Rand, s string) string {
	pairs := strings.Split(s, "&")
	for range 1 + rng.IntN(3) {
		i := rng.IntN(len(pairs))
		name, _, _ := strings.Cut(pairs[i], "=")
		if word, ok := oddValue(rng).(string); ok {
			pairs[i] = name + "=" + url.QueryEscape(word)
		} else {
			pairs = append(slices.Delete(pairs, i, i+1), "added=1")
		}
	}
	return strings.Join(pairs, "&")
}

// loseLeaf takes one text, the last by name at each step, out of what encode wrote.
func loseLeaf(v any) bool {
	o, ok := v.(map[string]any)
	if !ok {
		return false
	}
	names := slices.Sorted(maps.Keys(o))
	for _, name := range slices.Backward(names) {
		if s, ok := o[name].(string); ok && s != "" && name != "method" && name != "path" && name != "content-type" {
			delete(o, name)
			return true
		}
		if loseLeaf(o[name]) {
			return true
		}
	}
	return false
}
