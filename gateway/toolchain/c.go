package toolchain

import (
	"context"
	"os/exec"
	"path/filepath"
)

// C is compiled in one go, the plugin's files with the SDK's, for a machine of 32 bits that has no C library: so small
// functions of the SDK are inlined, and what a plugin does not use is not in it. The stack stands first in memory, where
// running over its end is a trap.
var _ = register(Language{
	Name:    "c",
	Markers: []string{"*.c"},
	Tools:   [][]string{{"clang-19", "clang-14", "clang"}, {"wasm-ld-19", "wasm-ld-14", "wasm-ld"}},
	Install: "install clang and lld, on Debian: apt-get install clang-19 lld-19 (for a command also wasi-libc libclang-rt-19-dev-wasm32)",
	SDK:     true,
	Command: func(ctx context.Context, job Job) *exec.Cmd {
		if files := sources(job.Folder, "*.c"); contain(files, "\nint main(") {
			return cProgram(ctx, job, files)
		}
		args := []string{
			"--target=wasm32", "-std=c11", "-O3", "-flto", "-mbulk-memory", "-nostdlib", "-nostdlibinc", "-fvisibility=hidden",
			"-Wall", "-Wextra", "-I", job.SDK, "-o", job.Out,
			"-Wl,--no-entry,--strip-all,--lto-O3,--stack-first,-z,stack-size=131072",
		}
		args = append(args, sources(job.Folder, "*.c")...)
		args = append(args, sources(job.SDK, "*.c")...)
		return exec.CommandContext(ctx, job.Tools[0], args...)
	},
})

// cProgram builds a command: a program that is started for each call, with the C library of WASI and no SDK. On Debian that
// library is in wasi-libc and libclang-rt-19-dev-wasm32.
func cProgram(ctx context.Context, job Job, files []string) *exec.Cmd {
	args := []string{"--target=wasm32-wasi", "-std=c11", "-O2", "-Wall", "-Wextra", "-o", job.Out, "-Wl,--strip-all"}
	return exec.CommandContext(ctx, job.Tools[0], append(args, files...)...)
}

// sources are the files of that pattern in a folder, by name. A pattern that is written here has no fault.
func sources(folder, pattern string) []string {
	files, _ := filepath.Glob(filepath.Join(folder, pattern))
	return files
}
