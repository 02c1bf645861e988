//go:build !(amd64 || arm64 || 386 || wasm || ppc64le || loong64 || riscv64)

package jsondoc

func load8(b []byte, i int) uint64 { return uint64(load4(b, i)) | uint64(load4(b, i+4))<<32 }

func load4(b []byte, i int) uint32 {
	b = b[i : i+4]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
