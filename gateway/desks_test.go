package gateway_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// TestDeskFixturesThroughTry plays each recorded request of the vendors whose messages an administrator writes through a source that
// is configured as the fixture's connection says, layout file included. The ones with a canonical reading must equal it field for
// field, but for the id, of which that shows only the form.
func TestDeskFixturesThroughTry(t *testing.T) {
	for vendor, want := range map[string]struct{ fixtures, canonical int }{"talkdesk": {18, 4}, "eddydesk": {14, 3}} {
		files, err := filepath.Glob("../plugins/" + vendor + "/testdata/[0-9][0-9]-*.request.json")
		if err != nil || len(files) != want.fixtures {
			t.Fatalf("%d fixtures, %v; want %d", len(files), err, want.fixtures)
		}
		compared := 0
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".request.json")
			if testing.Short() && !canonicalReading(vendor, name) {
				continue
			}
			t.Run(vendor+"/"+name, func(t *testing.T) {
				r, err := gateway.Try(t.Context(), gateway.Options{ConfigFile: deskConfig(t, vendor, file)}, trial(t, file))
				if err != nil || r.Status != 202 || len(r.Events) != 1 {
					t.Fatalf("%+v, %v", r, err)
				}
				if compareDesk(t, r.Events[0], "testdata/canonical/"+vendor+"."+name+".event.json") {
					compared++
				}
			})
		}
		if compared != want.canonical {
			t.Errorf("%s: %d fixtures were compared with a canonical reading, want %d", vendor, compared, want.canonical)
		}
	}
}

// deskConfig is a configuration with one source, made of a fixture's connection.
func deskConfig(t *testing.T, vendor, file string) string {
	t.Helper()
	var r struct {
		Target     string
		Connection map[string]string
	}
	readJSON(t, file, &r)
	path, _, _ := strings.Cut(r.Target, "?")
	var config []string
	for key, value := range r.Connection {
		if strings.HasSuffix(key, "_file") {
			absolute, err := filepath.Abs(filepath.Join(filepath.Dir(file), value))
			if err != nil {
				t.Fatal(err)
			}
			value = absolute
		}
		config = append(config, fmt.Sprintf("%s = %q", key, value))
	}
	return gatewaytest.Write(t, fmt.Sprintf("[queue]\ndir = \"data\"\n[plugins]\n%s\n[sources.desk]\npath = %q\nplugin = %q\nmethods = [\"POST\", \"GET\"]\n"+
		"verify = { scheme = \"none\" }\nconfig = { %s }\n", gatewaytest.PluginsTable(t), path, vendor, strings.Join(config, ", ")))
}

// compareDesk holds an event against its canonical reading, if there is one, but for the id.
func compareDesk(t *testing.T, got json.RawMessage, file string) bool {
	t.Helper()
	if _, err := os.Stat(file); err != nil {
		return false
	}
	var want, have map[string]any
	readJSON(t, file, &want)
	if err := json.Unmarshal(got, &have); err != nil {
		t.Fatal(err)
	}
	if id, _ := have["id"].(string); len(id) != 32 {
		t.Errorf("id %q", id)
	}
	have["id"] = want["id"]
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("canonical reading (-want +got):\n%s", diff)
	}
	return true
}
