//go:build amd64 || arm64 || 386 || wasm || ppc64le || loong64 || riscv64

package jsondoc

import "unsafe"

// These processors load words from anywhere and begin with the lowest byte. The conversions check that the bytes are there.

func load8(b []byte, i int) uint64 { return *(*uint64)(unsafe.Pointer((*[8]byte)(b[i:]))) }

func load4(b []byte, i int) uint32 { return *(*uint32)(unsafe.Pointer((*[4]byte)(b[i:]))) }
