//go:build !unix

package wasm

import "context"

// withMemory leaves instances' memory to the engine.
func withMemory(ctx context.Context) context.Context { return ctx }
