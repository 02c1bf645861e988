package secret_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/secret/secrettest"
)

func env(vars map[string]string) secret.Env {
	return func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
}

func TestEnv(t *testing.T) {
	store := env(map[string]string{"PLUGBOARD_SECRET_ZENDESK_WEB_HOOK2": canary, "PLUGBOARD_SECRET_": "nothing"})
	for _, name := range []string{"zendesk.web-hook2", "Zendesk_web_hook2"} {
		if value, ok, err := store.Secret(name); value.Reveal() != canary || !ok || err != nil {
			t.Errorf("%s: %q, %v, %v", name, value.Reveal(), ok, err)
		}
	}
	if _, ok, err := store.Secret("other"); ok || err != nil {
		t.Errorf("a secret that is not set: %v, %v", ok, err)
	}
}

var badNames = []string{"", ".", "..", "../out", "a/b", `a\b`, "/etc/passwd", "a\x00b", ".hidden", "-n", "a b", "ä", "{{x}}", strings.Repeat("a", 129)}

func TestNamesThatReachElsewhere(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(filepath.Dir(folder), "out"), canary, 0o600)
	dir := open(t, folder)
	for _, name := range badNames {
		for what, store := range map[string]secret.Store{"env": env(nil), "dir": dir, "chain": secret.Chain{dir}} {
			if _, ok, err := store.Secret(name); ok || err == nil {
				t.Errorf("%s: %q was looked up", what, name)
			}
		}
	}
}

func TestDir(t *testing.T) {
	folder := t.TempDir()
	chmod(t, folder, 0o755)
	for name, text := range map[string]string{"plain": canary, "line": canary + "\n", "dos": canary + "\r\n", "two": canary + "\n\n", "empty": "", "long": strings.Repeat("x", secret.MaxSize+1)} {
		write(t, filepath.Join(folder, name), text, 0o600)
	}
	write(t, filepath.Join(folder, "open"), canary, 0o640)
	write(t, filepath.Join(t.TempDir(), "outside"), canary, 0o600)
	mkdir(t, filepath.Join(folder, "folder"))
	symlink(t, "plain", filepath.Join(folder, "link"))
	symlink(t, filepath.Join(t.TempDir(), "outside"), filepath.Join(folder, "away"))
	symlink(t, "../../../../../../../../etc/hosts", filepath.Join(folder, "up"))
	dir := open(t, folder)
	tests := map[string]struct{ want, fault string }{
		"plain": {want: canary}, "line": {want: canary}, "dos": {want: canary}, "two": {want: canary + "\n"}, "link": {want: canary},
		"open": {fault: "chmod 600"}, "folder": {fault: "not a file"}, "long": {fault: "longer than"}, "away": {fault: "escapes"}, "up": {fault: "escapes"},
	}
	for name, tt := range tests {
		value, ok, err := dir.Secret(name)
		secrettest.Error(t, err, canary)
		switch {
		case tt.fault != "" && (ok || err == nil || !strings.Contains(err.Error(), tt.fault)):
			t.Errorf("%s: %v, %v; want an error with %q", name, ok, err, tt.fault)
		case tt.fault == "" && (!ok || err != nil || value.Reveal() != tt.want):
			t.Errorf("%s: %q, %v, %v", name, value.Reveal(), ok, err)
		}
	}
	if value, ok, err := dir.Secret("empty"); !ok || err != nil || !value.Empty() {
		t.Errorf("an empty file: %v, %v", ok, err)
	}
	if _, ok, err := dir.Secret("missing"); ok || err != nil {
		t.Errorf("a missing file: %v, %v", ok, err)
	}
	chmod(t, folder, 0o700)
	if _, ok, err := dir.Secret("open"); !ok || err != nil {
		t.Errorf("a file in a folder that keeps others out: %v, %v", ok, err)
	}
}

func TestOpenDirThatIsNot(t *testing.T) {
	if _, err := secret.OpenDir(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
}

func TestChain(t *testing.T) {
	broken := broken{}
	first, second := env(map[string]string{"PLUGBOARD_SECRET_A": "1"}), env(map[string]string{"PLUGBOARD_SECRET_A": "2", "PLUGBOARD_SECRET_B": "2"})
	chain := secret.Chain{first, second, broken}
	for name, want := range map[string]string{"a": "1", "b": "2"} {
		if value, ok, err := chain.Secret(name); value.Reveal() != want || !ok || err != nil {
			t.Errorf("%s: %q, %v, %v", name, value.Reveal(), ok, err)
		}
	}
	if _, ok, err := chain.Secret("c"); ok || !errors.Is(err, errBroken) {
		t.Errorf("a store that fails: %v, %v", ok, err)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Secret(string) (secret.Value, bool, error) { return secret.Value{}, false, errBroken }

func FuzzDir(f *testing.F) {
	for _, name := range badNames {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		root := t.TempDir()
		mkdir(t, filepath.Join(root, "inside"))
		write(t, filepath.Join(root, "outside"), canary, 0o600)
		if value, ok, _ := open(t, filepath.Join(root, "inside")).Secret(name); ok || !value.Empty() {
			t.Errorf("%q found something in an empty folder", name)
		}
	})
}

func open(t *testing.T, path string) *secret.Dir {
	t.Helper()
	dir, err := secret.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dir.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	chmod(t, path, mode) // whatever the umask
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}
