package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Rust is compiled by rustc alone, so that neither cargo nor a registry is needed: first the SDK, as the crate plugboard,
// then the plugin's src/lib.rs with it. The crate is kept: it takes three times as long as the plugin. Whoever wants other crates builds with cargo and drops the file in.
var _ = register(Language{
	Name:    "rust",
	Markers: []string{"src/lib.rs"},
	Tools:   [][]string{{"rustc", debianRustc}},
	Install: rustInstall,
	SDK:     true,
	Check: func(tools []string) error {
		if rustc, sysroot := chooseRustc(context.Background(), tools[0]); sysroot == "" {
			return fmt.Errorf("%s cannot make WebAssembly: its target %s is %w", rustc, rustTarget, ErrNoCompiler)
		}
		return nil
	},
	Command: func(ctx context.Context, job Job) *exec.Cmd {
		rustc, sysroot := chooseRustc(ctx, job.Tools[0])
		out := filepath.Dir(job.Out)
		// A stack of 128 KiB suffices; the compiler's own choice is 1 MiB, which each instance would have.
		link := "-Clink-arg=-zstack-size=131072"
		if linker := rustLinker(sysroot); linker != "" {
			link += " -Clinker=" + linker
		}
		cmd := exec.CommandContext(ctx, "sh", "-c", rustScript)
		cmd.Env = append(os.Environ(), "RUSTC="+rustc, "SDK="+job.SDK, "LINK="+link,
			"DIR="+out, "OUT="+job.Out, "NAME="+strings.ReplaceAll(job.Name, "-", "_"), "TARGET="+rustTarget)
		return cmd
	},
})

const (
	rustTarget  = "wasm32-unknown-unknown"
	debianRustc = "/usr/bin/rustc"
	rustInstall = "install Rust with its WebAssembly target: rustup target add " + rustTarget +
		", or on Debian: apt-get install rustc libstd-rust-dev-wasm32 lld-14"
	rustScript = `
flags="--edition 2021 --target $TARGET -Copt-level=3 -Cpanic=abort -Ccodegen-units=1 -Ctarget-feature=+bulk-memory"
kit="$DIR/libplugboard-$(echo "$RUSTC $SDK $flags" | cksum | cut -d ' ' -f 1).rlib"
if [ ! -f "$kit" ] || [ -n "$(find "$SDK/src" "$RUSTC" -newer "$kit")" ]; then
	rm -f "$DIR"/libplugboard-*
	"$RUSTC" $flags --crate-type rlib --crate-name plugboard --cap-lints allow -o "$kit.new" "$SDK/src/lib.rs" || exit 1
	mv "$kit.new" "$kit"
fi
exec "$RUSTC" $flags --crate-type cdylib --crate-name "$NAME" -Clto=fat -Cstrip=symbols $LINK \
	--extern plugboard="$kit" -o "$OUT" src/lib.rs
`
)

// chooseRustc takes the compiler on the path, unless it lacks the target and Debian's has it; with the folder of its
// libraries.
func chooseRustc(ctx context.Context, found string) (rustc, sysroot string) {
	for _, rustc := range []string{found, debianRustc} {
		text, err := exec.CommandContext(ctx, rustc, "--print", "sysroot").Output()
		sysroot := strings.TrimSpace(string(text))
		if err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(sysroot, "lib/rustlib", rustTarget)); err == nil {
			return rustc, sysroot
		}
	}
	return found, ""
}

// rustLinker names a linker for a compiler that brings none, as Debian's does; "" for one that does.
func rustLinker(sysroot string) string {
	if own, _ := filepath.Glob(filepath.Join(sysroot, "lib/rustlib/*/bin/rust-lld")); len(own) > 0 {
		return ""
	}
	for _, name := range []string{"wasm-ld-14", "wasm-ld"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
