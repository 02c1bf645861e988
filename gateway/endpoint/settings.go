package endpoint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/plugboard/plugboard/gateway/secret"
)

// Settings are an endpoint as its author wrote it: JSON, numbers as json.Number.
type Settings map[string]any

// Secrets are the values that were taken out of Settings, by the pointers to where they stood.
type Secrets map[string]any

// part takes what stands at the pointers out of the settings.
func (s Settings) part(hidden []string) (Settings, Secrets) {
	open, _ := copied(map[string]any(s)).(map[string]any)
	var secrets Secrets
	for _, pointer := range hidden {
		put(open, pointer, func(value any) any {
			if secrets == nil {
				secrets = Secrets{}
			}
			secrets[pointer] = value
			return secret.Redacted
		})
	}
	return open, secrets
}

// Full are the settings with their secrets.
func (r *Record) Full() Settings {
	full, _ := copied(map[string]any(r.Settings)).(map[string]any)
	for pointer, value := range r.Secrets {
		put(full, pointer, func(any) any { return value })
	}
	return full
}

func copied(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for key := range value {
			out[key] = copied(value[key])
		}
		return out
	case []any:
		out := slices.Clone(value)
		for i := range out {
			out[i] = copied(out[i])
		}
		return out
	}
	return value
}

// put replaces what stands at a JSON pointer; nothing stands at one that leads nowhere.
func put(in any, pointer string, with func(any) any) {
	head, rest, more := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	key := strings.NewReplacer("~1", "/", "~0", "~").Replace(head)
	switch in := in.(type) {
	case map[string]any:
		value, there := in[key]
		switch {
		case !there:
		case more:
			put(value, rest, with)
		default:
			in[key] = with(value)
		}
	case []any:
		i, err := strconv.Atoi(key)
		switch {
		case err != nil || i < 0 || i >= len(in):
		case more:
			put(in[i], rest, with)
		default:
			in[i] = with(in[i])
		}
	}
}
