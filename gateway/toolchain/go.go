package toolchain

import (
	"context"
	"os"
	"os/exec"
)

// Go's SDK is a Go module: the folder's go.mod says where it is.
var _ = register(Language{
	Name:    "go",
	Markers: []string{"*.go"},
	Tools:   [][]string{{"go"}},
	Install: "install Go from https://go.dev/dl",
	Command: func(ctx context.Context, job Job) *exec.Cmd {
		cmd := exec.CommandContext(ctx, job.Tools[0], "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", job.Out, ".")
		cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
		return cmd
	},
})
