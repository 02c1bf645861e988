package toolchain_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/toolchain"
)

// TestCompilersSayWhatIsWrong builds a plugin that is broken in C and in Rust: the compiler's own words come out, with the
// file and the line, and what runs stays. Then one that has its SDK beside it, as plugin new makes it: that one is used.
func TestCompilersSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ file, broken, good, own, version string }{
		{"broken.c", "#include \"plugboard.h\"\nint x = missing;\n", "#include \"plugboard.h\"\nPB_EXPORT(receive) int receive(void) { return OWN; }\n",
			"plugboard/plugboard.h", "#define OWN 7\n#define PB_EXPORT(n) __attribute__((export_name(#n)))\n"},
		{"src/lib.rs", "use plugboard::Result;\nfn x() -> Result { missing() }\n", "#[no_mangle]\npub extern \"C\" fn receive() -> i32 { plugboard::OWN }\n",
			"plugboard/src/lib.rs", "pub const OWN: i32 = 7;\n"},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			dir := t.TempDir()
			folder := filepath.Join(dir, "broken")
			write(t, filepath.Join(folder, c.file), c.broken)
			write(t, filepath.Join(dir, "broken.wasm"), "what runs now")
			_, _, err := toolchain.Build(t.Context(), folder, dir)
			if errors.Is(err, toolchain.ErrNoCompiler) {
				t.Skip(err)
			}
			if err == nil || !strings.Contains(err.Error(), c.file+":2:") || !strings.Contains(err.Error(), "missing") {
				t.Errorf("the compiler's words are missing: %v", err)
			}
			if have, _ := os.ReadFile(filepath.Join(dir, "broken.wasm")); string(have) != "what runs now" {
				t.Errorf("broken.wasm is now %q", have)
			}
			write(t, filepath.Join(folder, c.file), c.good)
			write(t, filepath.Join(folder, c.own), c.version)
			if _, changed, err := toolchain.Build(t.Context(), folder, dir); err != nil || !changed {
				t.Errorf("with its own SDK beside it: changed %v, %v", changed, err)
			}
			if _, changed, err := toolchain.Build(t.Context(), folder, dir); err != nil || changed {
				t.Errorf("a second build differs: changed %v, %v", changed, err)
			}
		})
	}
}
