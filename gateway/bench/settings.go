package bench

import (
	"fmt"
	"os"
	"path/filepath"
)

// checkPlugins says what to do when a plugin was not built.
func checkPlugins(dir string) error {
	for _, name := range []string{"zendesk.wasm", "webhook.wasm"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("%w; run plugboard plugin build, or name the folder of built plugins with --plugins", err)
		}
	}
	return nil
}

// writeConfig writes the gateway's configuration: a source whose events are only stored, and one whose events go to the
// receiver, which gets the event's number and the time it was sent.
func (r *run) writeConfig(receiver string) (file string, err error) {
	plugins, err := filepath.Abs(r.Plugins)
	if err != nil {
		return "", fmt.Errorf("the folder of plugins: %w", err)
	}
	cache := r.Cache
	if cache == "" {
		cache = filepath.Join(r.dir, "cache")
	}
	text := fmt.Sprintf(`
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
per_address = 1000
[queue]
dir = %q
[plugins]
dir = %q
cache = %q
[sources.stored]
path = "/stored"
plugin = "zendesk"
verify = { scheme = "none" }
[sources.sent]
path = "/sent"
plugin = "zendesk"
verify = { scheme = "none" }
[destinations.receiver]
plugin = "webhook"
url = "http://%s/"
allow_http = true
allow_private = true
concurrency = 64
config = { format = "json", body = '{"id": "{{id}}", "agent": "{{data.agent.id}}", "state": "{{data.state.name}}", "time": "{{time}}", "sent": "{{data.extensions.zendesk.detail.sent}}"}' }
[[routes]]
name = "all that is sent"
from = ["sent"]
to = ["receiver"]
`, filepath.Join(r.dir, "gateway"), plugins, cache, receiver)
	file = filepath.Join(r.dir, "config.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("writing the gateway's configuration: %w", err)
	}
	return file, nil
}
