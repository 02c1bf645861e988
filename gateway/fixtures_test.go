package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// TestFixturesThroughTry plays each recorded request of vendors through a source that is configured as the fixture's connection says,
// layout file included, in a gateway that runs: what is tried is the file as it is then. The ones with a canonical reading must equal it field for field,
// but for the id, of which that shows only the form.
func TestFixturesThroughTry(t *testing.T) {
	counts := map[string]struct{ fixtures, canonical int }{"talkdesk": {18, 4}, "eddydesk": {14, 3}, "wfm-ringcx": {17, 4}, "ziwo": {13, 3}}
	silent := map[string]int{"wfm-ringcx/17-endpoint-validation": 200, "ziwo/13-curly-quotes": 202} // what no event comes of
	for vendor, want := range counts {
		config := fmt.Sprintf("[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[queue]\ndir = \"data\"\nmin_free = \"1MiB\"\n[plugins]\n%s"+
			"[sources.keeps-the-plugin-loaded]\nplugin = %q\nverify = { scheme = \"none\" }\n", gatewaytest.PluginsTable(t), vendor)
		configured := gatewaytest.Write(t, config)
		g := start(t, configured)
		files, err := filepath.Glob("../plugins/" + vendor + "/testdata/[0-9][0-9]-*.request.json")
		if err != nil || len(files) != want.fixtures {
			t.Fatalf("%s: %d fixtures, %v; want %d", vendor, len(files), err, want.fixtures)
		}
		compared := 0
		for _, file := range files {
			name := vendor + "/" + fixtureName(file)
			if err := os.WriteFile(configured, []byte(config+fixtureSource(t, vendor, file)), 0o600); err != nil {
				t.Fatal(err)
			}
			r := g.try(t, trial(t, file))
			if status, none := silent[name]; none {
				if r.Status != status || len(r.Events) > 0 {
					t.Errorf("%s: %+v, want %d and no event", name, r, status)
				}
				continue
			}
			if r.Status != 202 || len(r.Events) != 1 {
				t.Errorf("%s: %+v", name, r)
				continue
			}
			for _, reading := range []string{"testdata/canonical/" + vendor + "." + fixtureName(file) + ".event.json", strings.Replace(file, ".request.", ".event.", 1)} {
				if compareFixture(t, name, r.Events[0], reading) {
					compared++
				}
			}
		}
		if compared != want.canonical {
			t.Errorf("%s: %d fixtures were compared with a canonical reading, want %d", vendor, compared, want.canonical)
		}
	}
}

func fixtureName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".request.json") }

// try has a running gateway play a request, as plugboard try does beside it.
func (g *running) try(t *testing.T, tr gateway.Trial) (r gateway.TrialResult) {
	t.Helper()
	headers := map[string]string{}
	for _, h := range tr.Headers {
		headers[h.Name] = h.Value
	}
	body, err := json.Marshal(string(tr.Body)) // every fixture is text
	if err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal(admin.Trial{Method: tr.Method, Target: tr.Target, Headers: headers, Body: body, Now: tr.Now})
	if err != nil {
		t.Fatal(err)
	}
	status, _, answer := g.call(t, g.local(t), http.MethodPost, "/v1/try", string(request))
	if err := json.Unmarshal(answer, &r); err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d %s", tr.Target, status, answer)
	}
	return r
}

// fixtureSource is a source made of a fixture's connection.
func fixtureSource(t *testing.T, vendor, file string) string {
	t.Helper()
	var r struct {
		Target     string
		Connection map[string]any
	}
	readJSON(t, file, &r)
	config := map[string]any{}
	for key, value := range r.Connection {
		switch text, _ := value.(string); {
		case strings.HasSuffix(key, "_file"):
			absolute, err := filepath.Abs(filepath.Join(filepath.Dir(file), text))
			if err != nil {
				t.Fatal(err)
			}
			config[key] = absolute
		case key != "send_body_as_json": // which is a destination's; a source reads both
			config[key] = value
		}
	}
	path, _, _ := strings.Cut(r.Target, "?")
	return fmt.Sprintf("[sources.fixture]\npath = %q\nplugin = %q\nmethods = [\"POST\", \"GET\"]\nverify = { scheme = \"none\" }\nconfig = %s\n",
		path, vendor, inTOML(config))
}

// compareFixture holds an event against its canonical reading, if there is one, but for the id.
func compareFixture(t *testing.T, name string, got json.RawMessage, file string) bool {
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
		t.Errorf("%s: id %q", name, id)
	}
	have["id"] = want["id"]
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("%s: canonical reading (-want +got):\n%s", name, diff)
	}
	return true
}
