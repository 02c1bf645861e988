//go:build !linux

package wasm

import (
	"testing"
	"time"
)

// wakes calls each so many times, so often, and gives how long after it was due each was done.
func wakes(t *testing.T, every time.Duration, times int, each func()) (took []time.Duration) {
	t.Helper()
	for range times {
		due := time.Now().Add(every)
		time.Sleep(every)
		each()
		took = append(took, time.Since(due))
	}
	return took
}
