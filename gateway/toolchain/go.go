package toolchain

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
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

// exports says whether a folder's Go files export functions to the gateway.
func exports(folder string) bool {
	files := slices.DeleteFunc(sources(folder, "*.go"), func(f string) bool { return strings.HasSuffix(f, "_test.go") })
	return contain(files, "\n//go:wasmexport ")
}

// contain says whether one of the files has that text in it. One that cannot be read is for the compiler to complain of.
func contain(files []string, text string) bool {
	return slices.ContainsFunc(files, func(file string) bool {
		b, err := os.ReadFile(file)
		return err == nil && bytes.Contains(b, []byte(text))
	})
}
