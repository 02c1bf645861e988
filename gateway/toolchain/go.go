package toolchain

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Go's SDK is a Go module: the folder's go.mod says where it is.
var _ = register(Language{
	Name:    "go",
	Markers: []string{"*.go"},
	Tools:   [][]string{{"go"}},
	Install: "install Go from https://go.dev/dl",
	Command: func(ctx context.Context, job Job) *exec.Cmd {
		args := []string{"build", "-trimpath", "-ldflags=-s -w", "-o", job.Out}
		if exports(job.Folder) {
			args = append(args, "-buildmode=c-shared") // called many times; without exports it is a command, started for each call
		}
		cmd := exec.CommandContext(ctx, job.Tools[0], append(args, ".")...)
		cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
		return cmd
	},
})

// exports says whether a folder's Go files export functions to the gateway. A file that cannot be read is for the compiler
// to complain of.
func exports(folder string) bool {
	files, _ := filepath.Glob(filepath.Join(folder, "*.go")) // a pattern without a fault
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte("\n//go:wasmexport ")) {
			return true
		}
	}
	return false
}
