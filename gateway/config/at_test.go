package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/secret/secrettest"
)

func TestAt(t *testing.T) {
	c, err := config.Parse("dir/plugboard.toml", []byte(`# ü
[sources."a.b"]
verify = [ { scheme = "none" } ]

[destinations.crm]
url = "https://crm.example.com"
[destinations.crm.config]
body = "x"

[[routes]]
name = "first"
to = ["crm"]
[[routes]]
name = "second"
when = 'true' # here
to = ["crm"]
`), options)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path []any
		want string
	}{
		{[]any{"routes", 1, "when"}, "dir/plugboard.toml:15:8"},
		{[]any{"routes", 0, "when"}, "dir/plugboard.toml:10:1"}, // left out: the route
		{[]any{"routes", 7, "when"}, "dir/plugboard.toml:10:1"},
		{[]any{"routes", 1, "to", 0}, "dir/plugboard.toml:16:7"},
		{[]any{"sources", "a.b", "verify", 0, "scheme"}, "dir/plugboard.toml:3:23"},
		{[]any{"sources", "a.b", "plugin"}, "dir/plugboard.toml:2:10"},
		{[]any{"destinations", "crm", "config", "body"}, "dir/plugboard.toml:8:8"},
		{[]any{"destinations", "crm", "retry", "every"}, "dir/plugboard.toml:5:15"},
		{[]any{"server", "listen"}, "dir/plugboard.toml"},
		{nil, "dir/plugboard.toml"},
	}
	for _, tt := range tests {
		if got := c.At(tt.path...).String(); got != tt.want {
			t.Errorf("At(%v) = %s, want %s", tt.path, got, tt.want)
		}
	}
	for path, want := range map[string]string{"routes[1].when": "dir/plugboard.toml:15:8", "sources.a.b.verify": "dir/plugboard.toml:3:10", `sources."a.b".verify`: "dir/plugboard.toml:3:10",
		"sources.a.b.path": "dir/plugboard.toml:2:10", "destinations.crm.order_by": "dir/plugboard.toml:5:15", "": "dir/plugboard.toml"} {
		if got := c.AtPath(path).String(); got != want {
			t.Errorf("AtPath(%s) = %s, want %s", path, got, want)
		}
	}
	const want = "dir/plugboard.toml:15:8: it does not compile; correct it"
	if got := c.Fault("it does not compile", "correct it", "routes", 1, "when").Error(); got != want {
		t.Errorf("Fault: %s, want %s", got, want)
	}
	if c.File() != "dir/plugboard.toml" || c.Queue.Dir != filepath.FromSlash("dir/data") || c.Plugins.Dir != filepath.FromSlash("dir/plugins") {
		t.Errorf("paths are relative to %s: %s, %s", c.File(), c.Queue.Dir, c.Plugins.Dir)
	}
	if c.Source("a.b") == nil || c.Destination("crm") == nil || c.Source("crm") != nil || c.Destination("") != nil {
		t.Error("Source and Destination find by name, and nothing else")
	}
}

func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "missing.toml"), dir} {
		_, err := config.Load(path, options)
		var faults config.Faults
		if !errors.As(err, &faults) || len(faults) != 1 || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestPluginFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/plugins")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "built.wasm"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{"zendesk": true, "built": true, "other": false} {
		text := "[plugins]\ndir = '" + dir + "'\n[destinations.x]\nplugin = \"" + name + "\"\n"
		if _, err := config.Parse("x.toml", []byte(text), config.Options{Getenv: getenv}); (err == nil) != ok {
			t.Errorf("plugin %s: %v", name, err)
		}
	}
}

func TestLenient(t *testing.T) {
	const text = `
[sources.a]
plugin = "no-such-plugin"
verify = { scheme = "zendesk", secret = ["{{secret.no.such}}", "{{secret.token}}"] }
[destinations.b]
plugin = "webhook"
url = "{{env.NO_SUCH}}/x"
auth = { type = "oauth2-password", token_url = "{{env.NO_SUCH}}/t", username = "u", password = "{{file.no-such}}" }
timeout = "{{env.NO_SUCH}}"
[[routes]]
name = "r"
when = "{{env.NO_SUCH}}"
to = ["b"]
`
	lenient := options
	lenient.Lenient = true
	c, err := config.Parse("x.toml", []byte(text), lenient)
	if err != nil {
		t.Fatalf("what is missing on this side is a fault: %v", err)
	}
	if a := c.Source("a"); len(a.Verify[0].Secrets) != 1 || a.Verify[0].Secrets[0].Reveal() != environment["PLUGBOARD_SECRET_TOKEN"] {
		t.Errorf("verify: %v; want the secret that is there", a.Verify)
	}
	_, err = config.Parse("x.toml", []byte(text), options)
	if got := strings.Count(err.Error(), "\n") + 1; got != 7 {
		t.Errorf("%d faults, want 7:\n%v", got, err)
	}
	for _, wrong := range []string{"[server]\nadmin = '{{env.NO_SUCH}}'\n", "[server]\nadmin = 5\n", "[destinations.b]\nurl = 5\n", "x ="} {
		if _, err := config.Parse("x.toml", []byte(wrong), lenient); err == nil {
			t.Errorf("%q passes", wrong)
		}
	}
}

