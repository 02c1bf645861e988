package toolchain

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
)

// A script is its own plugin: building it copies NAME.js, or the one script there is, to where the gateway looks. A folder
// is there for its cases; who has none drops the file in as it is.
var _ = register(Language{
	Name:    "script",
	Markers: []string{"*.js"},
	Tools:   [][]string{{"cp"}},
	Install: "install coreutils, or copy the script by hand",
	Ending:  ".js",
	Command: func(ctx context.Context, job Job) *exec.Cmd {
		script := job.Name + ".js"
		if _, err := os.Stat(filepath.Join(job.Folder, script)); err != nil {
			if found := sources(job.Folder, "*.js"); len(found) == 1 {
				script = found[0]
			}
		}
		return exec.CommandContext(ctx, job.Tools[0], "--", script, job.Out)
	},
})
