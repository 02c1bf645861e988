package toolchain_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/plugboard/plugboard/gateway/toolchain"
)

// cOrSkip skips without a C compiler.
func cOrSkip(t *testing.T) {
	t.Helper()
	all := toolchain.Languages()
	i := slices.IndexFunc(all, func(l toolchain.Language) bool { return l.Name == "c" })
	if err := all[i].Ready(); err != nil {
		t.Skip(err)
	}
}

// TestUnchangedSourceIsNotCompiledAgain tells by the time of what the compiler wrote.
func TestUnchangedSourceIsNotCompiledAgain(t *testing.T) {
	cOrSkip(t)
	dir, cache := t.TempDir(), ownCache(t)
	source := filepath.Join(dir, "hello/hello.c")
	write(t, source, "#include \"plugboard.h\"\n__attribute__((export_name(\"receive\"))) int receive(void) { return 1; }\n")
	build := func() os.FileInfo {
		t.Helper()
		if _, _, err := toolchain.Build(t.Context(), filepath.Join(dir, "hello"), dir); err != nil {
			t.Fatal(err)
		}
		made, err := filepath.Glob(filepath.Join(cache, "plugboard/build/*/hello.wasm"))
		if err != nil || len(made) != 1 {
			t.Fatalf("made %q, %v", made, err)
		}
		info, err := os.Stat(made[0])
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	first := build()
	write(t, filepath.Join(dir, "hello/testdata/a.json"), "{}")
	if again := build(); !again.ModTime().Equal(first.ModTime()) {
		t.Error("compiled again, and nothing that it is made of had changed")
	}
	write(t, source, "#include \"plugboard.h\"\n__attribute__((export_name(\"receive\"))) int receive(void) { return 2; }\n")
	changed := build()
	if changed.ModTime().Equal(first.ModTime()) {
		t.Error("a changed source was not compiled")
	}
	write(t, source, "mistake")
	if _, _, err := toolchain.Build(t.Context(), filepath.Join(dir, "hello"), dir); err == nil {
		t.Error("a mistake was built")
	}
	write(t, source, "#include \"plugboard.h\"\n__attribute__((export_name(\"receive\"))) int receive(void) { return 2; }\n")
	build() // must not be taken for what the failed build left
}
