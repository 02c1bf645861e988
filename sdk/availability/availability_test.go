package availability_test

import (
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/availability"
	"github.com/plugboard/plugboard/sdk/plugintest"
)

var table = availability.Table{{"idle", "available"}, {"meal", "unavailable"}}

func TestBase(t *testing.T) {
	for _, tt := range []struct {
		name, config, base string
		custom             bool
	}{
		{"idle", `{}`, "available", false},
		{"IDLE", `{}`, "available", false},
		{"Schulung", `{}`, "unknown", true},
		{"Schulung", `{"status_base":{"schulung":"unavailable"}}`, "unavailable", true},
		{"meal", `{"status_base":{"Meal":"wrap_up"}}`, "wrap_up", false},
	} {
		asked := false
		p := plugintest.Plugin{Init: func() error {
			asked = true
			if base, custom := table.Base(tt.name); base != tt.base || custom != tt.custom {
				t.Errorf("%s with %s: %s, %v; want %s, %v", tt.name, tt.config, base, custom, tt.base, tt.custom)
			}
			return nil
		}}
		if refused := plugintest.Refusal(p, tt.config); refused != "" || !asked {
			t.Errorf("%s with %s: %q", tt.name, tt.config, refused)
		}
	}
}

func TestCheck(t *testing.T) {
	for config, want := range map[string]string{
		`{}`: "", `{"account":"a","heartbeats":true,"types":{"x":"call.ended"},"status_base":{"x":"engaged"}}`: "",
		`{"acount":"a"}`:               "acount: unknown key; the keys are account, heartbeats, types and status_base",
		`{"types":"x"}`:                "types: want a table of names",
		`{"types":{"x":1}}`:            `types: "x" is set to 1; write a type`,
		`{"status_base":{"x":"away"}}`: `status_base: "x" is set to "away"; write`,
	} {
		err := plugintest.Refusal(plugintest.Plugin{Init: func() error { return availability.Check("heartbeats") }}, config)
		if want == "" && err != "" || !strings.Contains(err, want) {
			t.Errorf("%s: %q, want %q", config, err, want)
		}
	}
}
