package gatewaytest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Shipped writes the repository's own config.toml into a folder of its own, with built plugins, a queue of its own and
// free ports, and gives the file's path. Each replacement is a pair: what stands in the file, exactly once, and what
// comes in its place.
func Shipped(t testing.TB, replacements ...string) string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	pairs := append([]string{
		"[plugins]\n#dir ", "[plugins]\n" + PluginsTable(t) + "#",
		`"127.0.0.1:8080"`, fmt.Sprintf("%q", FreeAddr(t)),
		`"127.0.0.1:8081"`, fmt.Sprintf("%q", FreeAddr(t)),
	}, replacements...)
	out := strings.ReplaceAll(string(text), "127.0.0.1:8082", FreeAddr(t)) // the demo destination
	for i := 0; i < len(pairs); i += 2 {
		if n := strings.Count(out, pairs[i]); n != 1 {
			t.Fatalf("config.toml has %s %d times; the test replaces it once", pairs[i], n)
		}
		out = strings.Replace(out, pairs[i], pairs[i+1], 1)
	}
	return Write(t, out)
}

// PluginsTable is what a test's configuration has under [plugins]: the built plugins, and one cache for all tests, so
// that a plugin is compiled once.
func PluginsTable(t testing.TB) string {
	t.Helper()
	dir := Plugins(t)
	return fmt.Sprintf("dir = %q\ncache = %q\n", dir, filepath.Join(dir, "cache"))
}

// Write puts a configuration into a folder of its own and gives the file's path.
func Write(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// FreeAddr gives a loopback address that nothing listens on at the moment.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it only reserved a number
	return l.Addr().String()
}
