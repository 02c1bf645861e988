//go:build unix

package wasm

import (
	"context"
	"runtime"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// withMemory makes the engine take instances' memory from the operating system: address space for the maximum, pages as
// they are touched, all of it given back at once when the instance goes. In slices each memory.grow may copy the
// whole (a guest that grows page by page to 32 MiB spent 260 ms on it), and what instances leave behind waits for
// Go's collector.
func withMemory(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(allocate))
}

func allocate(_, most uint64) experimental.LinearMemory {
	if most > 0 {
		b, err := unix.Mmap(-1, 0, int(most), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err == nil {
			m := &mapped{b: b}
			m.cleanup = runtime.AddCleanup(m, unmap, b) // for an instance that fails half-made, which nobody closes
			return m
		}
	}
	return &heap{}
}

// mapped is memory of the operating system. Views of it are void once it has been freed.
type mapped struct {
	b       []byte
	cleanup runtime.Cleanup
}

func unmap(b []byte) { _ = unix.Munmap(b) }

func (m *mapped) Reallocate(size uint64) []byte { return m.b[:size] }

func (m *mapped) Free() {
	if m.b != nil {
		m.cleanup.Stop()
		unmap(m.b)
		m.b = nil
	}
}

// heap is memory of Go's, for a machine that gives out no more address space.
type heap struct{ b []byte }

func (h *heap) Reallocate(size uint64) []byte {
	if more := int(size) - len(h.b); more > 0 {
		h.b = append(h.b, make([]byte, more)...)
	}
	return h.b[:size:size]
}

func (h *heap) Free() { h.b = nil }
