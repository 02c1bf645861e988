package wasm

import (
	"fmt"
	"time"
)

const (
	pageSize = 64 << 10 // bytes of a page of linear memory

	// maxStack bounds an instance's native stack, in bytes. The engine doubles the stack when it is full, so one that
	// is larger than this has held at least 1 MiB; the engine's own bound is 400 MB.
	maxStack = 2 << 20

	// maxScriptStack is the same for the guest that runs scripts, which needs 6 KiB for each call of JavaScript. It ends deep
	// recursion by itself, with the line (STACK_FOR_SCRIPTS in quickjs/guest/host.c).
	maxScriptStack = 8 << 20

	// startLimit is how long an instance may take to start (its set-up function, init): a large Go guest takes 10 ms.
	startLimit = time.Second

	maxName = 4 << 10 // bytes of a key, a path, a fact's name
)

// withDefaults fills the fields that are zero from d.
func (l Limits) withDefaults(d Limits) Limits {
	fill(&l.Deadline, d.Deadline)
	fill(&l.Memory, d.Memory)
	fill(&l.Output, d.Output)
	fill(&l.Log, d.Log)
	fill(&l.State, d.State)
	fill(&l.HostCalls, d.HostCalls)
	fill(&l.Module, d.Module)
	fill(&l.Cost, d.Cost)
	return l
}

// DefaultLimits are the limits of a plugin that is given none.
func DefaultLimits() Limits {
	return Limits{Deadline: 50 * time.Millisecond, Memory: 32 << 20, Output: 1 << 20, Log: 64 << 10, State: 64 << 10,
		HostCalls: 10000, Module: 16 << 20}
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// size writes a number of bytes as people do.
func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
