package wasm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// The Go guests are built once for a run of the tests, by the go tool that runs them.
var (
	buildReactor = guest("goguest", "-buildmode=c-shared")
	buildCommand = guest("gocommand")
	buildExample = guest("../../../examples/plugins/command-go/calls")
	built        string // folder
)

func guest(name string, flags ...string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		to := filepath.Join(built, filepath.Base(name)+".wasm")
		args := append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", to}, flags...)
		cmd := exec.Command("go", append(args, "./testdata/"+name)...)
		cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go build: %w\n%s", err, out)
		}
		return os.ReadFile(to)
	})
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "plugboard-wasm")
	if err != nil {
		panic(err)
	}
	built = dir
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

func goGuest(t testing.TB) []byte   { return must2(t, buildReactor) }
func goCommand(t testing.TB) []byte { return must2(t, buildCommand) }

func must2(t testing.TB, build func() ([]byte, error)) []byte {
	t.Helper()
	b, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// cacheDir holds the compiled guests, for this run and the next: the race detector makes compiling ten times slower.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return filepath.Join(built, "cache")
	}
	return filepath.Join(dir, "plugboard", "compiled")
}
