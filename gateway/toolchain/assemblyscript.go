package toolchain

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
)

// AssemblyScript is compiled from assembly/index.ts, where its own tools put it. The compiler finds the SDK as the package
// plugboard in a folder of packages, which is made for the build and has that one link in it. The runtime collects garbage
// only when the SDK asks it to, between calls, and where a program throws the SDK says what.
var _ = register(Language{
	Name:    "assemblyscript",
	Markers: []string{"assembly/index.ts"},
	Tools:   [][]string{{"asc"}},
	Install: "install AssemblyScript with Node's package manager: npm install -g assemblyscript@0.28.20",
	SDK:     true,
	Command: func(ctx context.Context, job Job) *exec.Cmd {
		asc := job.Tools[0]
		if own := filepath.Join(job.Folder, "node_modules", ".bin", "asc"); executable(own) {
			asc = own
		}
		packages := filepath.Join(filepath.Dir(job.Out), "packages")
		link := filepath.Join(packages, "plugboard")
		// What goes wrong here the compiler says: it does not find the package.
		_ = os.MkdirAll(packages, 0o700)
		_ = os.Remove(link)
		_ = os.Symlink(job.SDK, link)
		return exec.CommandContext(ctx, asc, "assembly/index.ts", "--path", packages, "-O3", "--runtime", "minimal",
			"--use", "abort=~lib/plugboard/host/abort", "--outFile", job.Out)
	},
})

func executable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
