package edge

import (
	"math"
	"testing"
)

// The bounds follow from the configuration, the descriptors and the memory limit.
func TestBounds(t *testing.T) {
	const mib = 1 << 20
	bodies := []struct{ configured, maxBody, memory, want int64 }{
		{0, mib, math.MaxInt64, bodiesNoLimit},
		{0, mib, 512 * mib, 32 * mib},
		{0, mib, 16 * mib, 4 * mib},        // bodies of max_body fit in any case
		{8 * mib, mib, 512 * mib, 8 * mib}, // what is configured counts
		{mib, mib, 512 * mib, 4 * mib},
	}
	for _, tt := range bodies {
		if b := newBudget(tt.configured, tt.maxBody, tt.memory); b.limit != tt.want {
			t.Errorf("newBudget(%d, %d, %d) has %d bytes, want %d", tt.configured, tt.maxBody, tt.memory, b.limit, tt.want)
		}
	}
	conns := []struct {
		configured  int
		descriptors uint64
		memory      int64
		want        int
	}{
		{10_000, 0, math.MaxInt64, 10_000},
		{10_000, 20_001, math.MaxInt64, 10_000},
		{10_000, 128, math.MaxInt64, 64},
		{10_000, 20_001, 512 * mib, 4096},
		{100, 20_001, 512 * mib, 100},
		{100, 20_001, 1, 1},
	}
	for _, tt := range conns {
		if n := connections(tt.configured, tt.descriptors, tt.memory); n != tt.want {
			t.Errorf("connections(%d, %d, %d) is %d, want %d", tt.configured, tt.descriptors, tt.memory, n, tt.want)
		}
	}
}
