package gateway_test

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// TestBundledPluginsHoldTheirConfiguration: what is wrong in a bundled plugin's config is found by its manifest, all of it at
// once, each with its place. The control is the same configuration without the mistakes.
func TestBundledPluginsHoldTheirConfiguration(t *testing.T) {
	const good = `
[queue]
dir = "data"
[plugins]
PLUGINS
[sources.zendesk]
plugin = "zendesk"
verify = { scheme = "none" }
config = { account = "main", timezone = "UTC", status_base = { Schulung = "unavailable" } }
[destinations.babelforce]
plugin = "babelforce"
url    = "https://babelforce.example"
config = { presence_map = { away = "away" }, unmapped = "drop" }
[destinations.crm]
plugin = "webhook"
url    = "https://crm.example"
config = { method = "PUT", format = "json", body = '{"a": "{{id}}"}', headers = { x-a = "{{type}}" } }
[[routes]]
name = "all"
to   = ["babelforce", "crm"]
`
	text := strings.Replace(good, "PLUGINS", gatewaytest.PluginsTable(t), 1)
	if err := gateway.Check(t.Context(), gateway.Options{ConfigFile: gatewaytest.Write(t, text)}); err != nil {
		t.Fatalf("the control: %v", err)
	}
	mistakes := strings.NewReplacer(`"unavailable"`, `"busy"`, `"drop"`, `"ignore"`, `away = "away"`, `away = 7`, `"PUT"`, `["PUT"]`, `x-a =`, `y = 1, x-a =`)
	for config, faults := range map[string][]string{
		mistakes.Replace(text): {
			`:11:75: plugin "zendesk": status_base.Schulung is none of what it may be; write "available" or "limited"`,
			`:15:36: plugin "babelforce": presence_map.away is a number; make it a text`,
			`:15:52: plugin "babelforce": unmapped is none of what it may be; write "name" or "check" or "create" or "drop" or "fail"`,
			`:19:21: plugin "webhook": method is a list; make it a text`,
			`:19:89: plugin "webhook": headers.y is a number; make it a text`,
		},
		strings.NewReplacer(`presence_map =`, `presences =`, `{{id}}`, `{{id}`).Replace(text): {
			`:15:24: plugin "babelforce": presences is not a key that it knows; remove it; the keys are account, agent_source, api_changes`,
			`:17:10: plugin "webhook" is refused: body: line 1, column 8`, // a template's place is the plugin's to say
		},
	} {
		err := gateway.Check(t.Context(), gateway.Options{ConfigFile: gatewaytest.Write(t, config)})
		for _, fault := range faults {
			if err == nil || !strings.Contains(err.Error(), "config.toml"+fault) {
				t.Errorf("want …%s…\n got %v", fault, err)
			}
		}
	}
}
