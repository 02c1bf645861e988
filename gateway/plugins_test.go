package gateway_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/queue"
)

// TestInitIsTried: a plugin's init says no to a configuration before it is taken into use, with its own words. They may
// hold a placeholder, which is shown as the secret's name.
func TestInitIsTried(t *testing.T) {
	t.Setenv("PLUGBOARD_SECRET_KEY", "kanarienvogel")
	with := func(config string) string { return probeSource + "config = " + config + "\n" }
	p := probeFiles(t, with(`{ refuse = "no thanks, {{secret.key}}" }`), nil)
	want := `config.toml:13:10: plugin "probe" is refused: no thanks, {{secret.key}}; correct its configuration, or replace plugins/probe.wasm`
	if got := p.checked(t); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	p = probe(t, with(`{}`), nil)
	p.write(t, "config.toml", strings.Replace(readFile(t, p.file), "config = {}", `config = { refuse = "no" }`, 1))
	if err := p.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), `plugin "probe" is refused: no;`) {
		t.Error(err)
	}
	p.said(t, `{"id":"7"}`)
}

const described = `{"name":"probe","version":"1.2.3","vendor":"acme","description":"Tells what it got","functions":["receive","format"],
	"config":{"type":"object","additionalProperties":false,"properties":{"teams":{"type":"array","items":{"type":"string"}}}},"lookup":["agents"]}`

// TestManifest: what a plugin says of itself is shown by the API, and its configuration is held against it with its place.
func TestManifest(t *testing.T) {
	table := map[string]string{"agents.csv": "id,name\n"}
	named := probeSource + "config = { teams = [\"a\"] }\n[tables.agents]\nfile = \"agents.csv\"\n"
	p := probeFiles(t, named, table)
	p.write(t, "plugins/probe.wasm", string(probeNamed(t, described)))
	p.running = startWith(t, gateway.Options{ConfigFile: p.file})
	if i := p.plugin(t); i.Version != "1.2.3" || i.Vendor != "acme" || i.Description != "Tells what it got" || len(i.UsedBy) != 1 || i.UsedBy[0] != "sources.probe" {
		t.Errorf("%+v", i)
	}
	for _, tt := range []struct{ from, to, want string }{
		{`["a"]`, `["a", 7]`, `config.toml:15:26: plugin "probe": teams[1] is a number; make it a text`},
		{`teams`, `team`, `config.toml:15:19: plugin "probe": team is not a key that it knows; remove it; the keys are teams`},
		{`[tables.agents]`, `[tables.others]`, `config.toml:13:10: plugin "probe" looks things up in a table "agents", which is not there; write [tables.agents] and file = "agents.csv"`},
	} {
		p := probeFiles(t, strings.Replace(named, tt.from, tt.to, 1), table)
		p.write(t, "plugins/probe.wasm", string(probeNamed(t, described)))
		if got := p.checked(t); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	p = probeFiles(t, probeSource, nil)
	p.write(t, "plugins/probe.wasm", string(probeNamed(t, `{"functions":["transform"]}`)))
	if got := p.checked(t); !strings.Contains(got, `its manifest says that it has transform, and it exports only receive, format, judge`) {
		t.Error(got)
	}
}

// TestSign: a plugin signs with a secret that its own configuration names, by its name or by what it sees of it, and with
// no other that there is.
func TestSign(t *testing.T) {
	t.Setenv("PLUGBOARD_SECRET_KEY", "kanarienvogel")
	t.Setenv("PLUGBOARD_SECRET_OTHER", "not for it")
	mac := hmac.New(sha256.New, []byte("kanarienvogel"))
	mac.Write([]byte("7"))
	want := hex.EncodeToString(mac.Sum(nil))
	for config, want := range map[string]string{
		`{ key = "{{secret.key}}" }`:                    want,
		`{ key = "key", granted = ["{{secret.key}}"] }`: want,
		`{ key = "other", granted = "{{secret.key}}" }`: "not granted",
		`{ key = "{{secret.key}}x" }`:                   "not granted",
	} {
		p := probe(t, probeSource+"config = "+config+"\n[sources.second]\nverify = { scheme = \"bearer\", token = \"{{secret.other}}\" }\n", nil)
		if got := p.said(t, `{"id":"7"}`).Agent["email"]; got != want {
			t.Errorf("%s: %q, want %q", config, got, want)
		}
	}
	p := probe(t, probeSource+"config = { key = \"key\" }\n", nil)
	if status, a := p.post(t, "/hooks/probe", `{"id":"7"}`); status != http.StatusAccepted || !a.Aside {
		t.Errorf("signing without any grant: %d %+v", status, a)
	}
}

// TestStandardErrorIsKept: what a plugin wrote to standard error while it failed is kept with the request that it failed
// on, behind the reason.
func TestStandardErrorIsKept(t *testing.T) {
	p := probe(t, probeSource, nil)
	if status, a := p.post(t, "/hooks/probe", `{"id":"panic"}`); status != http.StatusAccepted || !a.Aside {
		t.Fatalf("%d %+v", status, a)
	}
	page, err := p.Store().Rejected(t.Context(), queue.Filter{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	first, rest, _ := strings.Cut(page.Items[0].Reason, "\n")
	if !strings.Contains(first, "panic: it was told to") || strings.Contains(first, "goroutine") || !strings.Contains(rest, "goroutine ") || !strings.Contains(rest, "main.read") {
		t.Errorf("reason %q, and behind it %q", first, rest)
	}
}
