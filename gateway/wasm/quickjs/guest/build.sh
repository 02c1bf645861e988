#!/bin/sh
# Builds quickjs.wasm from Debian's source package of QuickJS and the files beside this one. It needs
#   apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32
# and the source of quickjs 2025.04.26-1, which Debian 13 (trixie) has: apt-get source quickjs
set -eu
cd "$(dirname "$0")"
src=${1:?usage: build.sh FOLDER, where FOLDER holds the source of QuickJS}
sdk=../../../../sdk/c # whose templates scripts have too
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# No threads in a guest, and no computed jumps in WebAssembly.
sed -e 's/^#define CONFIG_ATOMICS/\/\/ &/' -e 's/^#define DIRECT_DISPATCH  1/#define DIRECT_DISPATCH  0/' "$src/quickjs.c" >"$tmp/quickjs.c"
grep -v '#include <setjmp.h>' "$src/dtoa.c" >"$tmp/dtoa.c"
clang-19 --target=wasm32-wasi --sysroot=/nowhere -isystem /usr/include/wasm32-wasi -B/usr/lib/wasm32-wasi -L/usr/lib/wasm32-wasi \
	-mexec-model=reactor -mbulk-memory -O3 -DNDEBUG -D_GNU_SOURCE -DCONFIG_VERSION='"2025-04-26"' \
	-Wno-everything -I"$tmp" -I"$src" -I. \
	-Wl,--strip-all -Wl,-z,stack-size=524288 -Wl,--stack-first -fuse-ld=/usr/bin/wasm-ld-19 \
	-o ../quickjs.wasm host.c "$src/libregexp.c" "$src/libunicode.c" "$src/cutils.c" "$tmp/dtoa.c" templates.c \
	"$sdk/template.c" "$sdk/context.c" "$sdk/render.c" "$sdk/check.c" "$sdk/xml.c" "$sdk/parse.c" "$sdk/value.c" "$sdk/text.c" \
	"$sdk/utf8.c" "$sdk/escape.c" "$sdk/unescape.c"
ls -l ../quickjs.wasm
