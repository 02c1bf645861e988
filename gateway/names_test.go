package gateway_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
)

// namesChild holds the folder in which the child of TestNamesLeadNowhere works, and namesControl has it plant the fault.
const (
	namesChild   = "PLUGBOARD_TEST_NAMES"
	namesControl = "PLUGBOARD_TEST_NAMES_CONTROL"
)

// TestNamesLeadNowhere is row 16 of the threats: names of plugins and secrets that lead out of their folders, by dots, from the
// root, through a link, with NUL or escaped, in the file and over the API. All are refused, and strace sees nothing opened that
// lies outside. The control opens a link as a program that knows no better does, and is seen.
//
// What the file's own author names by its path ({{file.PATH}}, a table) may lie anywhere; an endpoint can name none.
func TestNamesLeadNowhere(t *testing.T) {
	if home := os.Getenv(namesChild); home != "" {
		leadOut(t, home)
		return
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not there")
	}
	for name, planted := range map[string]bool{"as it is": false, "the control": true} {
		t.Run(name, func(t *testing.T) {
			home, trace := outsideOf(t), filepath.Join(t.TempDir(), "trace")
			child := exec.CommandContext(t.Context(), strace, "-f", "-y", "-qq", "-e", "trace=open,openat,openat2", "-o", trace, os.Args[0], "-test.run", "^TestNamesLeadNowhere$")
			child.Env = append(os.Environ(), namesChild+"="+home)
			if planted {
				child.Env = append(child.Env, namesControl+"=1")
			}
			if out, err := child.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			text, err := os.ReadFile(trace)
			if err != nil {
				t.Fatal(err)
			}
			var opened []string
			for line := range strings.Lines(string(text)) {
				_, result, _ := strings.Cut(line, " = ")
				if strings.Contains(result, filepath.Join(home, "outside")) {
					opened = append(opened, strings.TrimSpace(line))
				}
			}
			if planted != (len(opened) > 0) || !bytes.Contains(text, []byte("config.toml")) {
				t.Errorf("opened outside: %q", opened)
			}
		})
	}
}

// outsideOf makes a folder with plugins and secrets, and beside them what no name may lead to.
func outsideOf(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	code, err := os.ReadFile(filepath.Join(gatewaytest.Plugins(t), "webhook.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"plugins", "secrets", "outside"} {
		err = errors.Join(err, os.Mkdir(filepath.Join(home, dir), 0o700))
	}
	err = errors.Join(err,
		os.WriteFile(filepath.Join(home, "outside", "evil.wasm"), code, 0o600),
		os.WriteFile(filepath.Join(home, "outside", "token"), []byte("outside"), 0o600),
		os.Symlink("../outside/evil.wasm", filepath.Join(home, "plugins", "link.wasm")),
		os.Symlink(filepath.Join(home, "outside", "evil.wasm"), filepath.Join(home, "plugins", "rooted.wasm")),
		os.Symlink("../outside/token", filepath.Join(home, "secrets", "link")),
		os.Symlink(filepath.Join(home, "outside", "token"), filepath.Join(home, "secrets", "rooted")),
	)
	if err != nil {
		t.Fatal(err)
	}
	return home
}

const named = `
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"
[queue]
min_free = "1MiB"
[sources.in]
verify = { scheme = "bearer", token = %q }
%s
`

// leadOut tries every name, in the child.
func leadOut(t *testing.T, home string) {
	file := filepath.Join(home, "config.toml")
	write := func(token, plugin string) {
		t.Helper()
		if plugin != "" {
			plugin = fmt.Sprintf("plugin = %q", plugin)
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(fmt.Sprintf(named, token, plugin), `\x00`, `\u0000`)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getenv(namesControl) != "" {
		if _, err := os.ReadFile(filepath.Join(home, "plugins", "link.wasm")); err != nil {
			t.Fatal(err)
		}
	}
	names := func(what string) []string {
		at := filepath.Join(home, "outside", what)
		return []string{"../outside/" + what, at, "/" + at, "./../outside/" + what, "link", "rooted", "link\x00", "../outside/" + what + "\x00", "..%2foutside%2f" + what,
			`..\outside\` + what, "x/../../outside/" + what, "..", "."}
	}
	for _, name := range names("evil") {
		write("t", name)
		if err := gateway.Check(t.Context(), gateway.Options{ConfigFile: file}); err == nil {
			t.Errorf("the plugin %q is taken", name)
		}
	}
	for _, name := range names("token") {
		write("{{secret."+name+"}}", "")
		if err := gateway.Check(t.Context(), gateway.Options{ConfigFile: file}); err == nil {
			t.Errorf("the secret %q is taken", name)
		}
	}
	write("t", "")
	g := start(t, file)
	local := g.local(t)
	for _, name := range append(names("evil"), names("token")...) {
		for _, c := range [][3]string{
			{http.MethodPost, "/v1/endpoints", fmt.Sprintf(`{"url":"https://example.com/","plugin":%q}`, name)},
			{http.MethodPost, "/v1/endpoints", fmt.Sprintf(`{"url":"https://example.com/{{file.%s}}"}`, name)},
			{http.MethodPost, "/v1/endpoints", fmt.Sprintf(`{"url":"https://example.com/","secret":"{{secret.%s}}"}`, name)},
			{http.MethodPut, "/v1/secrets/" + url.PathEscape(name), `{"value":"v"}`},
			{http.MethodGet, "/v1/events/" + url.PathEscape(name), ""},
		} {
			body := strings.ReplaceAll(c[2], `\x00`, `\u0000`)
			if status, _, answer := g.call(t, local, c[0], c[1], body); status < 400 && !fine(name, c[0]) {
				t.Errorf("%s %s %s is answered %d %s", c[0], c[1], body, status, answer)
			}
		}
	}
}

// fine says whether a name may be asked for so: link and rooted are good names of secrets, if not good files, and "." is the list
// itself.
func fine(name, method string) bool {
	return method == http.MethodPut && (name == "link" || name == "rooted") || method == http.MethodGet && name == "."
}
