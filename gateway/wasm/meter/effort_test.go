package meter

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var effortFiles = flag.String("effort.files", "../testdata/*.wasm", "modules, as a pattern, whose effort TestEffort prints")

// TestEffort prints what modules cost the engine's compiler by the count of effort.go, and holds them to half of what is
// allowed: compilers' code must never come near.
func TestEffort(t *testing.T) {
	files, err := filepath.Glob(*effortFiles)
	if err != nil || len(files) == 0 {
		t.Fatal(*effortFiles, err)
	}
	for _, f := range files {
		wasm, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m := &module{limits: DefaultLimits(), exports: map[string]Signature{}}
		m.limits.MemoryPages = maxPages
		if err = m.split(wasm); err == nil {
			_, err = m.rewrite(len(wasm))
		}
		allowed, per := uint64(m.limits.Effort)+effortPerByte*uint64(len(m.sections[secCode].body)), float64(max(1, len(m.sections[secCode].body)))
		t.Logf("%s: %.0f KiB of code, %.2f units a byte; of one function at most %d units, and %d KiB", filepath.Base(f), per/1024, float64(m.effort)/per, m.most, m.largest>>10)
		if err != nil || m.effort > allowed/2 || m.most > uint64(m.limits.FunctionEffort)/2 {
			t.Errorf("%s: %d units of %d, %v", f, m.effort, allowed, err)
		}
	}
}
