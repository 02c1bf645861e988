package wasm

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "assemble testdata/*.wat anew")

func TestTextIsWhatRuns(t *testing.T) {
	texts, err := filepath.Glob("testdata/*.wat")
	if err != nil || len(texts) == 0 {
		t.Fatal("no texts", err)
	}
	tool, lookErr := exec.LookPath("wat2wasm")
	for _, text := range texts {
		binary := strings.TrimSuffix(text, ".wat") + ".wasm"
		if lookErr != nil {
			if _, err := os.Stat(binary); err != nil {
				t.Error(err)
			}
			continue
		}
		made := filepath.Join(t.TempDir(), "made.wasm")
		if *update {
			made = binary
		}
		if out, err := exec.Command(tool, "--enable-all", text, "-o", made).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", text, err, out)
		}
		want, err := os.ReadFile(made)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(binary)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (run with -update): %v", binary, err)
		}
	}
}
