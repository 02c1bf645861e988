package meter

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// WebAssembly's own test suite: scripts of modules, of calls with what they must give, and of modules that must be refused.
// It is read from the module cache, because the engine's module carries it, compiled from text, and because 67 MB of it are
// too many for this repository. Who can build this package has it.
var suiteFolder = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	return filepath.Join(strings.TrimSpace(string(out)), "internal", "integration_test", "spectest"), err
})

// script is one file of the suite.
type script struct {
	name     string // v2/memory_copy
	dir      string
	Commands []command `json:"commands"`
}

type command struct {
	Type       string `json:"type"`
	Line       int    `json:"line"`
	Name       string `json:"name"` // of a module
	As         string `json:"as"`   // under which it is registered
	Filename   string `json:"filename"`
	ModuleType string `json:"module_type"`
	Action     struct {
		Type   string `json:"type"`
		Module string `json:"module"`
		Field  string `json:"field"`
		Args   []struct {
			Type  string `json:"type"`
			Lane  string `json:"lane_type"`
			Value any    `json:"value"`
		} `json:"args"`
	} `json:"action"`
}

func (s *script) wasm(t testing.TB, c *command) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, c.Filename))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// scripts reads the suite's files of one version of the format.
func scripts(t testing.TB, version string) (all []*script) {
	t.Helper()
	folder, err := suiteFolder()
	if err != nil {
		t.Fatal("the engine's folder is not known:", err)
	}
	files, err := filepath.Glob(filepath.Join(folder, version, "testdata", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no test suite in %s, %v: run go mod download github.com/tetratelabs/wazero", folder, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		s := &script{name: version + "/" + strings.TrimSuffix(filepath.Base(f), ".json"), dir: filepath.Dir(f)}
		if err := json.Unmarshal(b, s); err != nil {
			t.Fatal(f, err)
		}
		all = append(all, s)
	}
	return all
}

// arguments are a call's, as the engine takes them: a vector is two.
func (c *command) arguments(t testing.TB) (args []uint64) {
	t.Helper()
	for _, a := range c.Action.Args {
		switch v := a.Value.(type) {
		case string:
			n := number(t, v, 64)
			if a.Type == "externref" && v != "null" {
				n++ // for the engine 0 is null
			}
			args = append(args, n)
		case []any:
			args = append(args, vector(t, v)...)
		default:
			args = append(args, 0) // a null reference
		}
	}
	return args
}

func vector(t testing.TB, lanes []any) []uint64 {
	t.Helper()
	width, both := 128/len(lanes), [2]uint64{}
	for i, lane := range lanes {
		text, ok := lane.(string)
		if !ok {
			t.Fatalf("lane %v", lane)
		}
		n := number(t, text, width)
		if width < 64 {
			n &= 1<<width - 1
		}
		at := i * width
		both[at/64] |= n << (at % 64)
	}
	return both[:]
}

func number(t testing.TB, text string, bits int) uint64 {
	t.Helper()
	if text == "null" {
		return 0
	}
	if strings.HasPrefix(text, "-") {
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			t.Fatal(err)
		}
		return uint64(n)
	}
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
