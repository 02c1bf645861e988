package casefile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// filled is a configuration in which files stand for themselves, as the gateway hands it to a plugin: template_file = "PATH",
// relative to the case's folder, is template with the file's text.
func filled(config json.RawMessage, dir string) (json.RawMessage, error) {
	var c map[string]any
	if json.Unmarshal(config, &c) != nil || !strings.Contains(string(config), `_file"`) {
		return config, nil
	}
	if err := fill(c, dir); err != nil {
		return nil, err
	}
	return json.Marshal(c)
}

func fill(c map[string]any, dir string) error {
	for key, v := range c {
		if inner, ok := v.(map[string]any); ok {
			if err := fill(inner, dir); err != nil {
				return err
			}
		}
		name, isFile := strings.CutSuffix(key, "_file")
		path, isText := v.(string)
		if !isFile || !isText || name == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		delete(c, key)
		c[name] = strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	}
	return nil
}
