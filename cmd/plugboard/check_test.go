package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// command runs one command line in this process.
func command(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = execute(t.Context(), args, stdio{strings.NewReader(""), &o, &e})
	return status, o.String(), e.String()
}

func TestCheckAcceptsTheShippedConfiguration(t *testing.T) {
	status, out, errs := command(t, "check", "--config", gatewaytest.Shipped(t))
	if status != 0 || !strings.Contains(out, "no faults") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

// TestEachMistakeIsOneLine makes one mistake of each kind: one line says where it is and what to do, and the exit
// status is 1.
func TestEachMistakeIsOneLine(t *testing.T) {
	for _, c := range []struct{ name, change, to, line, what, do string }{
		{"syntax", `plugin = "zendesk"`, `plugin = "zendesk`, "6:", "is not TOML", "close the text with the quote"},
		{"unknown key", `plugin = "zendesk"`, `plugin = "zendesk"` + "\npluign = 1", "7:1:", `pluign is not a key of sources.a`, "did you mean plugin"},
		{"wrong type", `timeout = "15s"`, `timeout = 15`, "12:11:", "duration", `"15s"`},
		{"unknown plugin", `plugin = "zendesk"`, `plugin = "zendisk"`, "6:10:", "zendisk", "zendesk"},
		{"missing secret", `secret = "s3cret"`, `secret = "{{secret.zendesk.missing}}"`, "7:41:", "zendesk.missing", "PLUGBOARD_SECRET_ZENDESK_MISSING"},
		{"bad expression", `when = 'type != ""'`, `when = 'data.scoop == "unified"'`, "21:", "scoop", "scope"},
		{"expression of a wrong type", `when = 'type != ""'`, `when = 'type == 3'`, "21:", "mismatched types", "compare"},
		{"two sources on one path", `path = "/other"`, `path = "/in"`, "16:8:", `have the same path /in`, "a path of its own"},
		{"unknown destination", `to = ["out"]`, `to = ["oat"]`, "22:7:", "oat", "out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := fmt.Sprintf(`[plugins]
%s[sources.a]
path = "/in"
plugin = "zendesk"
verify = { scheme = "zendesk", secret = "s3cret" }
[destinations.out]
plugin = "webhook"
url = "https://example.com/"
concurrency = 3
timeout = "15s"
config = { format = "json" }
[sources.b]
verify = { scheme = "none" }
path = "/other"
[secrets]
dir = ""
[[routes]]
name = "all"
when = 'type != ""'
to = ["out"]
`, gatewaytest.PluginsTable(t))
			if n := strings.Count(text, c.change); n != 1 {
				t.Fatalf("%q stands %d times in the text", c.change, n)
			}
			file := gatewaytest.Write(t, strings.Replace(text, c.change, c.to, 1))
			status, out, errs := command(t, "check", "--config", file)
			lines := strings.Split(strings.TrimSpace(out), "\n")
			if status != 1 || len(lines) != 1 || errs != "" {
				t.Fatalf("status %d, want 1 and one line:\n%s%s", status, out, errs)
			}
			got := strings.TrimPrefix(lines[0], filepath.Dir(file)+"/")
			what, do, _ := strings.Cut(got, "; ")
			if !strings.HasPrefix(what, "config.toml:"+c.line) || !strings.Contains(what, c.what) || !strings.Contains(do, c.do) {
				t.Errorf("%s\nwant config.toml:%s … %s …; … %s", got, c.line, c.what, c.do)
			}
		})
	}
}

func TestWrongUseIsStatus2(t *testing.T) {
	for _, args := range [][]string{{"try"}, {"send", "x"}, {"check", "--no-such-flag"}, {"nonsense"}, {"events", "show"}} {
		if status, _, errs := command(t, args...); status != 2 || !strings.Contains(errs, "plugboard:") {
			t.Errorf("plugboard %v: status %d, %q; want 2", args, status, errs)
		}
	}
}