// A vault knows what its own part names, and nothing of the others; the configuration's knows all of it.
func TestWhoKnowsWhichSecret(t *testing.T) {
	c, err := config.Parse("x.toml", []byte(`
[sources.a]
plugin = "zendesk"
verify = { scheme = "bearer", token = "{{secret.zendesk.webhook}}" }
config = { key = "{{secret.zendesk.old}}" }
[destinations.b]
url = "https://b.example.com/{{secret.token}}"
auth = { type = "basic", username = "{{env.API_KEY}}", password = "a literal one" }
[destinations.c]
url = "https://c.example.com"
`), options)
	if err != nil {
		t.Fatal(err)
	}
	hook, old, token := environment["PLUGBOARD_SECRET_ZENDESK_WEBHOOK"], environment["PLUGBOARD_SECRET_ZENDESK_OLD"], environment["PLUGBOARD_SECRET_TOKEN"]
	all := strings.Join([]string{hook, old, token, "a literal one"}, " ")
	a, b, x := c.Source("a"), c.Destination("b"), c.Destination("c")
	for what, tt := range map[string]struct{ got, want string }{
		"a":                 {a.Vault.Redact(all), "{{secret.zendesk.webhook}} {{secret.zendesk.old}} " + token + " a literal one"},
		"b":                 {b.Vault.Redact(all), hook + " " + old + " {{secret.token}} [redacted]"},
		"c":                 {x.Vault.Redact(all), all},
		"the configuration": {c.Vault.Redact(all), "{{secret.zendesk.webhook}} {{secret.zendesk.old}} {{secret.token}} [redacted]"},
		"b's URL":           {b.Vault.Reveal(b.URL.Placeholder, nil), "https://b.example.com/" + token},
		"b's URL in c":      {x.Vault.Reveal(b.URL.Placeholder, nil), b.URL.Placeholder},
		"b's URL in all":    {c.Vault.Reveal(b.URL.Placeholder, nil), b.URL.Placeholder},
		"a's config":        {a.Vault.Reveal(string(a.Config.JSON), nil), `{"key":"` + old + `"}`},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", what, tt.got, tt.want)
		}
	}
	if !slices.Equal(a.Vault.Names(), []string{"zendesk.old"}) {
		t.Errorf("a plugin may use %v; want what its config names alone", a.Vault.Names())
	}
	secrettest.Text(t, "what the plugin sees", string(a.Config.JSON), old)
}

// FuzzParse holds any text to: no panic, and nothing but faults with a place and a remedy.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.toml")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range append(files, "../../config.toml") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	opts := options
	opts.Getenv = func(name string) (string, bool) { return "value-of-" + name, !strings.HasPrefix(name, "NO") }
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "file") || strings.Contains(text, "dir") || strings.Count(text, "[")+strings.Count(text, "{") > 200 {
			return // fuzzing is not to open whatever files it comes upon, nor to nest until the library's stack ends
		}
		c, err := config.Parse("x.toml", []byte(text), opts)
		if err == nil {
			if c == nil || c.Server.Listen == "" || len(c.Plugins.Dir) == 0 {
				t.Errorf("a configuration without its defaults: %+v", c)
			}
			return
		}
		var faults config.Faults
		if c != nil || !errors.As(err, &faults) || len(faults) == 0 {
			t.Fatalf("%v, %v", c, err)
		}
		for _, fault := range faults {
			if fault.What == "" || fault.Do == "" || fault.Line == 0 || fault.Line > 1+strings.Count(text, "\n") {
				t.Errorf("%q gives %v", text, fault)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	opts := options
	opts.Getenv = func(string) (string, bool) { return "value", true }
	b.ReportAllocs()
	for b.Loop() {
		if _, err := config.Load("../../config.toml", opts); err != nil {
			b.Fatal(err)
		}
	}
}
