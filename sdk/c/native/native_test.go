// Package native tests the C SDK natively: its files and a test program are built by the machine's C compiler, with the
// gateway's part played by the test.
package native

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/plugboard/plugboard/sdk/likeness"
)

// build makes the test program, with the sanitizers where the compiler has them.
func build(t *testing.T) string {
	t.Helper()
	cc := ""
	for _, name := range []string{"gcc", "cc", "clang-19", "clang"} {
		if path, err := exec.LookPath(name); err == nil {
			cc = path
			break
		}
	}
	if cc == "" {
		t.Skip("no C compiler on the path; install one, on Debian: apt-get install gcc libc6-dev")
	}
	sources, err := filepath.Glob("../*.c")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	program := filepath.Join(t.TempDir(), "test")
	args := append([]string{"-std=gnu11", "-O0", "-Wall", "-Wextra", "-Werror", "-I..", "-Itestdata", "-o", program, "testdata/test.c", "testdata/host.c"}, sources...)
	checks := []string{"-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"} //nolint:misspell // the compiler's spelling
	said, err := exec.Command(cc, append(checks, args...)...).CombinedOutput()
	if err != nil {
		t.Logf("built without sanitizers: %v\n%s", err, said)
		if said, err = exec.Command(cc, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", cc, err, said)
		}
	}
	return program
}

// command is the program; what the test host keeps to the end is no leak.
func command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = []string{"ASAN_OPTIONS=detect_leaks=0"}
	return cmd
}

func TestSDK(t *testing.T) {
	likeness.Depends(t, "../../template/testdata/*", "../*.c", "../*.h", "testdata/*")
	program := build(t)
	t.Run("own", func(t *testing.T) {
		if said, err := command(program).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, said)
		}
	})
	t.Run("like Go's", func(t *testing.T) { likeness.Compare(t, command(program, "compare")) })
}
