// Package native tests the Rust SDK natively: the crate and its tests are built for this machine, with the gateway's part
// played by the test.
package native

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/plugboard/plugboard/sdk/likeness"
)

// rustc runs the compiler.
func rustc(t *testing.T, args ...string) {
	t.Helper()
	path, err := exec.LookPath("rustc")
	if err != nil {
		t.Skip("no rustc on the path; install Rust, on Debian: apt-get install rustc")
	}
	if said, err := exec.Command(path, append([]string{"--edition", "2021"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
}

func TestSDK(t *testing.T) {
	likeness.Depends(t, "../../template/testdata/*", "../src/*.rs", "../src/*/*.rs", "testdata/*")
	dir := t.TempDir()
	library := filepath.Join(dir, "libplugboard.rlib")
	rustc(t, "--crate-type", "rlib", "--crate-name", "plugboard", "-Dwarnings", "-Cdebug-assertions=on", "-o", library, "../src/lib.rs")
	t.Run("own", func(t *testing.T) {
		program := filepath.Join(dir, "sdk")
		rustc(t, "--test", "--extern", "plugboard="+library, "-o", program, "testdata/sdk.rs")
		if said, err := exec.Command(program).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, said)
		}
	})
	t.Run("like Go's", func(t *testing.T) {
		program := filepath.Join(dir, "compare")
		rustc(t, "--extern", "plugboard="+library, "-o", program, "testdata/compare.rs")
		likeness.Compare(t, exec.Command(program))
	})
}
